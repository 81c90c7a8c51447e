"""What is planned for both sides: which requests each suite takes, which are asked twice, and the probes."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from harness.asking.cases import Suite
from harness.asking.left import ManyQuestions, Question, Questions
from harness.asking.noise import by_prefix, choose_again
from harness.asking.planned import InTurn
from harness.asking.probe import FirstPrompts, ProbePlan, probe_of
from harness.asking.requests import Plan, Planned, plans_for, requests_for
from harness.gating.until_decided.batches import Batches
from harness.records.asked import Case, ModelRef, Request, Side
from harness.records.engine import Contender


class Plans:
    """What both sides are asked, suite by suite; a suite is known by its ``id()``, valid since its plan holds it.

    ``noise_sample`` is the number of the baseline's requests that are asked twice; 0 means that noise is not measured.
    ``batches`` says which cases are asked so far; None for all.
    """

    def __init__(self, contenders: Mapping[Side, Contender], noise_sample: int, batches: Batches | None) -> None:
        self.contenders = contenders
        self.probing: list[ProbePlan] = []
        self.again: dict[str, Request] = {}
        """Each request that is asked twice, by the key of the first one."""
        self._noise_sample = noise_sample
        self._batches = batches
        self._plans: dict[tuple[Side, int], Plan] = {}

    def plan(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> Questions:
        """Plan to ask all cases of all suites of both sides, and return all questions of one stream.

        Where cases are asked until gates are decided, that is the first batch. It also has the baseline's requests that
        are asked again, to measure noise, and the probes of ``adapters``, each given with its base model.
        """
        suites, prompts = tuple(suites), FirstPrompts()
        planned = [
            plans_for(suite, self.contenders.values(), prompts.see if adapters else lambda _: None) for suite in suites
        ]
        for suite, plans in zip(suites, planned, strict=True):
            self._plans |= {(side, id(suite)): plan for side, plan in zip(self.contenders, plans, strict=True)}
        again = self._asked_twice([baseline for baseline, _ in planned])
        self.again |= again
        first: list[Question] = []
        for adapter, base in adapters:
            probe = probe_of(prompts, adapter.model, base)
            self.probing.append(probe)
            first += [(adapter.engine, request) for request in probe.requests]
        if self._batches is not None:
            begun = [self.questions_of(suite, self._batches.begin(suite)) for suite in suites]
            return ManyQuestions([first, *begun])
        last = [(self.contenders["baseline"].engine, request) for request in again.values()]
        return ManyQuestions([first, InTurn(planned), last])

    def _asked_twice(self, plans: Sequence[Plan]) -> dict[str, Request]:
        """Return the requests of plans that are asked again, to measure noise."""
        starts = list(accumulate((len(plan.items) for plan in plans), initial=0))

        def request_at(place: int) -> Request:
            number = bisect_right(starts, place) - 1
            return plans[number].request_at(place - starts[number])

        return choose_again((key for plan in plans for key in plan.digests()), request_at, self._noise_sample)

    def questions_of(self, suite: Suite, cases: Sequence[Case]) -> list[Question]:
        """Return what both sides are asked for some cases of a suite, with what is asked twice to measure noise."""
        both = [
            (contender.engine, request)
            for contender in self.contenders.values()
            for case in cases
            for request in requests_for(case, suite, contender)
        ]
        baseline = self.contenders["baseline"].engine
        again = {key: self.again[key] for _, request in both if (key := request.key) in self.again}
        return [*sorted(both, key=lambda one: by_prefix(one[1])), *((baseline, request) for request in again.values())]

    def of(self, suite: Suite, side: Side) -> Plan:
        """Return the plan of a suite for one side."""
        return self._plans[side, id(suite)]

    def all_of(self, side: Side) -> list[Plan]:
        """Return the plans of all suites for one side."""
        return [plan for (its, _), plan in self._plans.items() if its == side]

    def keys_of(self, side: Side) -> Iterator[str]:
        """Yield the key of each request to one side."""
        return (key.hex() for plan in self.all_of(side) for key in plan.digests())

    def items(self, suite: Suite, side: Side, cases: int | None = None) -> Sequence[Planned]:
        """Return each case of a suite with the keys of its requests to one side; they are made as they are read.

        Where cases are asked until gates are decided, these are the first ``cases`` in the order of asking; None for
        all that were asked.
        """
        items = self.of(suite, side).items
        if self._batches is None:
            return items
        repeats = suite.sampling.repeats
        first = self._batches.order(suite)[: self._batches.asked(suite) if cases is None else cases]
        return tuple(items[place * repeats + repeat] for place in first for repeat in range(repeats))

    def twice(self, suite: Suite, cases: int | None = None) -> list[tuple[Planned, str]]:
        """Return what the baseline is asked twice of a suite, with the key of the second request; as ``items``."""
        if self._batches is not None:
            first = self.items(suite, "baseline", cases)
            return [(item, self.again[item.key].key) for item in first if item.key in self.again]
        again = {bytes.fromhex(key): request.key for key, request in self.again.items()}
        plan = self.of(suite, "baseline")
        return [(plan.items[number], again[key]) for number, key in enumerate(plan.digests()) if key in again]
