"""Which runs of the history can be compared: of the same adapter and model, in windows that don't overlap."""

from collections.abc import Sequence

from harness.drift.found import Point
from harness.logs.times import time_of

SHARED = 0.1
"""The part of a window that another one may share with it: jobs start late, and not always by as much."""


def of_this_kind(points: Sequence[Point]) -> list[Point]:
    """Return the runs that the last one can be compared with, and that one, in the order of their windows.

    These are of its adapter, since that was promoted, and of its model. Requests count once: of runs whose windows
    overlap the one of the later window counts, and of the same window the later run. Runs without requests are left
    out, and those of later windows than the last run's, as when a clock was wrong.
    """
    last = points[-1]
    since = next((place for place in range(len(points), 0, -1) if points[place - 1].adapter != last.adapter), 0)
    others = [one for one in points[since:-1] if one.requests and one.model == last.model and _end(one) <= _end(last)]
    kept = [last]
    for place in sorted(range(len(others)), key=lambda place: (_end(others[place]), place), reverse=True):
        one = others[place]
        if _is_before(one, kept[-1]):
            kept.append(one)
    return kept[::-1]


def _is_before(one: Point, other: Point) -> bool:
    """Tell whether a window ends where another one starts, or nearly; of unknown starts, whether it ends first."""
    if not other.since:
        return _end(one) < _end(other)
    shorter = min(_end(point) - _start(point) for point in (one, other))
    return _end(one) - _start(other) <= SHARED * max(shorter, 0.0)


def _start(point: Point) -> float:
    return _seconds(point.since or point.until or point.time)


def _end(point: Point) -> float:
    return _seconds(point.until or point.time)


def _seconds(time: str) -> float:
    return time_of(time) or 0.0
