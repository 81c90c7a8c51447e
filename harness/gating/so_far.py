"""Which cases a comparison is of while others are still to be asked, and what has to be asked next for it."""

from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.gating.asked import Asked
from harness.gating.postponed import Waiting
from harness.gating.until_decided import UntilDecided


class SoFar:
    """What ``Evaluation`` needs to know of a run that asks until its gates are decided."""

    def __init__(self, until: UntilDecided, waiting: Waiting, asked: Asked) -> None:
        self._until = until
        self._waiting = waiting
        self._asked = asked
        self.not_asked = until.not_asked

    def cases(self, test_id: str, suite: Suite, scorer: object) -> int:
        """Return how many cases are compared; where no test can wait any more that is all, and they are asked now.

        A judge reads a part of what was asked only for a test that can run again.

        Raises:
            EngineError: no more answers can be had.
        """
        if self._waiting.gave_up:
            self._asked.fetch(suite, suite.cases)
            self._until.asked_all(suite)
        if not self._waiting.opened:
            return self._until.asked(suite)
        return self._until.cases(test_id, suite, scorer)

    def more(self, test_id: str, suite: Suite, scorer: object) -> list[Question]:
        """Return what both sides have to be asked before a gate is looked at next."""
        return self._asked.questions_of(suite, self._until.want_more(test_id, suite, scorer))

    def ask_ahead(self, test_id: str, suite: Suite, scorer: object) -> None:
        """Let the sides answer what a judge's next look needs while it reads for this one, unless answers are paid."""
        if not any(contender.model.is_hosted for contender in self._asked.contenders.values()):
            following = self._until.want_next(test_id, suite, scorer)
            self._waiting.note_more(self._asked.questions_of(suite, following))
