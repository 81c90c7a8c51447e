"""Requests drawn from logs in one pass: however long they are, the memory is that of what is kept."""

import datetime as dt
from collections.abc import Iterable

from harness.data.checks.problem import Problem
from harness.data.drawn import Reservoir
from harness.records.logged import Logged
from harness.records.record import Record

MOST_PROBLEMS = 10
"""Problems of the logs that are told."""


class Window(Record, frozen=True, kw_only=True):
    """From when to when requests count, in seconds since 1970 (UTC); None is open. ``model`` "" takes every model's."""

    since: float | None = None
    until: float | None = None
    model: str = ""

    def holds(self, one: Logged) -> bool:
        """Tell whether a request counts; one without a time doesn't where there is a bound."""
        if self.model and one.model != self.model:
            return False
        if one.time is None:
            return self.since is None and self.until is None
        return (self.since is None or one.time >= self.since) and (self.until is None or one.time < self.until)


class Drawn(Record, frozen=True, kw_only=True):
    """What was drawn of all ``requests`` of a window, in the order of the logs.

    ``outside`` counts those that are not in it, ``undated`` those of them that have no time. ``first`` and ``last``
    are times as in ``Window``.
    """

    kept: tuple[Logged, ...]
    requests: int
    problems: tuple[Problem, ...] = ()
    """The first things that could not be read."""
    outside: int = 0
    undated: int = 0
    unreadable: int = 0
    first: float | None = None
    last: float | None = None


def draw(logged: Iterable[Logged | Problem], window: Window, most: int, seed: int) -> Drawn:
    """Draw at most so many requests of a window, each set of them equally likely; the seed alone decides which."""
    kept = Reservoir[Logged](most, seed)
    unreadable = outside = undated = 0
    problems: list[Problem] = []
    first = last = None
    for one in logged:
        if isinstance(one, Problem):
            unreadable += 1
            if len(problems) < MOST_PROBLEMS:
                problems.append(one)
        elif not window.holds(one):
            outside += 1
            undated += one.time is None
        else:
            kept.add(one)
            if one.time is not None:
                first = one.time if first is None else min(first, one.time)
                last = one.time if last is None else max(last, one.time)
    return Drawn(
        kept=kept.rows,
        requests=kept.seen,
        problems=tuple(problems),
        outside=outside,
        undated=undated,
        unreadable=unreadable,
        first=first,
        last=last,
    )


def told_moment(seconds: float | None) -> str:
    """Return a time in ISO 8601 (UTC), without parts of a second; empty for None."""
    return "" if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
