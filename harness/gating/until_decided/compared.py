"""Over how many of the cases asked so far a test compares: all of them, or of a judge as many as its gate needs."""

from typing import NamedTuple

from harness.asking.cases import Suite
from harness.gating.judged import judge_of
from harness.gating.until_decided.batches import Batches, next_look
from harness.records.asked import Case
from harness.scorers.scoring import describe


class Judging(NamedTuple):
    """The cases of a suite that a judge has read, and how many there are."""

    read: int
    cases: int


class Compared:
    """How far each test of a candidate has come, and each of its judges."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._judged: dict[tuple[str, int, str], tuple[Suite, int]] = {}
        """By test, suite and judge: after how many cases it is looked next whether a gate is decided."""

    def cases(self, test_id: str, suite: Suite, scorer: object) -> int:
        """Return over how many cases a test compares."""
        asked = self._batches.asked(suite)
        if judge_of(scorer) is None:
            return asked
        first = suite, next_look(len(suite.cases), 0)
        return min(asked, self._judged.setdefault(_of(test_id, suite, scorer), first)[1])

    def want_more(self, test_id: str, suite: Suite, scorer: object) -> list[Case]:
        """Note that a gate is undecided, and return the cases that have to be asked for its next look."""
        needed = next_look(len(suite.cases), self.cases(test_id, suite, scorer))
        if judge_of(scorer) is not None:
            self._judged[_of(test_id, suite, scorer)] = suite, needed
        return self._batches.want(suite, needed)

    def want_next(self, test_id: str, suite: Suite, scorer: object) -> list[Case]:
        """Return the cases of the look after the one that a judge reads for now, so that the sides needn't wait."""
        return self._batches.want_ahead(suite, next_look(len(suite.cases), self.cases(test_id, suite, scorer)))

    def judgings(self) -> list[Judging]:
        """Return how far each judge of each test has come."""
        return [
            Judging(min(needed, self._batches.asked(suite)), len(suite.cases))
            for suite, needed in self._judged.values()
        ]


def _of(test_id: str, suite: Suite, scorer: object) -> tuple[str, int, str]:
    return test_id, id(suite), describe(scorer)
