"""Plan, ask, score, compare: the only place where the path from cases to a comparison is spelled out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.cases import Suite
from harness.compare import compare
from harness.errors import EngineError, HarnessError, ScorerError
from harness.judge import Judge, PairJudge
from harness.noise import by_prefix, choose_again, measure_noise, original
from harness.probe import ProbePlan, judge_probe, plan_probe
from harness.records import (
    Case,
    CaseScore,
    Comparison,
    Contender,
    Engine,
    ModelRef,
    Noise,
    Probe,
    Request,
    Response,
    Score,
    Scorer,
    Scores,
    Side,
)
from harness.run_records import Answer, Judgement
from harness.store import Keeper, Store

Watch = Callable[[Iterator[Response], int], Iterator[Response]]
"""Passes a stream of responses through and shows how far it is; the number is how many will come."""

Plan = tuple[tuple[Case, Request], ...]
"""Each case of a suite with each of its requests to one side, in the order of the file."""

ScoreAll = Callable[[Sequence[tuple[Case, Response]]], list[Score]]
"""Scores answers to cases, one score for each."""


class Evaluation:
    """Two sides, a store of answers, and everything asked and scored so far: what the fixtures call.

    ``noise_sample`` is how many of the baseline's requests are asked twice; 0 measures no noise.
    """

    def __init__(
        self, baseline: Contender, candidate: Contender, store: Store, watch: Watch, noise_sample: int = 0
    ) -> None:
        self._sides: dict[Side, Contender] = {"baseline": baseline, "candidate": candidate}
        self._store = store
        self._watch = watch
        self._noise_sample = noise_sample
        self._suites: list[Suite] = []
        self._plans: dict[tuple[Side, int], Plan] = {}
        self._responses: dict[str, Response] = {}
        self._again: dict[str, Request] = {}
        self._probing: list[ProbePlan] = []
        self._scored: dict[tuple[Side, str, str, str], Scores] = {}
        self._plain: dict[Score, Score] = {}

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
        again = choose_again(planned["baseline"], self._noise_sample)
        self._again |= {original(request).key: request for request in again}
        stream: list[tuple[Engine, Request]] = []
        for adapter, base in adapters:
            probe = plan_probe(planned["candidate"], adapter.model, base)
            self._probing.append(probe)
            stream += [(adapter.engine, request) for request in probe.requests]
        for side, requests in planned.items():
            stream += [(self._sides[side].engine, request) for request in sorted(requests, key=by_prefix)]
        stream += [(self._sides["baseline"].engine, request) for request in again]
        for engine in _distinct(engine for engine, _ in stream):
            self._fetch([request for one, request in stream if one is engine], engine)

    def probes(self) -> tuple[Probe, ...]:
        """Return the proof for each probed adapter.

        Raises:
            SilentAdapter: an adapter changes nothing.
            Unmeasured: a probe was not answered, or without log-probabilities.
        """
        return tuple(judge_probe(probe, self._responses) for probe in self._probing)

    def evaluate(self, suite: Suite, scorer: Scorer) -> Comparison:
        """Score both sides' answers to a suite and compare them pair by pair.

        Raises:
            IncomparableRuns: the sides differ in more than the adapter.
            ScorerError: the scorer broke, or gave something that is no score.
        """
        return self._compare_by(suite, scorer, lambda asked: [score_one(scorer, *pair) for pair in asked])

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
        self._fetch([request for each in questions for request in each], engine)
        given: dict[Side, list[Score]] = {"baseline": [], "candidate": []}
        for (case, baseline, candidate), each in zip(pairs, questions, strict=True):
            failed = Score(value=None, reason=baseline.error or candidate.error or "")
            both = (
                (failed, failed)
                if failed.reason
                else judge.scores(case, baseline, candidate, [self._responses[request.key] for request in each])
            )
            for side, score in zip(given, both, strict=True):
                given[side].append(score)
        return self._compare({side: self._scores(suite, side, judge, given[side]) for side in self._sides})

    def candidate_answers(self, suite: Suite, case: Case) -> tuple[Response, ...]:
        """Return the candidate's answers to one case, one for each repeat."""
        return tuple(self._responses[request.key] for request in requests_of(case, suite, self._sides["candidate"]))

    def answers(self) -> Iterator[Answer]:
        """Yield everything that both sides answered, each case once, as the run folder keeps it."""
        for number, ((side, _), plan) in enumerate(self._plans.items()):
            earlier = [other for (its_side, _), other in list(self._plans.items())[:number] if its_side == side]
            seen = {(request.key, case.id) for other in earlier for case, request in other}
            for case, request in plan:
                response = self._responses.get(request.key)
                if response is not None and (request.key, case.id) not in seen:
                    yield Answer(side=side, case=case, request=request, response=response)

    def judgements(self) -> Iterator[Judgement]:
        """Yield every score that was given, once, as the run folder keeps it."""
        for (side, *_), scores in self._scored.items():
            for item in scores.items:
                yield Judgement(scorer=scores.scorer, side=side, cases=scores.fingerprint["cases"], item=item)

    def _plan(self, suite: Suite, side: Side) -> Plan:
        known = self._plans.get((side, id(suite)))
        if known is None:
            contender = self._sides[side]
            known = tuple((case, request) for case in suite.cases for request in requests_of(case, suite, contender))
            self._plans[side, id(suite)] = known
            self._suites.append(suite)  # which keeps its id from being given to another
        return known

    def _asked(self, suite: Suite, side: Side) -> list[tuple[Case, Response]]:
        return [(case, self._responses[request.key]) for case, request in self._plan(suite, side)]

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
            scorer=name, model=contender.model, fingerprint=fingerprint(suite, contender, name), items=tuple(items)
        )

    def _noise(self, suite: Suite, score_all: ScoreAll) -> Noise | None:
        twice = [
            (case, self._responses[request.key], self._responses[self._again[request.key].key])
            for case, request in self._plan(suite, "baseline")
            if request.key in self._again
        ]
        first = score_all([(case, response) for case, response, _ in twice])
        second = score_all([(case, response) for case, _, response in twice])
        return measure_noise([pair[1:] for pair in twice], list(zip(first, second, strict=True)))

    def _judge(self, asked: Sequence[tuple[Case, Response]], judge: Judge, engine: Engine) -> list[Score]:
        questions = [() if answer.error is not None else judge.requests(case, answer) for case, answer in asked]
        self._fetch([request for each in questions for request in each], engine)
        return [
            Score(value=None, reason=answer.error)
            if answer.error is not None
            else judge.score(case, answer, [self._responses[request.key] for request in each])
            for (case, answer), each in zip(asked, questions, strict=True)
        ]

    def _compare(self, scores: Mapping[Side, Scores], noise: Noise | None = None) -> Comparison:
        for side, given in scores.items():
            self._scored[side, given.scorer, given.fingerprint["cases"], given.fingerprint["sampling"]] = given
        return msgspec.structs.replace(compare(scores["baseline"], scores["candidate"]), noise=noise)

    def _fetch(self, requests: Sequence[Request], engine: Engine) -> None:
        """Put a response to each request into ``_responses``: from the store, else from the engine."""
        wanted = {request.key: request for request in requests if request.key not in self._responses}
        self._responses |= self._store.find(wanted)
        unanswered = {key: request for key, request in wanted.items() if key not in self._responses}
        if not unanswered:
            return
        with Keeper(self._store) as keeper:
            for response in self._watch(engine.generate(tuple(unanswered.values())), len(unanswered)):
                request = unanswered.pop(response.request_key, None)
                if request is None:
                    raise EngineError(
                        f"{engine.identity} answered a request that was not asked: {response.request_key}"
                    )
                keeper.put(request, response)
                self._responses[response.request_key] = response
        for key in unanswered:
            self._responses[key] = Response(request_key=key, error="the engine gave no response")


def requests_of(case: Case, suite: Suite, contender: Contender) -> Iterator[Request]:
    """Yield the requests for one case, one for each repeat."""
    for repeat in range(suite.sampling.repeats):
        yield Request(
            case_id=case.id,
            model=contender.model,
            engine=contender.engine.identity,
            messages=case.messages,
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
        return given
    if isinstance(given, bool | int | float) and 0 <= given <= 1:
        return Score(value=float(given))
    raise ScorerError(
        f"{describe(scorer)} gave {given!r} for case {case.id!r}; a Score, or a number in [0, 1], is needed"
    )


def describe(scorer: object) -> str:
    """Name a scorer fully: its repr, or where a plain function is defined."""
    name = getattr(scorer, "__qualname__", None)
    return f"{name}()" if name else repr(scorer)


def fingerprint(suite: Suite, contender: Contender, scorer: str) -> dict[str, str]:
    """Return what must agree between two sides before their scores are compared."""
    return {
        "cases": suite.digest,
        "sampling": msgspec.json.encode(suite.sampling, order="sorted").decode(),
        "scorer": scorer,
        "base model": contender.model.base_digest,
        "chat template": contender.model.template_digest,
        "engine": contender.engine.identity,
    }


def _distinct(engines: Iterable[Engine]) -> list[Engine]:
    return list({id(engine): engine for engine in engines}.values())
