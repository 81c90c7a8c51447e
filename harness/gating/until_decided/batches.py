"""How many cases of each suite were asked so far, in which order, and how many will be in the next batch."""

from typing import Literal

from harness.asking.cases import Suite
from harness.asking.order import order_of
from harness.gating.until_decided.always import NOTHING_ALWAYS
from harness.records.asked import Case
from harness.verdicts.early import looks

Ahead = Literal["asked", "left out"]
"""Whether what could be asked ahead of time was."""


class Batches:
    """What both sides were asked of each suite so far. A suite is known by its ``id()``, which its plans hold."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.always = NOTHING_ALWAYS
        self._suites: dict[int, Suite] = {}
        self._order: dict[int, tuple[int, ...]] = {}
        self._asked: dict[int, int] = {}
        self._wanted: dict[int, int] = {}
        self._ahead: dict[int, int] = {}

    def begin(self, suite: Suite) -> list[Case]:
        """Return the cases of a suite that are asked first: those of the first look, and those that are pinned."""
        key = id(suite)
        ids = [case.id for case in suite.cases]
        pinned = set(self.always.pinned.get(key, ()))
        self._suites[key] = suite
        self._order[key] = order_of(ids, self.seed)
        everything = key in self.always.whole or pinned.issuperset(ids)
        self._asked[key] = len(ids) if everything else next_look(len(ids), 0)
        first = {self._order[key][place] for place in range(self._asked[key])}
        return [case for place, case in enumerate(suite.cases) if place in first or case.id in pinned]

    @property
    def suites(self) -> tuple[Suite, ...]:
        """Every suite that was begun."""
        return tuple(self._suites.values())

    def order(self, suite: Suite) -> tuple[int, ...]:
        """Return the places of a suite's cases in the order of asking."""
        return self._order[id(suite)]

    def asked(self, suite: Suite) -> int:
        """Return how many cases were asked, in the order of asking; pinned ones that come later don't count."""
        return self._asked[id(suite)]

    def want(self, suite: Suite, needed: int) -> list[Case]:
        """Note that a suite has to be asked up to a place in its order, and return the cases that this needs."""
        self._wanted[id(suite)] = max(needed, self._wanted.get(id(suite), 0))
        return self._from_here(suite, needed)

    def want_ahead(self, suite: Suite, needed: int) -> list[Case]:
        """Note that a suite can be asked up to a place ahead of time, and return the cases that this takes."""
        self._ahead[id(suite)] = max(needed, self._ahead.get(id(suite), 0))
        return self._from_here(suite, needed)

    def settle(self, ahead: Ahead) -> None:
        """Note that what was wanted has been asked, and that what could be asked ahead has too, or was not."""
        for asked in (self._wanted, self._ahead if ahead == "asked" else {}):
            for key, needed in asked.items():
                self._asked[key] = max(needed, self._asked[key])
        self._wanted, self._ahead = {}, {}

    def asked_all(self, suite: Suite) -> None:
        """Note that all cases of a suite have been asked, since no test can wait any more."""
        self._asked[id(suite)] = len(suite.cases)

    def left(self, suite: Suite, cases: int) -> list[Case]:
        """Return the cases of a suite that come after so many."""
        return [suite.cases[place] for place in self.order(suite)[cases:]]

    def _from_here(self, suite: Suite, needed: int) -> list[Case]:
        return self.left(suite, self.asked(suite))[: max(needed - self.asked(suite), 0)]


def next_look(of: int, asked: int) -> int:
    """Return after how many of so many cases it is looked next whether a gate is decided.

    >>> next_look(20, 0), next_look(20, 20)
    (20, 20)
    """
    return next((look for look in looks(of) if look > asked), of)
