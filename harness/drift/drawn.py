"""Requests drawn from logs in one pass: however long they are, the memory is that of what is kept."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import msgspec

from harness.data.checks.problem import Problem
from harness.data.drawn import Reservoir
from harness.errors import InputError
from harness.logs.times import since_of
from harness.records.logged import Logged
from harness.records.record import Record

MOST_PROBLEMS = 10
"""Problems of the logs that are told."""
MOST_MODELS = 1_000
"""Names of models that are counted."""


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

    ``outside`` counts those that are not in it, ``undated`` those of them that have no time. ``again`` counts those
    that the logs have more than once, which are drawn once. ``models`` has how many requests there are to each model at
    the times of the window. ``first`` and ``last`` are times as in ``Window``.
    """

    kept: tuple[Logged, ...]
    requests: int
    problems: tuple[Problem, ...] = ()
    """The first things that could not be read."""
    outside: int = 0
    undated: int = 0
    again: int = 0
    models: dict[str, int] = msgspec.field(default_factory=dict)
    unreadable: int = 0
    first: float | None = None
    last: float | None = None


def window_of(since: str, until: str, model: str, now: float) -> Window:
    """Return the window between two times as somebody types them; "" is open.

    Raises:
        InputError: one is no time, or the end is not after the start.
    """
    start, end = (since_of(one, now) if one else None for one in (since, until))
    if start is not None and end is not None and start >= end:
        raise InputError(f"--since {since} is not before --until {until}, so no request can be between them")
    return Window(since=start, until=end, model=model)


def draw(logged: Iterable[Logged | Problem], window: Window, most: int, seed: int) -> Drawn:
    """Draw at most so many requests of a window, each set of them equally likely; the seed alone decides which."""
    kept = Reservoir[Logged](most, seed)
    unreadable = outside = undated = again = 0
    seen: set[int] = set()
    models: Counter[str] = Counter()
    every_model = msgspec.structs.replace(window, model="")
    problems: list[Problem] = []
    first = last = None
    for one in logged:
        if isinstance(one, Problem):
            unreadable += 1
            if len(problems) < MOST_PROBLEMS:
                problems.append(one)
            continue
        if every_model.holds(one) and (one.model in models or len(models) < MOST_MODELS):
            models[one.model] += 1
        if not window.holds(one):
            outside += 1
            undated += one.time is None
        elif is_again(one, seen):
            again += 1
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
        again=again,
        models=dict(models),
        unreadable=unreadable,
        first=first,
        last=last,
    )


def is_again(one: Logged, seen: set[int]) -> bool:
    """Tell whether a request was seen already, and keep in mind that it was: logs are copied, and shipped twice.

    The same name, moment, question and answer make it the same; one with neither name nor moment is always another.
    """
    if not one.id and one.time is None:
        return False
    key = hash((one.id, one.time, one.model, one.asked, one.text, one.error))
    known = key in seen
    seen.add(key)
    return known


def told_moment(seconds: float | None) -> str:
    """Return a time in ISO 8601 (UTC), without parts of a second; empty for None."""
    return "" if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
