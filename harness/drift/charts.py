"""Figures over the runs of the history: each with its moving average and limits, and whether it is beyond them."""

import math
import statistics
from collections.abc import Mapping, Sequence

from harness.drift.found import Charted, Point
from harness.stats.arguments import z

LEARNED = 8
WEIGHT = 0.2
SMALLEST = 1e-9
"""Spread of a figure that never varied, as a share of itself: what floats lose is not a change."""


def charts_of(points: Sequence[Point], units: Mapping[str, str], runs_per_false_alarm: int) -> tuple[Charted, ...]:
    """Return the chart of each figure of the last point, over the runs with the same adapter.

    Of several runs of the same window the last counts. All figures together have one false alarm in so many runs.
    """
    kept = _of_this_adapter(points)
    names = list(kept[-1].figures) if kept else []
    return tuple(
        _chart(
            name,
            units.get(name, ""),
            [point for point in kept if name in point.figures],
            runs_per_false_alarm * len(names),
        )
        for name in names
    )


def _of_this_adapter(points: Sequence[Point]) -> list[Point]:
    kept: dict[str, Point] = {}
    for point in points:
        if point.adapter != points[-1].adapter:
            kept.clear()
            continue
        kept.pop(point.until, None)
        kept[point.until] = point
    return list(kept.values())


def _chart(name: str, unit: str, points: Sequence[Point], runs: float) -> Charted:
    values = [point.figures[name].value for point in points]
    errors = [point.figures[name].error for point in points]
    learned = min(LEARNED, len(values))
    centre = statistics.fmean(values[:learned])
    spread = max(
        SMALLEST * abs(centre),
        statistics.stdev(values[:learned]) if learned > 1 else 0.0,
        statistics.fmean(errors[:learned]),
    )
    wide = z(1 - 1 / (2 * runs)) * spread * math.sqrt(1 + 1 / learned)
    average: list[float | None] = [None] * learned
    low, high = list(average), list(average)
    last = centre
    for place, value in enumerate(values[learned:], 1):
        last = (1 - WEIGHT) * last + WEIGHT * value
        half = wide * math.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * place)))
        average.append(last)
        low.append(centre - half)
        high.append(centre + half)
    alarm = place_is_beyond(average[-1], low[-1], high[-1])
    return Charted(
        figure=name,
        unit=unit,
        times=tuple(point.until or point.time for point in points),
        values=tuple(values),
        average=tuple(average),
        low=tuple(low),
        high=tuple(high),
        centre=centre,
        learned=learned,
        alarm=alarm,
    )


def place_is_beyond(value: float | None, low: float | None, high: float | None) -> bool:
    """Tell whether a moving average is beyond its limits; without limits nothing is."""
    return value is not None and low is not None and high is not None and not low <= value <= high
