"""Draw a figure over the steps of a training: as it was measured, smoothed, and what was kept and found where."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from harness.records.record import Record
from harness.report.drawing.axis import Axis, ticks
from harness.report.drawing.svg import Ink, Side, bold, dot, drawing, line, mark, path, text

Points = Sequence[tuple[int, float]]
"""Steps, in their order, each with what was measured then."""
MOST = 400
"""Places through which a line is drawn; of more points the lowest and the highest of each stretch."""
OUTLIERS = 0.02
"""Share of single losses that may be above the drawing, so that one spike doesn't flatten all the rest."""
LEAST = 1e-9


class Layout(Record, frozen=True, kw_only=True):
    """The size of a drawing in its units, and of its letters."""

    name: str
    width: float
    height: float
    font: float
    across: int
    """Figures along the steps, at most."""


WIDE = Layout(name="wide", width=1080, height=380, font=13, across=10)
NARROW = Layout(name="narrow", width=340, height=260, font=12, across=4)
SMALL = Layout(name="small", width=340, height=180, font=11, across=4)
LEFT, RIGHT, TOP, BOTTOM = 48.0, 12.0, 26.0, 26.0
"""Room around the plot."""


class Line(Record, frozen=True, kw_only=True):
    """One line of a drawing: how it is called, its points, and how it looks. ``dots`` marks each point."""

    name: str
    points: tuple[tuple[int, float], ...]
    ink: Ink
    width: float
    dashes: str = ""
    dots: bool = False


class Course(Record, frozen=True, kw_only=True):
    """What a drawing shows: its lines, over steps from ``first`` to ``last`` and values from ``low`` to ``high``.

    ``found`` has steps, each with the number of a finding; ``limit`` is a value at which a dashed line is drawn.
    """

    label: str
    lines: tuple[Line, ...]
    span: tuple[float, float]
    steps: tuple[int, int]
    kept: int | None = None
    found: tuple[tuple[int, str], ...] = ()
    limit: float | None = None


def draw_course(course: Course, layout: Layout) -> str:
    """Return the drawing as SVG; a value outside of the axis is drawn at its edge."""
    low, high = course.span
    first, last = course.steps
    across = Axis(low=first, high=max(last, first + 1), start=LEFT, end=layout.width - RIGHT)
    up = Axis(low=low, high=high, start=layout.height - BOTTOM, end=TOP)
    parts = [*_frame(across, up, layout), *_legend(course, layout), *_marks(course, across, layout)]
    for one in course.lines:
        places = [(across.place(step), up.place(value)) for step, value in thinned(one.points)]
        if len(places) > 1:
            parts.append(path(places, one.ink, one.width, one.dashes))
        if one.dots or len(places) == 1:
            parts += [dot(place, 6, one.ink) for place in places]
    if course.limit is not None and low <= course.limit <= high:
        y = up.place(course.limit)
        parts.append(line((across.start, y), (across.end, y), "ink", 1.4, "5 3"))
    return drawing((layout.width, layout.height), f"course-{layout.name}", course.label, parts)


def smoothed(points: Points, window: int) -> tuple[tuple[int, float], ...]:
    """Return at each step the mean of the last ``window`` points, of fewer at the start.

    >>> smoothed([(1, 4.0), (2, 2.0), (3, 0.0)], 2)
    ((1, 4.0), (2, 3.0), (3, 1.0))
    """
    sums = [0.0, *accumulate(value for _, value in points)]
    return tuple(
        (step, (sums[place + 1] - sums[max(0, place + 1 - window)]) / min(place + 1, window))
        for place, (step, _) in enumerate(points)
    )


def thinned(points: Points) -> list[tuple[int, float]]:
    """Return at most ``MOST`` points: of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= MOST:
        return list(points)
    size = -(-2 * len(points) // MOST)
    stretches = (points[place : place + size] for place in range(0, len(points), size))
    return [
        one
        for stretch in stretches
        for one in sorted({min(stretch, key=lambda one: one[1]), max(stretch, key=lambda one: one[1])})
    ]


def span_of(whole: Sequence[float], single: Sequence[float] = ()) -> tuple[float, float]:
    """Return the ends of an axis that shows ``whole`` in full, and ``single`` but for its few highest outliers."""
    ordered = sorted(single)
    values = [*whole, *ordered[: max(1, round(len(ordered) * (1 - OUTLIERS)))]]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = max(0.05 * (high - low), 0.02 * abs(high), LEAST)
    return (0.0 if low >= 0 and low - room < 0 else low - room), high + room


def _frame(across: Axis, up: Axis, layout: Layout) -> Iterator[str]:
    bottom, size = up.start, layout.font - 1
    for value, written in ticks(up.low, up.high, 5 if layout.height > SMALL.height else 3):
        y = up.place(value)
        yield line((across.start, y), (across.end, y), "line", 1)
        yield text(written, (across.start - 5, y), "end", size, "soft")
    yield line((across.start, bottom), (across.end, bottom), "edge", 1)
    for value, _ in ticks(across.low, across.high, layout.across):
        if value == int(value):
            yield text(f"{value:,.0f}", (across.place(value), bottom + 13), "middle", size, "soft")


def _legend(course: Course, layout: Layout) -> Iterator[str]:
    """Name the lines above the plot, where there are several; one without a name belongs to the one before it."""
    named = [one for one in course.lines if one.name]
    if len(named) <= 1:
        return
    x = LEFT
    for one in named:
        yield line((x, 10), (x + 20, 10), one.ink, max(one.width, 1.5), one.dashes)
        if one.dots:
            yield dot((x + 10, 10), 6, one.ink)
        yield text(one.name, (x + 25, 10), "start", layout.font - 1, "ink")
        x += 25 + layout.font * 0.62 * len(one.name) + 8


def _marks(course: Course, across: Axis, layout: Layout) -> Iterator[str]:
    """Draw the step that was kept, and where something was found."""
    top, bottom = TOP, layout.height - BOTTOM
    if course.kept is not None:
        x = across.place(course.kept)
        side: Side = "end" if x > (across.start + across.end) / 2 else "start"
        yield line((x, top), (x, bottom), "passed", 1.6, "2 3")
        yield bold("kept", (x + (-5 if side == "end" else 5), top + 9), side, layout.font - 1)
    for step, number in course.found:
        x = across.place(step)
        yield mark("diamond", (x, bottom - 7), 9, "inconclusive")
        yield bold(number, (x, bottom - 22), "middle", layout.font - 1)
