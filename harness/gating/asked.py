"""Both contenders' answers to the planned suites: asked once, as one stream, with the noise sample and the probes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.asking.answers import answers_of
from harness.asking.ask import Asking
from harness.asking.cases import Suite
from harness.asking.left import Question
from harness.asking.probe import judge_probe
from harness.asking.requests import requests_for
from harness.asking.usage import Spent
from harness.gating.judge_calls import case_by_case
from harness.gating.lost_cases import LostCases
from harness.gating.plans import Plans
from harness.gating.until_decided.batches import Batches
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Side
from harness.records.compared import Probe
from harness.records.engine import Contender
from harness.records.parties import Party
from harness.records.saved import Answer


class Asked:
    """The contenders, what was planned for each, and every response so far.

    ``noise_sample`` and ``batches`` are as for ``Plans``. ``asking`` can be that of other candidates too: what they
    share is asked once. ``fetch_judged`` is what fetches judges' replies; unset, ``asking`` does.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        baseline: Contender,
        candidate: Contender,
        asking: Asking,
        noise_sample: int = 0,
        fetch_judged: Callable[[Sequence[Question]], None] | None = None,
        batches: Batches | None = None,
    ) -> None:
        self.contenders: dict[Side, Contender] = {"baseline": baseline, "candidate": candidate}
        self.plans = Plans(self.contenders, noise_sample, batches)
        self.lost = LostCases(self.contenders, asking)
        self._asking = asking
        self._in_order = batches is None
        self._fetch_judged = fetch_judged or asking.fetch
        self._judged: dict[str, ModelRef] = {}
        """What judges were asked, by key: which model."""

    def ask(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> None:
        """Ask what is planned, as one stream; see ``Plans.plan``.

        Raises:
            EngineError: no more answers can be had; those that came before are in the store.
        """
        self._asking.fetch(self.plans.plan(suites, adapters))

    def fetch(self, suite: Suite, cases: Sequence[Case]) -> None:
        """Ask both sides some cases of a suite, as far as that was not done.

        Raises:
            EngineError: no more answers can be had.
        """
        self._asking.fetch(self.plans.questions_of(suite, cases))

    def answered_cases(self, suite: Suite) -> int:
        """Return how many cases of a suite both sides were asked."""
        known = self._asking.responses
        sides = [
            {item.case.id for item in self.plans.of(suite, side).items if item.key in known} for side in self.contenders
        ]
        return len(set.intersection(*sides))

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
        return tuple(judge_probe(probe, self._asking.responses) for probe in self.plans.probing)

    def answers_to(self, suite: Suite, side: Side, cases: int | None = None) -> Sequence[tuple[Case, Response]]:
        """Return each case of a suite with each of one side's answers; where they are many, not in memory.

        ``cases`` is as for ``Plans.items``.
        """
        responses = self._asking.responses
        if self._in_order:
            return answers_of(self.plans.of(suite, side), responses)
        return [(item.case, suite.read(responses[item.key])) for item in self.plans.items(suite, side, cases)]

    def answered_twice(self, suite: Suite, cases: int | None = None) -> list[tuple[Case, Response, Response]]:
        """Return the cases of a suite that the baseline was asked twice, with both answers."""
        responses = self._asking.responses
        return [
            (item.case, suite.read(responses[item.key]), suite.read(responses[key]))
            for item, key in self.plans.twice(suite, cases)
        ]

    def read(self, suite: Suite, key: str) -> Response:
        """Return the answer to a request of a suite, by its key."""
        return suite.read(self._asking.responses[key])

    def candidates_answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to one case, the first of its repeats."""
        return suite.read(self._asking.responses[next(requests_for(case, suite, self.contenders["candidate"])).key])

    @property
    def waited(self) -> Mapping[str, float]:
        """The seconds that each request of this run was waited for, by its key."""
        return self._asking.waited

    def answers(self) -> Iterator[Answer]:
        """Yield everything that both sides answered, each case once, as saved in the run folder.

        Answers of lost cases that were asked again come last; their requests have ``again``.
        """
        for side in self.contenders:
            plans = self.plans.all_of(side)
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
        yield from self.lost.answers()

    def spent(self) -> tuple[tuple[ModelRef, Spent], ...]:
        """Return what each side's answers cost in time and tokens, and the verdicts of each judge, with its model."""
        asked: list[tuple[Party, ModelRef, Iterable[str]]] = [
            (side, contender.model, self.plans.keys_of(side)) for side, contender in self.contenders.items()
        ]
        judged = {key: model for key, model in self._judged.items() if key not in self._asking.left_out}
        asked += [
            ("judge", judge, [key for key, model in judged.items() if model == judge])
            for judge in dict.fromkeys(judged.values())
        ]
        took, kept_at = self._asking.responses.took, self._asking.kept_at
        return tuple((model, Spent(party=party, took=took(keys, kept_at))) for party, model, keys in asked)

    def finish(self) -> None:
        """Note that the run has ended; see ``Asking.finish``."""
        self._asking.finish()
