"""Draw intervals and trends: what a reader sees before any table. matplotlib places everything."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from harness.records.compared import Estimate, Outcome
from harness.records.record import Record
from harness.report.drawing.svg import INKS, drawing, markup, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Outcome | Literal["measured"]
SHAPES: dict[Kind, str] = {"passed": "o", "failed": "s", "inconclusive": "D", "measured": "o"}
LEAST_SPAN = 0.05
FAR = 0.2
"""A floor or ceiling further from where both sides are equal, and from all else on the axis, is shown by an arrow."""
FARTHEST = 1e6
"""No axis reaches further from where both sides are equal; beyond it matplotlib's arithmetic and labels give way."""
AXIS_ROOM = 44
REACH = 12
"""Half the length of the line of a floor or ceiling, in the drawing's units."""
SPARK = (132, 34)
BEHIND = {"facecolor": INKS["card"], "edgecolor": "none", "pad": 1.5}
"""What is drawn behind a name, so that no line runs through it."""
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
    rows = forest.lines
    height = len(rows) * layout.row + AXIS_ROOM
    label = f"{forest.axis}: intervals of {len(rows)} rows; the table has the same figures"
    with drawing():
        figure = new_figure(layout.width, height)
        inner = (layout.width - layout.left - layout.right) / layout.width
        axes = figure.add_axes(
            (layout.left / layout.width, AXIS_ROOM / height, inner, 1 - AXIS_ROOM / height), facecolor="none"
        )
        low, high = span(forest)
        axes.set(xlim=(low, high), ylim=(len(rows) - 0.5, -0.5))
        _frame(axes, forest, layout)
        _limits(axes, forest, layout, low, high)
        for place, line in enumerate(rows):
            _write(axes, layout, line, place)
            if drawable(line.estimate):
                y = place + layout.label_above / layout.row
                _mark(axes, line, y, (low, high))
                _reach(axes, line, y, REACH / layout.row)
        return markup(figure, f"{name}-{layout.name}", label)


def draw_spark(values: Sequence[float], kind: Kind, name: str, label: str) -> str:
    """Return a line through the values, oldest first, with the last one marked; at least two are needed."""
    width, height = SPARK
    largest = max(map(abs, values)) or 1.0
    values = [value / largest for value in values]
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    with drawing():
        from matplotlib.lines import Line2D

        figure = new_figure(width, height)
        xs = [0.05 + 0.9 * place / (len(values) - 1) for place in range(len(values))]
        ys = [0.5 if low == high else 0.2 + 0.6 * (value - low) / room for value in values]
        figure.add_artist(Line2D(xs, ys, color=INKS["soft"], linewidth=1.5))
        figure.add_artist(Line2D(xs, ys, color=INKS["soft"], linestyle="none", marker="o", markersize=2.5))
        figure.add_artist(Line2D(xs[-1:], ys[-1:], color=INKS[kind], marker=SHAPES[kind], markersize=7))
        return markup(figure, name, label)


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


def _frame(axes: "Axes", forest: Forest, layout: Layout) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(axis="x", length=0, colors=INKS["soft"], labelsize=layout.font - 1, pad=6)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.locator_params(axis="x", nbins=7 if layout.name == "wide" else 5)
    axes.grid(visible=True, axis="x", color=INKS["line"], linewidth=1)
    axes.set_axisbelow(True)
    axes.axvline(forest.neutral, color=INKS["edge"], linewidth=1.5, zorder=1.5)
    ends = ("worse", "better") if forest.worse == "left" else ("better", "worse")
    said = f"← {ends[0]}{GAP}{forest.axis}{GAP}{ends[1]} →"
    axes.set_xlabel(said, color=INKS["soft"], fontsize=layout.font - 1, labelpad=4)


def _limits(axes: "Axes", forest: Forest, layout: Layout, low: float, high: float) -> None:
    for place, line in enumerate(forest.lines):
        if line.limit is None:
            continue
        edge = low if forest.worse == "left" else high
        top = place - 0.5 + 1.6 * layout.label_above / layout.row
        limit = _within(line.limit, (low, high))
        axes.fill_betweenx((top, place + 0.5), edge, limit, color=INKS["beyond"], linewidth=0, zorder=0.5)
        axes.vlines(limit, top, place + 0.5, color=INKS["ink"], linewidth=1.4, linestyle="--", zorder=1.6)


def _write(axes: "Axes", layout: Layout, line: Line, place: int) -> None:
    """Write a row's name and its figures, next to the plot or above the interval."""
    inner = layout.width - layout.left - layout.right
    y = place - (0.5 - 13 / layout.row if layout.label_above else 0)
    name = line.label if len(line.label) <= layout.letters else f"{line.label[: layout.letters - 1].rstrip()}…"
    texts = [(-layout.left, name, "left", "normal" if line.figure else "bold")]
    if layout.label_above:
        texts = [(0, *texts[0][1:]), (inner, line.figure, "right", "bold")]
    else:
        texts += [(inner + 75, line.figure, "right", "bold"), (inner + layout.right, line.interval, "right", "normal")]
    for x, text, side, weight in texts:
        axes.text(
            x / inner,
            y,
            text,
            horizontalalignment=side,
            verticalalignment="center",
            fontweight=weight,
            fontsize=layout.font,
            color=INKS["ink"],
            transform=axes.get_yaxis_transform(),
            bbox=BEHIND if layout.label_above else None,
        )


def _mark(axes: "Axes", line: Line, y: float, ends: tuple[float, float]) -> None:
    """Draw one interval; an arrow where it continues beyond the axis."""
    estimate, (low, high) = line.estimate, ends
    if estimate is None:
        return
    colour = INKS[line.kind]
    left, right = _within(estimate.low, ends), _within(estimate.high, ends)
    axes.plot((left, right), (y, y), color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
    for place, cut, caret in ((left, estimate.low < low, 4), (right, estimate.high > high, 5)):
        axes.plot(
            place,
            y,
            color=colour,
            marker=caret if cut else "|",
            markersize=9,
            markeredgewidth=2,
            zorder=3,
            clip_on=False,
        )
    if low <= estimate.mean <= high:
        axes.plot(
            estimate.mean,
            y,
            color=colour,
            marker=SHAPES[line.kind],
            markersize=9,
            markeredgecolor=INKS["card"],
            markeredgewidth=1.2,
            zorder=4,
            clip_on=False,
        )


def _within(place: float, ends: tuple[float, float]) -> float:
    return min(max(place, ends[0]), ends[1])


def _reach(axes: "Axes", line: Line, y: float, half: float) -> None:
    """Draw the floor or ceiling of a row: a dotted line, or an arrow at the edge where it is beyond the axis."""
    place, (low, high) = _place_of_reach(line), axes.get_xlim()
    if place is None:
        return
    if low <= place <= high:
        axes.vlines(place, y - half, y + half, color=INKS["ink"], linewidth=2, linestyle=":", zorder=3.5)
    else:
        edge, caret = (low, "<") if place < low else (high, ">")
        axes.plot(edge, y, color=INKS["ink"], marker=caret, markersize=5, markerfacecolor="none", clip_on=False)
