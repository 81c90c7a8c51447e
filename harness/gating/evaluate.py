"""Plan, ask, score, compare: the only place where the path from cases to a comparison is spelled out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.asking.ask import Asking, Question, Watch
from harness.asking.cases import Suite
from harness.asking.noise import by_prefix, choose_again, measure_noise, original
from harness.asking.probe import ProbePlan, judge_probe, plan_probe
from harness.asking.requests import Plan, Planned, plan_of, requests_for, requests_of
from harness.asking.store import Store
from harness.asking.usage import Spent
from harness.records.asked import Case, Contender, Engine, ModelRef, Request, Response, Side
from harness.records.compared import Comparison, Noise, Probe
from harness.records.record import Record
from harness.records.saved import Answer, Judgement, Party
from harness.records.scored import CaseScore, Score, Scorer, Scores
from harness.scorers.failures.causes import with_cause
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe, score_one
from harness.verdicts.compare import compare
from harness.verdicts.compare_quantity import compare_quantity
from harness.verdicts.fingerprint import fingerprint_of_judge, fingerprint_of_side

ScoreAll = Callable[[Sequence[tuple[Case, Response]]], list[Score]]
"""Scores answers to cases, one score for each."""


class Terms(Record, frozen=True, kw_only=True):
    """What holds for all comparisons of two sides.

    ``noise_sample`` is how many of the baseline's requests are asked twice; 0 measures no noise. ``accepted`` names the
    entries of the fingerprint in which the sides may differ.
    """

    noise_sample: int = 0
    accepted: tuple[str, ...] = ()


STRICT = Terms()
"""No noise, no difference."""


class Evaluation:
    """Two sides, a store of answers, and everything asked and scored so far: what the fixtures call."""

    def __init__(
        self, baseline: Contender, candidate: Contender, store: Store, watch: Watch, terms: Terms = STRICT
    ) -> None:
        self._sides: dict[Side, Contender] = {"baseline": baseline, "candidate": candidate}
        self._terms = terms
        self._asking = Asking(store, watch)
        self._plans: dict[tuple[Side, int], Plan] = {}
        """By the id of the suite, which each plan holds."""
        self._again: dict[str, Request] = {}
        self._probing: list[ProbePlan] = []
        self._scored: dict[tuple[Side, str, str, str], Scores] = {}
        self._plain: dict[Score, Score] = {}
        self._facts: dict[tuple[Side, int], dict[str, str]] = {}
        self._verdicts: dict[str, None] = {}
        """Keys of what judges were asked."""

    def ask(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> None:
        """Ask all cases of all suites of both sides, as one stream.

        With them go the baseline's requests that are asked again, to measure noise, and the probes of ``adapters``,
        each given with its base model.

        Raises:
            EngineError: no answers can be had; what came before is in the store.
        """
        planned: dict[Side, list[Request]] = {side: [] for side in self._sides}
        for suite in suites:
            for side, contender in self._sides.items():
                self._plans[side, id(suite)], requests = plan_of(suite, contender)
                planned[side] += requests
        again = choose_again(planned["baseline"], self._terms.noise_sample)
        self._again |= {original(request).key: request for request in again}
        stream: list[Question] = []
        for adapter, base in adapters:
            probe = plan_probe(planned["candidate"], adapter.model, base)
            self._probing.append(probe)
            stream += [(adapter.engine, request) for request in probe.requests]
        both = [(self._sides[side].engine, request) for side, requests in planned.items() for request in requests]
        stream += sorted(both, key=lambda one: by_prefix(one[1]))
        stream += [(self._sides["baseline"].engine, request) for request in again]
        self._asking.fetch(stream)

    def probes(self) -> tuple[Probe, ...]:
        """Return the proof for each probed adapter.

        Raises:
            SilentAdapter: an adapter changes nothing.
            Unmeasured: a probe was not answered, or without log-probabilities.
        """
        return tuple(judge_probe(probe, self._asking.responses) for probe in self._probing)

    def evaluate(self, suite: Suite, scorer: Scorer) -> Comparison:
        """Score both sides' answers to a suite and compare them pair by pair.

        Raises:
            IncomparableRuns: the sides differ in more than the adapter.
            ScorerError: the scorer broke, or gave something that is no score.
        """
        return self._compare_by(suite, scorer, lambda asked: [score_one(scorer, *pair) for pair in asked])

    def measure(self, suite: Suite, quantity: Quantity) -> Comparison:
        """Compare what both sides' answers to a suite took.

        Raises:
            IncomparableRuns: as ``evaluate``.
        """
        fresh = self._asking.waited
        sides = {
            side: self._scores(
                suite, side, quantity, [quantity.read(answer, fresh) for _, answer in self._asked(suite, side)]
            )
            for side in self._sides
        }
        return compare_quantity(quantity, sides["baseline"], sides["candidate"], self._terms.accepted)

    def evaluate_by_judge(self, suite: Suite, judge: Judge, engine: Engine) -> Comparison:
        """Let a judge score both sides' answers through its own engine, and compare them as ``evaluate`` does."""
        return self._compare_by(suite, judge, lambda asked: self._judge(asked, judge, engine))

    def prefer(self, suite: Suite, judge: PairJudge, engine: Engine) -> Comparison:
        """Let a judge choose between both sides' answers, in both orders; a win is (0, 1), a tie (1/2, 1/2).

        Noise is not measured: both answers to a case make one score.
        """
        pairs = [
            (case, baseline, candidate)
            for (case, baseline), (_, candidate) in zip(
                self._asked(suite, "baseline"), self._asked(suite, "candidate"), strict=True
            )
        ]
        questions = [
            () if baseline.error or candidate.error else judge.requests(case, baseline, candidate)
            for case, baseline, candidate in pairs
        ]
        self._ask_judge([request for each in questions for request in each], engine)
        given: dict[Side, list[Score]] = {"baseline": [], "candidate": []}
        for (case, baseline, candidate), each in zip(pairs, questions, strict=True):
            failed = Score(value=None, reason=baseline.error or candidate.error or "")
            both = (
                (failed, failed)
                if failed.reason
                else judge.scores(case, baseline, candidate, [self._asking.responses[request.key] for request in each])
            )
            for side, score in zip(given, both, strict=True):
                given[side].append(score)
        return self._compare({side: self._scores(suite, side, judge, given[side]) for side in self._sides})

    def candidate_answers(self, suite: Suite, case: Case) -> tuple[Response, ...]:
        """Return the candidate's answers to one case, one for each repeat."""
        requests = requests_for(case, suite, self._sides["candidate"])
        return tuple(self._asking.responses[request.key] for request in requests)

    def answers(self) -> Iterator[Answer]:
        """Yield everything that both sides answered, each case once, as the run folder keeps it."""
        for side, contender in self._sides.items():
            plans = self._plans_of(side)
            seen: set[tuple[str, str]] = set()
            for plan in plans:
                for item, (case, request) in zip(plan.items, requests_of(plan.suite, contender), strict=True):
                    response = self._asking.responses.get(item.key)
                    if response is not None and (item.key, case.id) not in seen:
                        yield Answer(side=side, case=case, request=request, response=response)
                if len(plans) > 1:
                    seen |= {(item.key, item.case.id) for item in plan.items}

    def judgements(self) -> Iterator[Judgement]:
        """Yield every score that was given, once, as the run folder keeps it."""
        for (side, *_), scores in self._scored.items():
            for item in scores.items:
                yield Judgement(scorer=scores.scorer, side=side, cases=scores.fingerprint["cases"], item=item)

    def spent(self) -> tuple[Spent, ...]:
        """Return what each side's answers took, and the judge's verdicts where there are any."""
        asked: dict[Party, Iterable[str]] = {
            side: dict.fromkeys(item.key for plan in self._plans_of(side) for item in plan.items)
            for side in self._sides
        }
        if self._verdicts:
            asked["judge"] = self._verdicts
        known = self._asking.responses
        return tuple(
            Spent(party=party, responses=tuple(known[key] for key in keys if key in known), waited=self._asking.waited)
            for party, keys in asked.items()
        )

    def _plans_of(self, side: Side) -> list[Plan]:
        return [plan for (its, _), plan in self._plans.items() if its == side]

    def _plan(self, suite: Suite, side: Side) -> tuple[Planned, ...]:
        return self._plans[side, id(suite)].items

    def _asked(self, suite: Suite, side: Side) -> list[tuple[Case, Response]]:
        return [(item.case, self._asking.responses[item.key]) for item in self._plan(suite, side)]

    def _compare_by(self, suite: Suite, scorer: object, score_all: ScoreAll) -> Comparison:
        scores = {side: self._scores(suite, side, scorer, score_all(self._asked(suite, side))) for side in self._sides}
        return self._compare(scores, self._noise(suite, score_all))

    def _scores(self, suite: Suite, side: Side, scorer: object, given: Sequence[Score]) -> Scores:
        contender, name = self._sides[side], describe(scorer)
        items = (
            CaseScore(
                case_id=item.case.id,
                group=item.case.group,
                tags=item.case.tags,
                repeat=item.repeat,
                request_key=item.key,
                score=score if score.reason else self._plain.setdefault(score, score),  # most are alike
            )
            for item, score in zip(self._plan(suite, side), given, strict=True)
        )
        return Scores(
            scorer=name, model=contender.model, fingerprint=self._fingerprint(suite, side, scorer), items=tuple(items)
        )

    def _fingerprint(self, suite: Suite, side: Side, scorer: object) -> dict[str, str]:
        known = self._facts.get((side, id(suite)))
        if known is None:
            known = fingerprint_of_side(suite, self._sides[side])
            self._facts[side, id(suite)] = known
        facts = {**known, "scorer": describe(scorer)}
        if isinstance(scorer, Judge | PairJudge):
            facts |= fingerprint_of_judge(scorer.rubric, scorer.model, scorer.engine_identity)
        return facts

    def _noise(self, suite: Suite, score_all: ScoreAll) -> Noise | None:
        twice = [
            (item.case, self._asking.responses[item.key], self._asking.responses[self._again[item.key].key])
            for item in self._plan(suite, "baseline")
            if item.key in self._again
        ]
        first = score_all([(case, response) for case, response, _ in twice])
        second = score_all([(case, response) for case, _, response in twice])
        return measure_noise([pair[1:] for pair in twice], list(zip(first, second, strict=True)))

    def _judge(self, asked: Sequence[tuple[Case, Response]], judge: Judge, engine: Engine) -> list[Score]:
        questions = [() if answer.error is not None else judge.requests(case, answer) for case, answer in asked]
        self._ask_judge([request for each in questions for request in each], engine)
        return [
            Score(value=None, reason=answer.error)
            if answer.error is not None
            else with_cause(
                case, answer, judge.score(case, answer, [self._asking.responses[request.key] for request in each])
            )
            for (case, answer), each in zip(asked, questions, strict=True)
        ]

    def _ask_judge(self, requests: Sequence[Request], engine: Engine) -> None:
        self._verdicts |= dict.fromkeys(request.key for request in requests)
        self._asking.fetch([(engine, request) for request in requests])

    def _compare(self, scores: Mapping[Side, Scores], noise: Noise | None = None) -> Comparison:
        for side, given in scores.items():
            self._scored[side, given.scorer, given.fingerprint["cases"], given.fingerprint["sampling"]] = given
        compared = compare(scores["baseline"], scores["candidate"], self._terms.accepted)
        return msgspec.structs.replace(compared, noise=noise)
