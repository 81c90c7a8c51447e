"""Both contenders' answers to the planned suites: asked once, as one stream, with the noise sample and the probes."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from harness.asking.answers import answers_of
from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.left import ManyQuestions, Question
from harness.asking.noise import by_prefix, choose_again
from harness.asking.planned import InTurn
from harness.asking.probe import ProbePlan, judge_probe, plan_probe
from harness.asking.requests import Plan, Planned, plan_for, requests_again, requests_for
from harness.asking.usage import Spent
from harness.gating.judge_calls import case_by_case
from harness.gating.until_decided import UntilDecided
from harness.records.asked import Case, Contender, ModelRef, Request, Response, Side
from harness.records.compared import Probe
from harness.records.saved import Answer, Party

Answered = Mapping[Side, Sequence[tuple[Case, Response]]]
"""Each side's answers to the same cases."""
Pairs = Sequence[tuple[Case, Request]]


class Asked:
    """The contenders, what was planned for each, and every response so far.

    ``noise_sample`` is the number of the baseline's requests that are asked twice; 0 means that noise is not measured.
    ``asking`` can be that of other candidates too: what they share is asked once. ``fetch_judged`` is what
    fetches judges' replies; unset, ``asking`` does. ``until`` says which cases are asked so far; None for all.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        baseline: Contender,
        candidate: Contender,
        asking: Asking,
        noise_sample: int = 0,
        fetch_judged: Callable[[Sequence[Question]], None] | None = None,
        until: UntilDecided | None = None,
    ) -> None:
        self.contenders: dict[Side, Contender] = {"baseline": baseline, "candidate": candidate}
        self._noise_sample = noise_sample
        self._asking = asking
        self._until = until
        self._fetch_judged = fetch_judged or asking.fetch
        self._plans: dict[tuple[Side, int], Plan] = {}
        """By the ``id()`` of the suite, which stays valid because each plan holds its suite."""
        self._again: dict[str, Request] = {}
        self._probing: list[ProbePlan] = []
        self._asked_again: dict[tuple[Side, str, str], Answer] = {}
        """By side, case and key of the request: answers of lost cases that were asked again, as saved."""
        self._judged: dict[str, ModelRef] = {}
        """What judges were asked, by key: which model."""

    def ask(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> None:
        """Ask what is planned, as one stream; see ``plan``.

        Raises:
            EngineError: no more answers can be had; those that came before are in the store.
        """
        self._asking.fetch(self.plan(suites, adapters))

    def plan(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> Iterable[Question]:
        """Plan to ask all cases of all suites of both sides, and return all questions of one stream.

        Where cases are asked until gates are decided, that is the first batch. It also has the baseline's requests that
        are asked again, to measure noise, and the probes of ``adapters``, each given with its base model.
        """
        planned: dict[Side, list[Plan]] = {side: [] for side in self.contenders}
        suites = tuple(suites)
        for suite in suites:
            for side, contender in self.contenders.items():
                plan = self._plans[side, id(suite)] = plan_for(suite, contender)
                planned[side].append(plan)
        again = self._asked_twice(planned["baseline"])
        self._again |= again
        first: list[Question] = []
        for adapter, base in adapters:
            prompts = (request for plan in planned["candidate"] for _, request in plan.requests())
            probe = plan_probe(prompts, adapter.model, base)
            self._probing.append(probe)
            first += [(adapter.engine, request) for request in probe.requests]
        if self._until is not None:
            begun = [self.questions_of(suite, self._until.begin(suite)) for suite in suites]
            return ManyQuestions([first, *begun])
        last = [(self.contenders["baseline"].engine, request) for request in again.values()]
        return ManyQuestions([first, InTurn(list(zip(*planned.values(), strict=True))), last])

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
        again = {key: self._again[key] for _, request in both if (key := request.key) in self._again}
        return [*sorted(both, key=lambda one: by_prefix(one[1])), *((baseline, request) for request in again.values())]

    def fetch(self, suite: Suite, cases: Sequence[Case]) -> None:
        """Ask both sides some cases of a suite, as far as that was not done.

        Raises:
            EngineError: no more answers can be had.
        """
        self._asking.fetch(self.questions_of(suite, cases))

    def answered_cases(self, suite: Suite) -> int:
        """Return how many cases of a suite both sides were asked."""
        known = self._asking.responses
        sides = [
            {item.case.id for item in self._plans[side, id(suite)].items if item.key in known}
            for side in self.contenders
        ]
        return len(set.intersection(*sides))

    def ask_again(self, suite: Suite, case_ids: Collection[str], askings: int) -> tuple[Answered, ...]:
        """Ask cases of a suite again, of both sides in one batch; return the answers of each further asking.

        Raises:
            EngineError: no more answers can be had.
        """
        rounds = self._rounds(suite, case_ids, askings)
        self._asking.fetch(self._questions(rounds))
        for asked in rounds:
            for side, pairs in asked.items():
                for case, request in pairs:
                    response = suite.read(self.response_to(request))
                    answer = Answer(side=side, case=case, request=request, response=response)
                    self._asked_again[side, case.id, request.key] = answer
        return tuple(
            {
                side: [(case, suite.read(self.response_to(request))) for case, request in pairs]
                for side, pairs in asked.items()
            }
            for asked in rounds
        )

    def unanswered(self, suite: Suite, case_ids: Collection[str], askings: int) -> list[Question]:
        """Return what ``ask_again`` would have to ask a model: what is not in the store, nor in a saved run."""
        asked = self._asking.unanswered(self._questions(self._rounds(suite, case_ids, askings)))
        return [one for one in asked.values() if one[0].can_ask_again]

    def can_ask_again(self, suite: Suite, case_ids: Collection[str], askings: int) -> bool:
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
            for contender in self.contenders.values()
        )

    def ask_judges(self, questions: Sequence[Question]) -> Mapping[str, Response]:
        """Ask judges, all together, case by case, and return every response so far by the key of its request."""
        self.note_judged([request for _, request in questions])
        self._fetch_judged(case_by_case(questions))
        return self._asking.responses

    def note_judged(self, requests: Iterable[Request]) -> None:
        """Note what judges are asked for this run: its replies are part of what the run has cost."""
        self._judged |= {request.key: request.model for request in requests}

    def probes(self) -> tuple[Probe, ...]:
        """Return the proof for each probed adapter.

        Raises:
            SilentAdapter: an adapter changes nothing.
            Unmeasured: a probe was not answered, or was answered without log-probabilities.
        """
        return tuple(judge_probe(probe, self._asking.responses) for probe in self._probing)

    def planned(self, suite: Suite, side: Side, cases: int | None = None) -> Sequence[Planned]:
        """Return each case of a suite with the keys of its requests to one side; they are made as they are read.

        Where cases are asked until gates are decided, these are the first ``cases`` in the order of asking; None for
        all that were asked.
        """
        items = self._plans[side, id(suite)].items
        if self._until is None:
            return items
        repeats = suite.sampling.repeats
        first = self._until.order(suite)[: self._until.asked(suite) if cases is None else cases]
        return tuple(items[place * repeats + repeat] for place in first for repeat in range(repeats))

    def answers_to(self, suite: Suite, side: Side, cases: int | None = None) -> Sequence[tuple[Case, Response]]:
        """Return each case of a suite with each of one side's answers; where they are many, not in memory.

        ``cases`` is as for ``planned``.
        """
        responses = self._asking.responses
        if self._until is None:
            return answers_of(self._plans[side, id(suite)], responses)
        return [(item.case, suite.read(responses[item.key])) for item in self.planned(suite, side, cases)]

    def answered_twice(self, suite: Suite, cases: int | None = None) -> list[tuple[Case, Response, Response]]:
        """Return the cases of a suite that the baseline was asked twice, with both answers."""
        responses, items = self._asking.responses, self._plans["baseline", id(suite)].items
        if self._until is not None:
            return [
                (item.case, suite.read(responses[item.key]), suite.read(responses[self._again[item.key].key]))
                for item in self.planned(suite, "baseline", cases)
                if item.key in self._again
            ]
        again = {bytes.fromhex(key): request.key for key, request in self._again.items()}
        digests = self._plans["baseline", id(suite)].digests()
        twice = [(number, again[key]) for number, key in enumerate(digests) if key in again]
        return [
            (items[number].case, suite.read(responses[items[number].key]), suite.read(responses[key]))
            for number, key in twice
        ]

    def response_to(self, request: Request) -> Response:
        """Return the response to a request that was asked."""
        return self._asking.responses[request.key]

    def read(self, suite: Suite, key: str) -> Response:
        """Return the answer to a request of a suite, by its key."""
        return suite.read(self._asking.responses[key])

    def candidates_answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case, the first of its repeats."""
        return suite.read(self.response_to(next(requests_for(case, suite, self.contenders["candidate"]))))

    @property
    def waited(self) -> Mapping[str, float]:
        """The seconds that each request of this run was waited for, by its key."""
        return self._asking.waited

    def answers(self) -> Iterator[Answer]:
        """Yield everything that both sides answered, each case once, as saved in the run folder.

        Answers of lost cases that were asked again come last; their requests have ``again``.
        """
        for side in self.contenders:
            plans = self._plans_of(side)
            seen: dict[tuple[str, str], Case] = {}
            for plan in plans:
                for case, request in plan.requests():
                    response, known = self._asking.responses.get(request.key), seen.get((request.key, case.id))
                    if response is not None and known != case:
                        cases = plan.suite.digest if known else ""
                        read = plan.suite.read(response)
                        yield Answer(side=side, case=case, request=request, response=read, cases=cases)
                if len(plans) > 1:
                    for item in plan.items:
                        seen.setdefault((item.key, item.case.id), item.case)
        yield from self._asked_again.values()

    def spent(self) -> tuple[tuple[ModelRef, Spent], ...]:
        """Return what each side's answers cost in time and tokens, and the verdicts of each judge, with its model."""
        asked: list[tuple[Party, ModelRef, Iterable[str]]] = [
            (side, contender.model, self._keys_of(side)) for side, contender in self.contenders.items()
        ]
        judged = {key: model for key, model in self._judged.items() if key not in self._asking.left_out}
        asked += [
            ("judge", judge, [key for key, model in judged.items() if model == judge])
            for judge in dict.fromkeys(judged.values())
        ]
        known = self._asking.responses
        return tuple(
            (
                model,
                Spent(
                    party=party,
                    responses=known.each_once(keys),
                    waited=self.waited,
                    kept_at=self._asking.kept_at,
                ),
            )
            for party, model, keys in asked
        )

    def finish(self) -> None:
        """Note that the run has ended; see ``Asking.finish``."""
        self._asking.finish()

    def _rounds(self, suite: Suite, case_ids: Collection[str], askings: int) -> list[dict[Side, Pairs]]:
        """Return the requests of each further asking of cases."""
        cases = [case for case in suite.cases if case.id in case_ids]
        return [
            {
                side: [(case, request) for case in cases for request in requests_again(case, suite, contender, asking)]
                for side, contender in self.contenders.items()
            }
            for asking in range(1, askings + 1)
        ]

    def _questions(self, rounds: Iterable[Mapping[Side, Pairs]]) -> list[Question]:
        """Return the requests of all askings, in the order in which they are asked."""
        batch = [
            (self.contenders[side].engine, request)
            for asked in rounds
            for side, pairs in asked.items()
            for _, request in pairs
        ]
        return sorted(batch, key=lambda one: by_prefix(one[1]))

    def _keys_of(self, side: Side) -> Iterator[str]:
        return (key.hex() for plan in self._plans_of(side) for key in plan.digests())

    def _plans_of(self, side: Side) -> list[Plan]:
        return [plan for (its, _), plan in self._plans.items() if its == side]
