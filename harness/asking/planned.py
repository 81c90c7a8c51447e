"""In which order plans are asked: requests with a long shared prefix next to each other, block by block."""

from collections.abc import Iterator, Sequence
from itertools import islice

from harness.asking.left import Keyed, MadeAnew, Question
from harness.asking.noise import by_prefix
from harness.asking.requests import Plan

BLOCK = 20_000
"""Requests that are sorted together: of more, only as many are in memory."""


class InTurn(MadeAnew):
    """The questions of plans, those of each suite's plans together, so that all sides meet the same load."""

    def __init__(self, suites: Sequence[Sequence[Plan]]) -> None:
        self._suites = suites

    def __len__(self) -> int:
        return sum(len(plan.items) for plans in self._suites for plan in plans)

    def __iter__(self) -> Iterator[Question]:
        unsorted = (question for plans in self._suites for question in _side_by_side(plans))
        while block := list(islice(unsorted, BLOCK)):
            block.sort(key=lambda one: by_prefix(one[1]))
            yield from block

    def keyed(self) -> Iterator[Keyed]:
        """Yield what decides about each question, plan by plan."""
        for plans in self._suites:
            for plan in plans:
                engine, model = plan.contender.engine, plan.contender.model
                for key in plan.digests():
                    yield engine, model, key.hex()


def _side_by_side(plans: Sequence[Plan]) -> Iterator[Question]:
    """Yield the requests of plans of one suite, case by case."""
    makers = [(plan.contender.engine, plan.maker()) for plan in plans]
    for place, case in enumerate(plans[0].suite.cases):
        for engine, make in makers:
            for request in make(place, case):
                yield engine, request
