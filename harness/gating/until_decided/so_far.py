"""A run that asks until its gates are decided: what is compared so far, and decided, or what is asked next for it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.gating.postponed import Waiting
from harness.gating.until_decided.batches import Batches
from harness.gating.until_decided.compared import Compared
from harness.gating.until_decided.gates import DecidedGates
from harness.gating.until_decided.spared import asked_in_part
from harness.records.asked import Case
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.in_part import AskedInPart
from harness.records.parties import Usage
from harness.verdicts.so_far import undecided, whole_of

UNSEEN = "name gate among the arguments of the test, so that it can wait for more of them"
MADE_BEFORE = "call evaluate in the test that gates, each time it runs, so that more of them are compared"


class Sides(NamedTuple):
    """How both sides are asked some cases of a suite: as questions of the next batch, or at once."""

    questions_of: Callable[[Suite, Sequence[Case]], list[Question]]
    fetch: Callable[[Suite, Sequence[Case]], None]
    are_paid: bool
    """Whether each answer is paid, so that none is asked ahead of time."""


class SoFar:
    """What was asked of one candidate's suites so far, what is decided by it, and what its tests wait for."""

    def __init__(self, batches: Batches, waiting: Waiting, sides: Sides) -> None:
        self._batches = batches
        self._compared = Compared(batches)
        self._gates = DecidedGates()
        self._waiting = waiting
        self._sides = sides
        self.not_asked = batches.not_asked
        self.start_over = self._gates.start_over
        self.settle = batches.settle

    def cases(self, test_id: str, suite: Suite, scorer: object) -> int:
        """Return how many cases are compared; where no test can wait any more that is all, and they are asked now.

        A judge reads a part of what was asked only for a test that can run again.

        Raises:
            EngineError: no more answers can be had.
        """
        if self._waiting.gave_up:
            self._sides.fetch(suite, suite.cases)
            self._batches.asked_all(suite)
        if not self._waiting.opened:
            return self._batches.asked(suite)
        return self._compared.cases(test_id, suite, scorer)

    def ask_ahead(self, test_id: str, suite: Suite, scorer: object) -> None:
        """Let the sides answer what a judge's next look needs while it reads for this one, unless answers are paid."""
        if not self._sides.are_paid:
            following = self._compared.want_next(test_id, suite, scorer)
            self._waiting.note_more(self._sides.questions_of(suite, following))

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
        more = self._compared.want_more(test_id, suite, scorer)
        return self._waiting.postpone_undecided(self._sides.questions_of(suite, more))

    def record(self, usage: Sequence[Usage], answered: Callable[[Suite], int]) -> AskedInPart:
        """Return what was asked in part; see ``asked_in_part``."""
        return asked_in_part(self._batches, self._compared, usage, answered)
