"""Figures over the runs of the history: each with its moving average and limits, and whether it is beyond them."""

from collections.abc import Mapping, Sequence

from harness.drift.found import Charted, Point
from harness.drift.windows import of_this_kind
from harness.stats.ewma import FEWEST_DAYS, Chart, Limits, control_chart, limits_for
from harness.stats.summed import Summary
from harness.stats.two_sample import Worse

SIDES: Mapping[Worse, tuple[str, ...]] = {"higher": ("up",), "lower": ("down",), "either": ("up", "down")}
"""On which sides of its limits a figure is worse."""


def charts_of(
    points: Sequence[Point], units: Mapping[str, str], runs_per_false_alarm: int, worse: Mapping[str, Worse] = {}
) -> tuple[Charted, ...]:
    """Return the chart of each figure of the last point, over the runs that can be compared with it.

    The first runs are the window that later ones are compared with. A figure alarms on the side that is ``worse``, else
    on both. All figures together have one false alarm in so many runs at most.
    """
    kept = of_this_kind(points)
    figures = {name: _series(name, kept) for name in (kept[-1].figures if kept else {})}
    limits = limits_for(max(len(figures), 1), runs_per_false_alarm)
    charts = {name: _chart(series, limits) for name, series in figures.items()}
    times = tuple(point.until or point.time for point in kept)
    return tuple(
        _charted(name, units.get(name, "share"), times, figures[name], charts[name], SIDES[worse.get(name, "either")])
        for name in figures
    )


def _series(name: str, points: Sequence[Point]) -> list[Summary | None]:
    """Return a figure of each run; None where it was not measured, or was of another kind than it is now.

    One that says how far requests are from a suite, or from rows, is of another kind where these have changed since.
    """
    against = next((source for source in points[-1].against if name.endswith(f" ({source})")), "")
    found = [
        point.figures[name].summary
        if name in point.figures and point.against.get(against) == points[-1].against.get(against)
        else None
        for point in points
    ]
    last = type(found[-1])
    return [one if isinstance(one, last) else None for one in found]


def _chart(series: Sequence[Summary | None], limits: Limits) -> Chart | None:
    """Return the chart of the runs after the first ones; None where there are none."""
    learned = _window(series)
    if learned == len(series):
        return None
    window = [one for one in series[:learned] if one is not None]
    return control_chart(window, series[learned:], limits)


def _window(series: Sequence[Summary | None]) -> int:
    """Return how many runs the limits are learned from: until enough have measured the figure."""
    seen = 0
    for place, one in enumerate(series, 1):
        seen += one is not None
        if seen == FEWEST_DAYS:
            return place
    return len(series)


def _charted(  # noqa: PLR0913, PLR0917 - what a chart is made of
    name: str,
    unit: str,
    times: tuple[str, ...],
    series: Sequence[Summary | None],
    chart: Chart | None,
    sides: tuple[str, ...],
) -> Charted:
    learned = len(series) - (len(chart.points) if chart else 0)
    points = chart.points if chart else ()
    return Charted(
        figure=name,
        unit=unit,
        times=times,
        values=tuple(None if one is None else one.value for one in series),
        scores=(*(None for _ in range(learned)), *(point.score for point in points)),
        average=(*(None for _ in range(learned)), *(point.average for point in points)),
        limit=chart.half if chart else None,
        expected=points[-1].expected if points else None,
        learned=learned,
        alarm=points[-1].alarm in sides if points else False,
        alarms=tuple(learned + place for place, point in enumerate(points) if point.alarm in sides),
    )
