"""One side's answers to a suite, case by case: in memory where they are few, else read as they are needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from harness.asking.left import FEW
from harness.asking.requests import Plan
from harness.records.answered import Response
from harness.records.asked import Case


def answers_of(plan: Plan, responses: Mapping[str, Response]) -> Sequence[tuple[Case, Response]]:
    """Return each case of a plan with each of its answers, as the suite reads them."""
    many = Answers(plan, responses)
    return many if len(many) > FEW else tuple(many)


class Answers(Sequence[tuple[Case, Response]]):
    """The answers of a plan, read anew each time."""

    def __init__(self, plan: Plan, responses: Mapping[str, Response]) -> None:
        self._plan = plan
        self._responses = responses

    def __len__(self) -> int:
        return len(self._plan.items)

    @overload
    def __getitem__(self, place: int) -> tuple[Case, Response]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[Case, Response]]: ...
    def __getitem__(self, place: int | slice) -> tuple[Case, Response] | Sequence[tuple[Case, Response]]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(len(self))[place])
        item = self._plan.items[place]
        return item.case, self._plan.suite.read(self._responses[item.key])

    def __iter__(self) -> Iterator[tuple[Case, Response]]:
        read = self._plan.suite.read
        for item in self._plan.items:
            yield item.case, read(self._responses[item.key])
