"""Which candidates are proposed: drawn by chance from strata of reason, cluster and day, each stratum some."""

import datetime as dt
import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.feedback.records import Reason
from harness.records.logged import Logged

EACH = 2
"""Proposals that a stratum has on average at least: of one alone nobody knows how far its values spread."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One question that could be proposed: a logged request, why, and how many requests that ask the same it is for."""

    logged: Logged
    reason: Reason
    told: tuple[str, ...]
    day: str
    stands_for: float = 1.0
    cluster: str = ""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that was drawn: the name of its stratum, how many candidates that has, and how many were drawn."""

    candidate: Candidate
    stratum: str
    units: int
    chosen: int


Key = Callable[[Candidate], tuple[str, ...]]
LEVELS: tuple[Key, ...] = (
    lambda one: (one.reason, one.cluster, one.day),
    lambda one: (one.reason, one.cluster, week_of(one.day)),
    lambda one: (one.reason, one.cluster),
    lambda one: (one.reason,),
)
"""What a stratum is, the finest first; the finest is taken that leaves ``EACH`` proposals for each stratum."""


def draw(candidates: Sequence[Candidate], most: int, seed: int) -> list[Chosen]:
    """Return at most so many candidates in a random order, which ``seed`` alone decides.

    Reasons get as many each, as far as they have them; within a reason strata get them by their size, each at least
    one. Within a stratum each candidate is as likely as any other, so that what is drawn can be weighted.
    """
    chance = random.Random(seed)  # noqa: S311 - proposals are drawn, not guarded
    by_reason = _grouped(candidates, LEVELS[-1])
    if most < len(by_reason):
        return _drawn({("all",): list(candidates)}, {("all",): most}, chance)
    places = in_turns({key: len(some) for key, some in by_reason.items()}, most)
    strata: dict[tuple[str, ...], list[Candidate]] = {}
    numbers: dict[tuple[str, ...], int] = {}
    for reason, some in by_reason.items():
        cells = _cells(some, places[reason])
        strata |= cells
        numbers |= by_size({key: len(cell) for key, cell in cells.items()}, places[reason])
    return _drawn(strata, numbers, chance)


def in_turns(sizes: Mapping[tuple[str, ...], int], most: int) -> dict[tuple[str, ...], int]:
    """Return how many places each gets when they are dealt one by one, until these or the candidates are used up.

    >>> in_turns({("a",): 1, ("b",): 9, ("c",): 9}, 8)
    {('a',): 1, ('b',): 4, ('c',): 3}
    """
    given = dict.fromkeys(sizes, 0)
    while (left := most - sum(given.values())) and (unfilled := [key for key in sizes if given[key] < sizes[key]]):
        for key in unfilled[:left]:
            given[key] += 1
    return given


def by_size(sizes: Mapping[tuple[str, ...], int], most: int) -> dict[tuple[str, ...], int]:
    """Return how many places each gets: one, and the others by size (D'Hondt), none more than it has.

    >>> by_size({("a",): 1, ("b",): 3, ("c",): 12}, 6)
    {('a',): 1, ('b',): 1, ('c',): 4}
    """
    given = dict.fromkeys(sizes, 1)
    while sum(given.values()) < most and (unfilled := [key for key in sizes if given[key] < sizes[key]]):
        given[max(unfilled, key=lambda key: sizes[key] / (given[key] + 1))] += 1
    return given


def week_of(day: str) -> str:
    """Return the ISO week of a day, such as 2026-W47; empty for none."""
    if not day:
        return ""
    year, week, _ = dt.date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


def _cells(some: Sequence[Candidate], places: int) -> dict[tuple[str, ...], list[Candidate]]:
    if places >= len(some):
        return _grouped(some, LEVELS[0])
    cells = [_grouped(some, level) for level in LEVELS]
    return next((each for each in cells if len(each) <= max(1, math.floor(places / EACH))), cells[-1])


def _grouped(some: Sequence[Candidate], key: Key) -> dict[tuple[str, ...], list[Candidate]]:
    found: defaultdict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for one in some:
        found[key(one)].append(one)
    return dict(sorted(found.items()))


def _drawn(
    strata: Mapping[tuple[str, ...], Sequence[Candidate]], numbers: Mapping[tuple[str, ...], int], chance: random.Random
) -> list[Chosen]:
    found = [
        Chosen(candidate=one, stratum=" / ".join(filter(None, key)), units=len(some), chosen=numbers[key])
        for key, some in strata.items()
        for one in chance.sample(list(some), min(numbers[key], len(some)))
    ]
    chance.shuffle(found)
    return found
