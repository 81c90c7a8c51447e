"""``--until-decided``: how many cases of each suite, and for each judge, one candidate's gates have needed so far.

Cases are asked in batches, in an order fixed beforehand. After each batch a gate is decided or its test waits for the
next batch, as tests wait for their judges (``postponed``); a test runs anew then, over more cases. See
docs/until-decided.md.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from harness.asking.cases import Suite
from harness.asking.order import order_of
from harness.gating.judged import judge_of
from harness.records.asked import Case
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.saved import AskedInPart, AskedPart, Spared, Usage
from harness.scorers.scoring import describe
from harness.verdicts.early import looks
from harness.verdicts.slices import slices_of
from harness.verdicts.so_far import decide_so_far, whole_of


class Always(NamedTuple):
    """What is asked though every gate may be decided without it, of suites known by their ``id()``.

    ``pinned`` are the ids of cases that each have a test of their own; ``whole`` are suites of a test that can't wait.
    """

    pinned: Mapping[int, Collection[str]]
    whole: Collection[int]


NOTHING_ALWAYS = Always({}, ())


class _Gated(NamedTuple):
    """What one call of a test's gate judges: by its scorer, "" or the name of its slices, and its thresholds."""

    scorer: str
    slices: str
    gate: Gate
    call: int


class UntilDecided:
    """What one candidate was asked of each suite so far. A suite is known by its ``id()``, which its plans hold."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.always = NOTHING_ALWAYS
        self._suites: dict[int, Suite] = {}
        self._order: dict[int, tuple[int, ...]] = {}
        self._asked: dict[int, int] = {}
        self._wanted: dict[int, int] = {}
        self._judged: dict[tuple[str, int, str], int] = {}
        """By test, suite and judge: after how many cases it is looked next whether a gate is decided."""
        self._decided: dict[tuple[str, _Gated], tuple[Verdict, ...]] = {}
        self._calls: dict[str, Counter[_Gated]] = {}
        """By test: how often its attempt under way has called each gate."""

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

    def order(self, suite: Suite) -> tuple[int, ...]:
        """Return the places of a suite's cases in the order of asking."""
        return self._order[id(suite)]

    def asked(self, suite: Suite) -> int:
        """Return how many cases were asked, in the order of asking; pinned ones that come later don't count."""
        return self._asked[id(suite)]

    def cases(self, test_id: str, suite: Suite, scorer: object) -> int:
        """Return over how many cases a test compares: all that were asked, or of a judge as many as it needs."""
        asked = self._asked[id(suite)]
        if judge_of(scorer) is None:
            return asked
        return min(asked, self._judged.setdefault(_of(test_id, suite, scorer), next_look(len(suite.cases), 0)))

    def want_more(self, test_id: str, suite: Suite, scorer: object) -> list[Case]:
        """Note that a gate is undecided, and return the cases that have to be asked for its next look."""
        needed = next_look(len(suite.cases), self.cases(test_id, suite, scorer))
        if judge_of(scorer) is not None:
            self._judged[_of(test_id, suite, scorer)] = needed
        return self._up_to(suite, needed)

    def want_next(self, test_id: str, suite: Suite, scorer: object) -> list[Case]:
        """Return the cases of the look after the one that a judge reads for now, so that the sides needn't wait."""
        return self._up_to(suite, next_look(len(suite.cases), self.cases(test_id, suite, scorer)))

    def settle(self) -> None:
        """Note that what was wanted has been asked."""
        self._asked |= self._wanted
        self._wanted = {}

    def asked_all(self, suite: Suite) -> None:
        """Note that all cases of a suite have been asked, since no test can wait any more."""
        self._asked[id(suite)] = len(suite.cases)

    def decide(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...] | None:
        """Return the verdicts of a gate; None where more cases have to be asked.

        What was decided once stays decided while another gate of the test asks on.
        """
        key = test_id, self._call(test_id, judged, gate)
        found = decide_so_far(test_id, judged, gate)
        if found is not None:
            self._decided[key] = found
            return found
        if (earlier := self._decided.get(key)) is None:
            return None
        parts = {part.tag: part for part in (slices_of(judged) if isinstance(judged, Slices) else (judged,))}
        return tuple(msgspec.structs.replace(one, comparison=parts[one.comparison.tag]) for one in earlier)

    def start_over(self, test_id: str) -> None:
        """Note that a test runs again, from its first gate on."""
        self._calls.pop(test_id, None)

    def not_asked(self, suite: Suite, cases: int) -> dict[str, int]:
        """Return how many cases are left after so many: of all, under "", and of each tag; none where none is left."""
        left = [suite.cases[place] for place in self.order(suite)[cases:]]
        tags = Counter(tag for case in left for tag in dict.fromkeys(case.tags))
        return {"": len(left), **tags} if left else {}

    def record(self, usage: Sequence[Usage], answered: Callable[[Suite], int]) -> AskedInPart:
        """Return what was asked in part, and about what the rest would have taken.

        ``answered`` counts the cases of a suite that both sides were asked, pinned ones included.
        """
        parts = tuple(
            AskedPart(suite=suite.name, cases=len(suite.cases), asked=answered(suite))
            for suite in self._suites.values()
        )
        rest = sum(
            (one.cases - one.asked) * suite.sampling.repeats
            for one, suite in zip(parts, self._suites.values(), strict=True)
        )
        judged = sum(self._judged_cases(one) for one in self._judged)
        unjudged = sum(len(self._suites[one[1]].cases) for one in self._judged) - judged
        spared = []
        for one in usage:
            left = rest if one.side != "judge" else round(one.answers * unjudged / judged) if judged else 0
            if left:
                each = None if one.cost is None or not one.answers else one.cost / one.answers
                cost = None if each is None else each * left
                spared.append(Spared(side=one.side, name=one.name, requests=left, cost=cost, currency=one.currency))
        return AskedInPart(seed=self.seed, suites=parts, spared=tuple(spared))

    def _call(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> "_Gated":
        """Return what a gate judges; scorers can share a name in a test, so also which of its calls that is."""
        name = judged.name if isinstance(judged, Slices) else ""
        called = _Gated(whole_of(judged).scorer, name, gate, 0)
        calls = self._calls.setdefault(test_id, Counter())
        calls[called] += 1
        return called._replace(call=calls[called])

    def _judged_cases(self, one: tuple[str, int, str]) -> int:
        return min(self._judged[one], self._asked[one[1]])

    def _up_to(self, suite: Suite, needed: int) -> list[Case]:
        """Note that a suite has to be asked up to a place in its order, and return the cases that this needs."""
        key = id(suite)
        asked = self._asked[key]
        self._wanted[key] = max(needed, self._wanted.get(key, asked))
        return [suite.cases[place] for place in self._order[key][asked:needed]]


def next_look(of: int, asked: int) -> int:
    """Return after how many of so many cases it is looked next whether a gate is decided.

    >>> next_look(20, 0), next_look(20, 20)
    (20, 20)
    """
    return next((look for look in looks(of) if look > asked), of)


def _of(test_id: str, suite: Suite, scorer: object) -> tuple[str, int, str]:
    return test_id, id(suite), describe(scorer)
