"""What most answers have in common, and the few that differ: counted for each system prompt, in flat memory."""

from collections.abc import Iterator

from harness.data.checks.consistency.kept import Kept, share
from harness.data.checks.problem import Problem
from harness.records.record import Record

MINORITY = 0.05
"""Where one way has no more than this share of the answers, its rows are problems; with more, the file is mixed."""
FEWEST = 20
"""Answers under one system prompt from which a share means something."""
GROUPS = 100
"""System prompts that are told apart; all further ones are one group."""
VALUES = 200
"""Ways of one trait that are told apart in a group."""


class Trait(Record, frozen=True, kw_only=True):
    """One thing in which answers can differ: ``kind`` is the name of the problem, ``of`` what has a way.

    ``beside`` are pairs of the most frequent way and another one that is no problem beside it.
    """

    kind: str
    of: str = "answers"
    beside: frozenset[tuple[str, str]] = frozenset()


class Traits:
    """Counts the ways of each trait for each group."""

    def __init__(self) -> None:
        self._groups: dict[str, int] = {}
        self._ways: dict[tuple[int, Trait], dict[str, Kept]] = {}

    def add(self, prompt: str, trait: Trait, way: str, place: str) -> None:
        """Count one answer."""
        if prompt not in self._groups and len(self._groups) < GROUPS:
            self._groups[prompt] = len(self._groups)
        group = self._groups.get(prompt, GROUPS)
        ways = self._ways.setdefault((group, trait), {})
        if way in ways or len(ways) < VALUES:
            ways.setdefault(way, Kept()).add(place)

    def uneven(self, trait: Trait) -> Iterator[Problem]:
        """Yield a problem for each way that few answers of a group have, when nearly all have one other way."""
        for ways in self._of(trait):
            total = sum(kept.count for kept in ways.values())
            main, most = max(ways.items(), key=lambda pair: pair[1].count)
            if total < FEWEST or most.count < (1 - MINORITY) * total:
                continue
            for way, kept in ways.items():
                if way != main and (main, way) not in trait.beside:
                    told = f"{share(kept.count, total)} {trait.of} are {way}; {share(most.count, total)} are {main}"
                    yield Problem(kind=trait.kind, places=kept.places, told=told)

    def mixed(self, trait: Trait) -> Iterator[Problem]:
        """Yield one problem for each group where no way has nearly all answers."""
        for ways in self._of(trait):
            main = max(ways, key=lambda way: ways[way].count)
            told_apart = {way: kept for way, kept in ways.items() if (main, way) not in trait.beside}
            total = sum(kept.count for kept in told_apart.values())
            ordered = sorted(told_apart.items(), key=lambda pair: -pair[1].count)
            if total < FEWEST or ordered[0][1].count >= (1 - MINORITY) * total:
                continue
            listed = ", ".join(f"{share(kept.count, total)} are {way}" for way, kept in ordered[:4])
            firsts = tuple(kept.places[0] for _, kept in ordered[:4])
            yield Problem(
                kind=trait.kind, places=firsts, told=f"{trait.of} under one system prompt are mixed: {listed}"
            )

    def _of(self, trait: Trait) -> Iterator[dict[str, Kept]]:
        return (ways for (_, one), ways in self._ways.items() if one == trait)
