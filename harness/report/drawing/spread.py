"""Draw how figures of both sides are spread, and how confidence and being right agree."""

from array import array
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice

from harness.records.record import Record
from harness.report.drawing.axis import Axis, ticks
from harness.report.drawing.svg import Ink, bold, box, dot, drawing, line, path, text
from harness.text.figures import percent

SIZE = (340, 170)
LEFT, RIGHT, TOP, BOTTOM = 34.0, 318.0, 24.0, 136.0
SQUARE = (250, 250)
BARS = 24
"""Steps of a histogram."""
SIDES: tuple[tuple[str, Ink, str], ...] = (("Baseline", "soft", "4 3"), ("Candidate", "measured", ""))
"""Name, colour and dashes of each side's line: the two can be told apart without colours."""
MANY = 10_000
"""Figures from which on numpy sorts them, in a quarter of the memory."""
BEST = 0.99
"""The share of the figures that the axis holds; longer ones are in the last step."""


class Reliability(Record, frozen=True, kw_only=True):
    """Points of one side: mean confidence, share right, and the interval of that share."""

    side: int
    points: tuple[tuple[float, float, float, float], ...]


def draw_histograms(baseline: Sequence[float], candidate: Sequence[float], unit: str, name: str) -> str:
    """Return the shares of both sides' figures in steps of equal width, as two outlines; at least one side has some.

    Each side's figures are in ascending order.
    """
    number = len(baseline) + len(candidate)
    place = min(int(number * BEST), number - 1)
    high = next(islice(merge(baseline, candidate), place, None)) or 1.0
    largest = max(side[-1] for side in (baseline, candidate) if len(side))
    shares = [_shares(values, high) for values in (baseline, candidate)]
    across = Axis(low=0.0, high=high, start=LEFT, end=RIGHT)
    up = Axis(low=0.0, high=max(max(one) for one in shares) or 1.0, start=BOTTOM, end=TOP)
    parts = [*_legend(LEFT), *_across(across, unit), *_up(up)]
    for values, (_, ink, dashes) in zip(shares, SIDES, strict=True):
        width = (RIGHT - LEFT) / BARS
        places = [(LEFT, BOTTOM)]
        for step, share in enumerate(values):
            places += [(LEFT + step * width, up.place(share)), (LEFT + (step + 1) * width, up.place(share))]
        parts.append(path([*places, (RIGHT, BOTTOM)], ink, 1.6, dashes))
    more = "; longer ones are in the last step" if largest > high else ""
    label = f"Shares of the answers by {unit}, both sides{more}; the table has percentiles"
    return drawing(SIZE, name, label, parts)


def in_order(values: Sequence[float]) -> Sequence[float]:
    """Return figures in ascending order."""
    if len(values) < MANY or not isinstance(values, array):
        return sorted(values)
    import numpy as np

    return array(values.typecode, np.sort(np.frombuffer(values, dtype=values.typecode)).tobytes())


def draw_reliability(sides: Sequence[Reliability], name: str, label: str) -> str:
    """Return the share of right answers over their confidence; on the diagonal, confidence is exactly right."""
    low, high = 34.0, 214.0
    across = Axis(low=0.0, high=1.0, start=low, end=low + high - 24)
    up = Axis(low=0.0, high=1.0, start=high, end=24.0)
    parts = [*_legend(low), box((low, high), (across.end, up.end), "line", 0.25)]
    for value, written in ticks(0.0, 1.0, 5):
        parts.append(text(written, (across.place(value), high + 12), "middle", 11, "soft"))
        parts.append(text(written, (low - 6, up.place(value)), "end", 11, "soft"))
    parts.append(text("confidence → share right ↑", ((low + across.end) / 2, high + 28), "middle", 11, "soft"))
    parts.append(line((low, high), (across.end, up.end), "edge", 1.2))
    for one in sides:
        _, ink, dashes = SIDES[one.side]
        for confidence, share, least, most in one.points:
            x = across.place(confidence)
            parts.append(line((x, up.place(least)), (x, up.place(most)), ink, 1.2))
            parts.append(dot((x, up.place(share)), 6, ink))
        parts.append(path([(across.place(x), up.place(y)) for x, y, *_ in one.points], ink, 1.6, dashes))
    return drawing(SQUARE, name, label, parts)


def _shares(values: Sequence[float], high: float) -> list[float]:
    counts = [0] * BARS
    for value in values:
        counts[min(int(BARS * value / high), BARS - 1)] += 1
    return [count / len(values) if values else 0.0 for count in counts]


def _legend(left: float) -> Iterator[str]:
    for place, (name, ink, dashes) in enumerate(SIDES):
        x = left + 110 * place
        yield line((x, 9), (x + 22, 9), ink, 2, dashes)
        yield bold(name, (x + 28, 9), "start", 11)


def _across(axis: Axis, unit: str) -> Iterator[str]:
    yield line((axis.start, BOTTOM), (axis.end, BOTTOM), "edge", 1)
    for value, written in ticks(axis.low, axis.high, 4):
        yield text(written, (axis.place(value), BOTTOM + 12), "middle", 11, "soft")
    yield text(unit, ((axis.start + axis.end) / 2, BOTTOM + 27), "middle", 11, "soft")


def _up(axis: Axis) -> Iterator[str]:
    for value, _ in ticks(axis.low, axis.high, 3):
        y = axis.place(value)
        yield line((LEFT, y), (RIGHT, y), "line", 1)
        yield text(percent(value), (LEFT - 4, y), "end", 10, "soft")
