"""Lost cases that are asked again: both sides, in one batch, as often as it takes to tell whether they are steady."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.asking.noise import by_prefix
from harness.asking.requests import requests_again
from harness.records.answered import Response
from harness.records.asked import Case, Request, Side
from harness.records.engine import Contender
from harness.records.saved import Answer

Answered = Mapping[Side, Sequence[tuple[Case, Response]]]
"""Each side's answers to the same cases."""
Pairs = Sequence[tuple[Case, Request]]


class LostCases:
    """Cases of suites that are asked again, of both ``contenders``."""

    def __init__(self, contenders: Mapping[Side, Contender], asking: Asking) -> None:
        self._contenders = contenders
        self._asking = asking
        self._answers: dict[tuple[Side, str, str], Answer] = {}
        """By side, case and key of the request, as saved."""

    def ask(self, suite: Suite, case_ids: Collection[str], askings: int) -> tuple[Answered, ...]:
        """Ask cases of a suite again, of both sides in one batch; return the answers of each further asking.

        Raises:
            EngineError: no more answers can be had.
        """
        rounds = self._rounds(suite, case_ids, askings)
        self._asking.fetch(self._questions(rounds))
        answered = []
        for asked in rounds:
            found = {
                side: [(case, request, suite.read(self._asking.responses[request.key])) for case, request in pairs]
                for side, pairs in asked.items()
            }
            for side, each in found.items():
                for case, request, response in each:
                    answer = Answer(side=side, case=case, request=request, response=response)
                    self._answers[side, case.id, request.key] = answer
            answered.append({side: [(case, response) for case, _, response in each] for side, each in found.items()})
        return tuple(answered)

    def unanswered(self, suite: Suite, case_ids: Collection[str], askings: int) -> list[Question]:
        """Return what ``ask`` would have to ask a model: what is not in the store, nor in a saved run."""
        asked = self._asking.unanswered(self._questions(self._rounds(suite, case_ids, askings)))
        return [one for one in asked.values() if one[0].can_ask_again]

    def can_be_asked(self, suite: Suite, case_ids: Collection[str], askings: int) -> bool:
        """Tell whether both sides can answer cases again; a saved run only where it asked all of these again."""
        cases = [case for case in suite.cases if case.id in case_ids]
        return all(
            contender.engine.can_ask_again
            or all(
                request.asked_now.key in contender.held
                for case in cases
                for asking in range(1, askings + 1)
                for request in requests_again(case, suite, contender, asking)
            )
            for contender in self._contenders.values()
        )

    def answers(self) -> Iterator[Answer]:
        """Yield every answer, as saved in the run folder."""
        yield from self._answers.values()

    def _rounds(self, suite: Suite, case_ids: Collection[str], askings: int) -> list[dict[Side, Pairs]]:
        """Return the requests of each further asking of cases."""
        cases = [case for case in suite.cases if case.id in case_ids]
        return [
            {
                side: [(case, request) for case in cases for request in requests_again(case, suite, contender, asking)]
                for side, contender in self._contenders.items()
            }
            for asking in range(1, askings + 1)
        ]

    def _questions(self, rounds: Iterable[Mapping[Side, Pairs]]) -> list[Question]:
        """Return the requests of all askings, in the order in which they are asked."""
        batch = [
            (self._contenders[side].engine, request)
            for asked in rounds
            for side, pairs in asked.items()
            for _, request in pairs
        ]
        return sorted(batch, key=lambda one: by_prefix(one[1]))
