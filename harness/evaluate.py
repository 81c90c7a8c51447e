"""Plan, ask, score, compare: the only place where the path from cases to a comparison is spelled out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.asking import Asking, Watch
from harness.cases import Suite
from harness.compare import compare
from harness.errors import HarnessError, ScorerError
from harness.fingerprint import fingerprint_of_judge, fingerprint_of_side
from harness.judge import Judge, PairJudge
from harness.noise import by_prefix, choose_again, measure_noise, original
from harness.probe import ProbePlan, judge_probe, plan_probe
from harness.quantities import Quantity, compare_quantity
from harness.records import (
    Case,
    CaseScore,
    Comparison,
    Contender,
    Engine,
    ModelRef,
    Noise,
    Probe,
    Record,
    Request,
    Response,
    Score,
    Scorer,
    Scores,
    Side,
)
from harness.run_records import Answer, Judgement, Party
from harness.scorers.failures import with_cause
from harness.store import Store
from harness.usage import Spent

Plan = tuple[tuple[Case, Request], ...]
"""Each case of a suite with each of its requests to one side, in the order of the file."""

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
        self._suites: list[Suite] = []
        self._plans: dict[tuple[Side, int], Plan] = {}
        self._again: dict[str, Request] = {}
        self._probing: list[ProbePlan] = []
        self._scored: dict[tuple[Side, str, str, str], Scores] = {}
        self._plain: dict[Score, Score] = {}
        self._facts: dict[tuple[Side, int], dict[str, str]] = {}
        self._verdicts: dict[str, None] = {}
        """Keys of what judges were asked."""

    def ask(self, suites: Iterable[Suite], adapters: Sequence[tuple[Contender, ModelRef]] = ()) -> None:
        """Ask all cases of all suites of both sides, as one stream for each engine.

        With them go the baseline's requests that are asked again, to measure noise, and the probes of ``adapters``,
        each given with its base model.

        Raises:
            EngineError: no answers can be had; what came before is in the store.
        """
        planned = {
            side: [request for suite in suites for _, request in self._plan(suite, side)] for side in self._sides
        }
        again = choose_again(planned["baseline"], self._terms.noise_sample)
        self._again |= {original(request).key: request for request in again}
        stream: list[tuple[Engine, Request]] = []
        for adapter, base in adapters:
            probe = plan_probe(planned["candidate"], adapter.model, base)
            self._probing.append(probe)
            stream += [(adapter.engine, request) for request in probe.requests]
        both = [(self._sides[side].engine, request) for side, requests in planned.items() for request in requests]
        stream += sorted(both, key=lambda one: by_prefix(one[1]))
        stream += [(self._sides["baseline"].engine, request) for request in again]
        for engine in _distinct(engine for engine, _ in stream):
            self._asking.fetch([request for one, request in stream if one is engine], engine)

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
        return tuple(
            self._asking.responses[request.key] for request in requests_of(case, suite, self._sides["candidate"])
        )

    def answers(self) -> Iterator[Answer]:
        """Yield everything that both sides answered, each case once, as the run folder keeps it."""
        for number, ((side, _), plan) in enumerate(self._plans.items()):
            earlier = [other for (its_side, _), other in list(self._plans.items())[:number] if its_side == side]
            seen = {(request.key, case.id) for other in earlier for case, request in other}
            for case, request in plan:
                response = self._asking.responses.get(request.key)
                if response is not None and (request.key, case.id) not in seen:
                    yield Answer(side=side, case=case, request=request, response=response)

    def judgements(self) -> Iterator[Judgement]:
        """Yield every score that was given, once, as the run folder keeps it."""
        for (side, *_), scores in self._scored.items():
            for item in scores.items:
                yield Judgement(scorer=scores.scorer, side=side, cases=scores.fingerprint["cases"], item=item)

    def spent(self) -> tuple[Spent, ...]:
        """Return what each side's answers took, and the judge's verdicts where there are any."""
        asked: dict[Party, Iterable[str]] = {
            side: dict.fromkeys(
                request.key for (its, _), plan in self._plans.items() if its == side for _, request in plan
            )
            for side in self._sides
        }
        if self._verdicts:
            asked["judge"] = self._verdicts
        known = self._asking.responses
        return tuple(
            Spent(party=party, responses=tuple(known[key] for key in keys if key in known), waited=self._asking.waited)
            for party, keys in asked.items()
        )

    def _plan(self, suite: Suite, side: Side) -> Plan:
        known = self._plans.get((side, id(suite)))
        if known is None:
            contender = self._sides[side]
            known = tuple((case, request) for case in suite.cases for request in requests_of(case, suite, contender))
            self._plans[side, id(suite)] = known
            self._suites.append(suite)  # which keeps its id from being given to another
        return known

    def _asked(self, suite: Suite, side: Side) -> list[tuple[Case, Response]]:
        return [(case, self._asking.responses[request.key]) for case, request in self._plan(suite, side)]

    def _compare_by(self, suite: Suite, scorer: object, score_all: ScoreAll) -> Comparison:
        scores = {side: self._scores(suite, side, scorer, score_all(self._asked(suite, side))) for side in self._sides}
        return self._compare(scores, self._noise(suite, score_all))

    def _scores(self, suite: Suite, side: Side, scorer: object, given: Sequence[Score]) -> Scores:
        contender, name = self._sides[side], describe(scorer)
        items = (
            CaseScore(
                case_id=case.id,
                group=case.group,
                tags=case.tags,
                repeat=request.repeat,
                request_key=request.key,
                score=score if score.reason else self._plain.setdefault(score, score),  # most are alike
            )
            for (case, request), score in zip(self._plan(suite, side), given, strict=True)
        )
        return Scores(
            scorer=name, model=contender.model, fingerprint=self._fingerprint(suite, side, scorer), items=tuple(items)
        )

    def _fingerprint(self, suite: Suite, side: Side, scorer: object) -> dict[str, str]:
        known = self._facts.get((side, id(suite)))
        if known is None:
            known = fingerprint_of_side(suite, self._sides[side], self._plan(suite, side))
            self._facts[side, id(suite)] = known
        facts = {**known, "scorer": describe(scorer)}
        if isinstance(scorer, Judge | PairJudge):
            facts |= fingerprint_of_judge(scorer.rubric, scorer.model, scorer.engine_identity)
        return facts

    def _noise(self, suite: Suite, score_all: ScoreAll) -> Noise | None:
        twice = [
            (case, self._asking.responses[request.key], self._asking.responses[self._again[request.key].key])
            for case, request in self._plan(suite, "baseline")
            if request.key in self._again
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
        self._asking.fetch(requests, engine)

    def _compare(self, scores: Mapping[Side, Scores], noise: Noise | None = None) -> Comparison:
        for side, given in scores.items():
            self._scored[side, given.scorer, given.fingerprint["cases"], given.fingerprint["sampling"]] = given
        compared = compare(scores["baseline"], scores["candidate"], self._terms.accepted)
        return msgspec.structs.replace(compared, noise=noise)


def requests_of(case: Case, suite: Suite, contender: Contender) -> Iterator[Request]:
    """Yield the requests for one case, one for each repeat."""
    messages = suite.messages_for(case, contender.model)
    for repeat in range(suite.sampling.repeats):
        yield Request(
            case_id=case.id,
            model=contender.model,
            engine=contender.engine.identity,
            messages=messages,
            sampling=suite.sampling,
            repeat=repeat,
        )


def score_one(scorer: Scorer, case: Case, response: Response) -> Score:
    """Score one answer; a failed call is unscored without asking the scorer, and a broken scorer is no score.

    Raises:
        ScorerError: the scorer raised, or gave neither a Score nor a number in [0, 1] nor a truth value.
    """
    if response.error is not None:
        return Score(value=None, reason=response.error)
    try:
        given: object = scorer(case, response)
    except HarnessError:
        raise
    except Exception as problem:
        raise ScorerError(
            f"{describe(scorer)} broke on case {case.id!r}: {type(problem).__name__}: {problem}"
        ) from problem
    if isinstance(given, Score):
        return with_cause(case, response, given)
    if isinstance(given, bool | int | float) and 0 <= given <= 1:
        return with_cause(case, response, Score(value=float(given)))
    raise ScorerError(
        f"{describe(scorer)} gave {given!r} for case {case.id!r}; a Score, or a number in [0, 1], is needed"
    )


def describe(scorer: object) -> str:
    """Name a scorer fully: its repr, or where a plain function is defined."""
    name = getattr(scorer, "__qualname__", None)
    return f"{name}()" if name else repr(scorer)


def _distinct(engines: Iterable[Engine]) -> list[Engine]:
    return list({id(engine): engine for engine in engines}.values())
