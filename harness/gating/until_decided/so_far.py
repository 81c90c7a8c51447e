"""A run that asks until its gates are decided: what is compared so far, and decided, or what is asked next for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.gating.judged import judge_of, not_known
from harness.gating.postponed import Waiting
from harness.gating.until_decided.batches import Batches
from harness.gating.until_decided.compared import Compared
from harness.gating.until_decided.gates import DecidedGates
from harness.gating.until_decided.spared import asked_in_part
from harness.records.asked import Case
from harness.records.compared import Comparison, Gate, Row, Slices, Verdict
from harness.records.in_part import AskedInPart
from harness.records.parties import Usage
from harness.verdicts.so_far import decide_without_rest, undecided, whole_of

UNSEEN = "name gate among the arguments of the test, so that it can wait for more of them"
UNKNOWN = "more would not either, since nobody could tell whether their judge is the one that was checked"
MORE_BUDGET = "give it a larger one and run again: what was answered is not asked again"
MADE_BEFORE = "call evaluate in the test that gates, each time it runs, so that more of them are compared"


class Asker(NamedTuple):
    """How both sides are asked some cases of a suite: as questions of the next batch, or at once."""

    questions_of: Callable[[Suite, Sequence[Case]], list[Question]]
    fetch: Callable[[Suite, Sequence[Case]], None]
    are_paid: bool
    """Whether each answer is paid, so that none is asked ahead of time."""
    judges_used_up: Callable[[], str]
    """Returns why judges are asked no more in this run; empty while they are."""


class SoFar:
    """What was asked of one candidate's suites so far, what is decided by it, and what its tests wait for."""

    def __init__(self, batches: Batches, waiting: Waiting, asker: Asker) -> None:
        self._batches = batches
        self._compared = Compared(batches)
        self._gates = DecidedGates()
        self._waiting = waiting
        self._asker = asker
        self.start_over = self._gates.start_over
        self.settle = batches.settle

    def cases(self, test_id: str, suite: Suite, scorer: object) -> int:
        """Return how many cases are compared; where no test can wait any more that is all, and they are asked now.

        A judge reads a part of what was asked only for a test that can run again.

        Raises:
            EngineError: no more answers can be had.
        """
        if self._waiting.gave_up:
            self._asker.fetch(suite, suite.cases)
            self._batches.asked_all(suite)
        if not self._waiting.opened:
            return self._batches.asked(suite)
        return self._compared.cases(test_id, suite, scorer)

    def told(self, comparison: Comparison, suite: Suite, cases: int) -> Comparison:
        """Return a comparison of so many cases of a suite with what it needs to say of those that were not asked."""
        left = self._batches.left(suite, cases)
        tags = Counter(tag for case in left for tag in dict.fromkeys(case.tags))
        return msgspec.structs.replace(
            comparison,
            not_asked={"": len(left), **tags} if left else {},
            groups_left=any(case.group is not None for case in left),
        )

    def ask_ahead(self, test_id: str, suite: Suite, scorer: object) -> None:
        """Let the sides answer what a judge's next look needs while it reads for this one, unless answers are paid."""
        if not self._asker.are_paid:
            following = self._compared.want_next(test_id, suite, scorer)
            self._waiting.note_ahead(self._asker.questions_of(suite, following))

    def decide_or_wait(
        self, test_id: str, judged: Comparison | Slices, gate: Gate, made: tuple[Suite, object] | None
    ) -> tuple[Verdict, ...]:
        """Decide a gate by the cases asked so far, or end its test, which runs again once more were asked.

        ``made`` is the suite that was compared, and its scorer; None where the test did not compare it in this attempt.

        Raises:
            Postponed: more cases have to be asked.
        """
        decided = self._gates.decide(test_id, judged, gate)
        if decided is not None:
            return decided
        if not self._waiting.opened:
            return undecided(test_id, judged, gate, UNSEEN)
        if made is None or len(whole_of(judged).rows) < self.cases(test_id, *made):
            return undecided(test_id, judged, gate, MADE_BEFORE)
        suite, scorer = made
        if not_known(whole_of(judged)):
            return undecided(test_id, judged, gate, UNKNOWN)
        if why := self._undecidable(whole_of(judged), gate, scorer):
            return decide_without_rest(test_id, judged, gate, self._rest(suite, len(whole_of(judged).rows)), why)
        more = self._compared.want_more(test_id, suite, scorer)
        return self._waiting.postpone_undecided(self._asker.questions_of(suite, more))

    def record(self, usage: Sequence[Usage], answered: Callable[[Suite], int]) -> AskedInPart:
        """Return what was asked in part; see ``asked_in_part``."""
        return asked_in_part(self._batches, self._compared, usage, answered)

    def _undecidable(self, whole: Comparison, gate: Gate, scorer: object) -> str:
        """Return why no further case can decide a gate any more; empty where one can.

        Its judge is asked no more, and already more cases lack a score than it allows.
        """
        if judge_of(scorer) is None or len(whole.unscored) <= gate.max_unscored:
            return ""
        why = self._asker.judges_used_up()
        return f"{why}; {MORE_BUDGET}" if why else ""

    def _rest(self, suite: Suite, cases: int) -> list[Row]:
        """Return rows of the cases that come after so many, without scores."""
        return [
            Row(case_id=case.id, group=case.group, tags=case.tags, baseline=None, candidate=None, unscored="not asked")
            for case in self._batches.left(suite, cases)
        ]
