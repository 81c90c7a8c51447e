"""Place estimates on an axis: plain geometry in pixels, which the template draws as SVG."""

import math
from collections.abc import Sequence

from harness.records import Estimate, Record
from harness.report.words import MINUS, number, signed, signed_interval

WIDTH = 240.0
EDGE = 15.0
LEAST_SPAN = 0.05


class Tick(Record, frozen=True, kw_only=True):
    """One labelled place on an axis."""

    x: float
    label: str
    zero: bool = False


class Axis(Record, frozen=True, kw_only=True):
    """A linear axis over [low, high], shared by plots that are to be read together."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    width: float = WIDTH


class Interval(Record, frozen=True, kw_only=True):
    """One estimate on an axis. ``x`` is None, and a cut is true, where it lies outside."""

    x: float | None
    left: float
    right: float
    cut_left: bool
    cut_right: bool


class Plot(Record, frozen=True, kw_only=True):
    """Intervals (one, or baseline and candidate) with an optional threshold, and the same in words."""

    axis: Axis
    intervals: tuple[Interval, ...]
    threshold: float | None
    words: str


def difference_axis(deltas: Sequence[Estimate | None], max_drops: Sequence[float | None]) -> Axis:
    """Return one axis for all differences. Losses are shown in full; a gain far beyond them is cut at the edge."""
    drops = [-drop for drop in max_drops if drop is not None]
    ends = [end for delta in deltas if delta for end in (delta.low, delta.high, delta.mean) if math.isfinite(end)]
    low, high = min([0.0, *drops, *ends]), max([0.0, *ends])
    high = min(high, max(4 * abs(low), 0.2))
    if high - low < LEAST_SPAN:
        low, high = low - LEAST_SPAN / 2, high + LEAST_SPAN / 2
    room = 0.06 * (high - low)
    return _axis(low - room, high + room)


def difference_plot(axis: Axis, delta: Estimate | None, max_drop: float | None) -> Plot | None:
    """Return the difference on the shared axis with the allowed drop; None where there is nothing to draw."""
    if delta is None or not _drawable(delta):
        return None
    allowed = "" if max_drop is None else f"; allowed drop {number(max_drop)}"
    words = f"Difference {signed(delta.mean)}, interval {signed_interval(delta)}{allowed}"
    mark = None if max_drop is None else _place(axis, -max_drop)
    return Plot(axis=axis, intervals=(_interval(axis, delta),), threshold=mark, words=words)


def level_plot(baseline: Estimate | None, candidate: Estimate | None, floor: float | None) -> Plot | None:
    """Return both means on an axis from 0 to 1 with the floor; None where a mean is missing."""
    if baseline is None or candidate is None or not (_drawable(baseline) and _drawable(candidate)):
        return None
    axis = _axis(0.0, 1.0)
    least = "" if floor is None else f"; floor {number(floor)}"
    words = f"Baseline mean {number(baseline.mean)}, candidate mean {number(candidate.mean)}{least}"
    mark = None if floor is None else _place(axis, floor)
    return Plot(
        axis=axis, intervals=(_interval(axis, baseline), _interval(axis, candidate)), threshold=mark, words=words
    )


def _axis(low: float, high: float) -> Axis:
    bare = Axis(low=low, high=high, ticks=())
    step = _step((high - low) / 5)
    places = [index * step for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = [
        Tick(x=_place(bare, place), label=f"{place:.{digits}f}".replace("-", MINUS), zero=abs(place) < step / 2)
        for place in places
    ]
    return Axis(low=low, high=high, ticks=tuple(ticks))


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _interval(axis: Axis, estimate: Estimate) -> Interval:
    inside = axis.low <= estimate.mean <= axis.high
    return Interval(
        x=_place(axis, estimate.mean) if inside else None,
        left=_place(axis, estimate.low),
        right=_place(axis, estimate.high),
        cut_left=estimate.low < axis.low,
        cut_right=estimate.high > axis.high,
    )


def _place(axis: Axis, value: float) -> float:
    share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
    return round(EDGE + share * (axis.width - 2 * EDGE), 1)


def _drawable(estimate: Estimate) -> bool:
    return all(math.isfinite(value) for value in (estimate.mean, estimate.low, estimate.high))
