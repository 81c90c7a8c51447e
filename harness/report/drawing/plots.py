"""Draw intervals and trends: what a reader sees before any table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from harness.records.compared import Outcome
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.report.drawing.axis import Axis, ticks
from harness.report.drawing.svg import Mark, arrow, bold, box, dot, drawing, line, mark, open_arrow, path, text

Kind = Outcome | Literal["measured"]
SHAPES: Mapping[Kind, Mark] = {
    "passed": "circle",
    "failed": "square",
    "inconclusive": "diamond",
    "measured": "circle",
}
LEAST_SPAN = 0.05
FAR = 0.2
"""A floor or ceiling further from where both sides are equal, and from all else on the axis, is shown by an arrow."""
FARTHEST = 1e6
"""No axis reaches further from where both sides are equal; its figures would need more room than there is."""
AXIS_ROOM = 44
REACH = 12
"""Half the length of the line of a floor or ceiling, in the drawing's units."""
SPARK = (132, 34)
GAP = "\N{EM SPACE}"
"""SVG merges other spaces that are next to each other."""


class Line(Record, frozen=True, kw_only=True):
    """One row of a forest plot. Without an estimate it is a heading, or says that nothing can be drawn.

    ``limit`` is the place on the axis that the gate does not let the candidate cross. ``reach`` is the place of its
    floor or ceiling: where the mark would be if the candidate just reached it.
    """

    label: str
    figure: str = ""
    interval: str = ""
    kind: Kind = "measured"
    estimate: Estimate | None = None
    limit: float | None = None
    reach: float | None = None


class Forest(Record, frozen=True, kw_only=True):
    """What one forest plot shows. ``neutral`` is where both sides are equal; ``worse`` is on that side of it."""

    lines: tuple[Line, ...]
    neutral: float
    worse: Literal["left", "right"]
    axis: str


class Layout(Record, frozen=True, kw_only=True):
    """Where the parts of a forest plot are, in the drawing's units."""

    name: str
    width: float
    left: float
    right: float
    row: float
    label_above: float
    letters: int
    font: float


WIDE = Layout(name="wide", width=1080, left=380, right=215, row=34, label_above=0, letters=56, font=13)
NARROW = Layout(name="narrow", width=340, left=8, right=8, row=54, label_above=15, letters=36, font=12.5)


def draw_forest(forest: Forest, name: str, layout: Layout) -> str:
    """Return a forest plot as SVG: each gate's interval, its limit with what is beyond shaded, its floor or ceiling."""
    bottom = len(forest.lines) * layout.row
    low, high = span(forest)
    axis = Axis(low=low, high=high, start=layout.left, end=layout.width - layout.right)
    label = f"{forest.axis}: intervals of {len(forest.lines)} rows; the table has the same figures"
    parts = [*_beyond(forest, layout, axis), *_frame(forest, layout, axis), *_limits(forest, layout, axis)]
    for place, row in enumerate(forest.lines):
        top = place * layout.row
        parts += _name(layout, row, top)
        if row.estimate is not None and drawable(row.estimate):
            y = top + layout.row / 2 + layout.label_above
            parts += [*_interval(axis, row.kind, row.estimate, y), *_reach(axis, row, y)]
    return drawing((layout.width, bottom + AXIS_ROOM), f"{name}-{layout.name}", label, parts)


def draw_spark(values: Sequence[float], kind: Kind, name: str, label: str) -> str:
    """Return a line through the values, oldest first, with the last one marked; at least two are needed."""
    width, height = SPARK
    largest = max(map(abs, values)) or 1.0
    values = [value / largest for value in values]
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    heights = [0.5 if low == high else 0.8 - 0.6 * (value - low) / room for value in values]
    places = [(width * (0.05 + 0.9 * place / (len(values) - 1)), height * share) for place, share in enumerate(heights)]
    dots = [dot(place, 2.5, "soft") for place in places]
    return drawing(SPARK, name, label, [path(places, "soft", 1.5), *dots, mark(SHAPES[kind], places[-1], 7, kind)])


def span(forest: Forest) -> tuple[float, float]:
    """Return the ends of the axis. What is worse is shown in full; what is better far beyond it is cut at the edge.

    Nothing further away than ``FARTHEST`` is shown; an arrow says that an interval continues. A floor or ceiling is on
    the axis where it is near the rest.
    """
    found = [line.estimate for line in forest.lines if drawable(line.estimate)]
    ends = [end for estimate in found if estimate for end in (estimate.low, estimate.high, estimate.mean)]
    away = [
        place - forest.neutral for place in [*ends, *(line.limit for line in forest.lines if line.limit is not None)]
    ]
    low, high = max(min([0.0, *away]), -FARTHEST), min(max([0.0, *away]), FARTHEST)
    if forest.worse == "left":
        high = min(high, max(4 * -low, 0.2))
    else:
        low = max(low, -max(4 * high, 0.2))
    reached = [place - forest.neutral for line in forest.lines if (place := _place_of_reach(line)) is not None]
    near = [place for place in reached if min(low, -FAR) <= place <= max(high, FAR)]
    low, high = min([low, *near]), max([high, *near])
    if high - low < LEAST_SPAN:
        low, high = low - LEAST_SPAN / 2, high + LEAST_SPAN / 2
    room = 0.06 * (high - low)
    return forest.neutral + low - room, forest.neutral + high + room


def _place_of_reach(line: Line) -> float | None:
    return line.reach if line.reach is not None and math.isfinite(line.reach) and drawable(line.estimate) else None


def drawable(estimate: Estimate | None) -> bool:
    """Tell whether there is an estimate, and all of it is finite."""
    return estimate is not None and all(math.isfinite(end) for end in (estimate.mean, estimate.low, estimate.high))


def _frame(forest: Forest, layout: Layout, axis: Axis) -> Iterator[str]:
    """Draw the figures along the axis with a line up from each, where both sides are equal, and what is worse."""
    bottom, middle = len(forest.lines) * layout.row, (axis.start + axis.end) / 2
    for value, written in ticks(axis.low, axis.high, 7 if layout.name == "wide" else 5):
        x = axis.place(value)
        yield line((x, 0), (x, bottom), "line", 1)
        yield text(written, (x, bottom + 12), "middle", layout.font - 1, "soft")
    x = axis.place(forest.neutral)
    yield line((x, 0), (x, bottom), "edge", 1.5)
    ends = ("worse", "better") if forest.worse == "left" else ("better", "worse")
    said = f"← {ends[0]}{GAP}{forest.axis}{GAP}{ends[1]} →"
    yield text(said, (middle, bottom + 32), "middle", layout.font - 1, "soft")


def _beyond(forest: Forest, layout: Layout, axis: Axis) -> Iterator[str]:
    """Shade what is beyond the limit of each row."""
    edge = axis.start if forest.worse == "left" else axis.end
    for limit, top, bottom in _limited(forest, layout):
        yield box((edge, top), (axis.place(limit), bottom), "beyond")


def _limits(forest: Forest, layout: Layout, axis: Axis) -> Iterator[str]:
    """Draw a dashed line at the limit of each row."""
    for limit, top, bottom in _limited(forest, layout):
        yield line((axis.place(limit), top), (axis.place(limit), bottom), "ink", 1.4, "5 3")


def _limited(forest: Forest, layout: Layout) -> Iterator[tuple[float, float, float]]:
    """Yield the limit of each row that has one, with the top and the bottom of what is drawn for it."""
    for place, row in enumerate(forest.lines):
        if row.limit is not None:
            yield row.limit, place * layout.row + 1.6 * layout.label_above, (place + 1) * layout.row


def _name(layout: Layout, row: Line, top: float) -> Iterator[str]:
    """Write a row's name and its figures, next to the plot or above the interval."""
    right = layout.width - layout.right
    name = row.label if len(row.label) <= layout.letters else f"{row.label[: layout.letters - 1].rstrip()}…"
    y = top + (13 if layout.label_above else layout.row / 2)
    if row.figure:
        yield text(name, (layout.left if layout.label_above else 0, y), "start", layout.font, "ink")
    else:
        yield bold(name, (layout.left if layout.label_above else 0, y), "start", layout.font)
    yield bold(row.figure, (right if layout.label_above else right + 75, y), "end", layout.font)
    if not layout.label_above:
        yield text(row.interval, (layout.width, y), "end", layout.font, "ink")


def _interval(axis: Axis, kind: Kind, estimate: Estimate, y: float) -> Iterator[str]:
    """Draw one interval; an arrow where it continues beyond the axis."""
    left, right = axis.place(estimate.low), axis.place(estimate.high)
    yield line((left, y), (right, y), kind, 2)
    yield arrow("left", (left - 4, y), 9, kind) if estimate.low < axis.low else _end(left, y, kind)
    yield arrow("right", (right + 4, y), 9, kind) if estimate.high > axis.high else _end(right, y, kind)
    if axis.low <= estimate.mean <= axis.high:
        yield mark(SHAPES[kind], (axis.place(estimate.mean), y), 9, kind)


def _end(x: float, y: float, kind: Kind) -> str:
    return line((x, y - 4.5), (x, y + 4.5), kind, 2)


def _reach(axis: Axis, row: Line, y: float) -> Iterator[str]:
    """Draw the floor or ceiling of a row: a dotted line, or an arrow at the edge where it is beyond the axis."""
    place = _place_of_reach(row)
    if place is None:
        return
    if axis.low <= place <= axis.high:
        x = axis.place(place)
        yield line((x, y - REACH), (x, y + REACH), "ink", 2, "2 2.5")
    elif place < axis.low:
        yield open_arrow("left", (axis.start - 3, y), 6, "ink")
    else:
        yield open_arrow("right", (axis.end + 3, y), 6, "ink")
