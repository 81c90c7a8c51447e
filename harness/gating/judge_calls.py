"""What judges are asked, of all tests and candidates: in one batch where tests can wait, and within the budget."""

from collections.abc import Callable, Sequence

from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.asking.spending import Spending
from harness.config.whole import HarnessConfig
from harness.gating.postponed import Waiting
from harness.records.asked import Request
from harness.text.figures import count


def spending_of(config: HarnessConfig) -> Spending:
    """Return what judges can be asked under some settings, of which nothing was asked yet."""
    return Spending(config.judge.most, config.price_table, config.judge.leave_out)


class JudgeCalls:
    """Asks judges; ``say`` is told before each batch what it will cost."""

    def __init__(self, asking: Asking, waiting: Waiting, spending: Spending, say: Callable[[str], None]) -> None:
        self._asking = asking
        self._waiting = waiting
        self._spending = spending
        self._say = say
        self.check = spending.check
        self.has_budget = spending.budget is not None
        self.used_up = ""
        """Why calls were left out, and further ones will be; empty while the budget lasts."""

    def ask(self, questions: Sequence[Question]) -> None:
        """Put a response to each question among those of ``Asking``, or end the test that needs them if it can wait.

        Raises:
            ConfigError: the budget can't be held for a judge.
            Postponed: the test runs again once the questions of all tests were asked.
            EngineError: no more answers can be had.
        """
        unanswered = list(self._asking.unanswered(questions).values())
        for judge in dict.fromkeys(request.model for _, request in unanswered):
            self.check(judge)
        if unanswered and self._waiting.opened:
            self._waiting.postpone_judged(unanswered)
        self.ask_now(unanswered)

    def tell(self, requests: Sequence[Request], most_calls: int | None = None) -> None:
        """Say what these calls will cost, or at most so many of which these are a few."""
        self._say(self._spending.forecast(requests, most_calls))

    def can_ask(self, questions: Sequence[Question]) -> bool:
        """Tell whether the budget lasts for all of these, as far as they are not answered yet."""
        left = [request for _, request in self._left(questions)]
        return self._spending.admitted(left) == len(left)

    def ask_now(self, questions: Sequence[Question], beside: Sequence[Question] = ()) -> None:
        """Say what asking judges will cost, and ask them as ``ask_told`` does.

        Raises:
            EngineError: no more answers can be had; those that came before are in the store and are counted.
        """
        if left := self._left(questions):
            self._say(self._spending.forecast([request for _, request in left]))
        self.ask_told(left, beside)

    def ask_told(self, questions: Sequence[Question], beside: Sequence[Question] = ()) -> None:
        """Ask judges within the budget, and other models ``beside`` them; what is left gets an error.

        With a budget in money it can take several rounds: what the replies of one have cost decides how many fit into
        the next.

        Raises:
            EngineError: no more answers can be had; those that came before are in the store and are counted.
        """
        left = self._left(questions)
        while now := left[: self._spending.admitted([request for _, request in left])]:
            self._fetch(now, beside)
            left, beside = left[len(now) :], ()
        self._asking.fetch(beside)
        if left and self._spending.budget is not None:
            self.used_up = f"the judge's budget of {self._spending.budget.words} was used up"
            self._asking.leave_out([request.key for _, request in left], self.used_up)
            self._say(f"{self.used_up}: {count(len(left), 'call')} left out, and what needs them is unscored")

    def _fetch(self, now: Sequence[Question], beside: Sequence[Question]) -> None:
        """Ask, and count what was answered even if asking breaks off."""
        try:
            self._asking.fetch([*now, *beside])
        finally:
            for _, request in now:
                if (response := self._asking.responses.get(request.key)) is not None:
                    self._spending.count(request, response)

    def _left(self, questions: Sequence[Question]) -> list[Question]:
        """Return the questions that have no response yet, each once."""
        asked = {request.key: (engine, request) for engine, request in questions}
        return [one for key, one in asked.items() if key not in self._asking.responses]


def case_by_case(questions: Sequence[Question]) -> list[Question]:
    """Return questions with those about one case together, so that a budget that ends leaves few cases half judged."""
    cases: dict[str, list[Question]] = {}
    for one in questions:
        cases.setdefault(one[1].case_id, []).append(one)
    return [one for each in cases.values() for one in each]
