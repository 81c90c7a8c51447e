"""Plan, ask, score, compare: the only place where the path from cases to a comparison is spelled out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.cases import Suite
from harness.compare import compare
from harness.errors import EngineError, HarnessError, ScorerError
from harness.judge import Judge, PairJudge
from harness.records import (
    Answer,
    Case,
    CaseScore,
    Comparison,
    Contender,
    Engine,
    Judgement,
    Request,
    Response,
    Score,
    Scorer,
    Scores,
    Side,
)
from harness.store import Store

Watch = Callable[[Iterator[Response], int], Iterator[Response]]
"""Passes a stream of responses through and shows how far it is; the number is how many will come."""


class Evaluation:
    """Two sides, a store of answers, and everything asked and scored so far: what the fixtures call.

    ``answers`` and ``judgements`` grow in the order of the work; they become the run folder.
    """

    def __init__(self, baseline: Contender, candidate: Contender, store: Store, watch: Watch) -> None:
        self.answers: dict[tuple[Side, str], Answer] = {}
        self.judgements: list[Judgement] = []
        self._sides: dict[Side, Contender] = {"baseline": baseline, "candidate": candidate}
        self._store = store
        self._watch = watch
        self._responses: dict[str, Response] = {}

    def ask(self, suites: Iterable[Suite]) -> None:
        """Ask all cases of all suites of both sides, as one stream for each engine.

        Raises:
            EngineError: no answers can be had; what came before is in the store.
        """
        chosen = list(suites)
        asked: list[tuple[Side, Case, Request]] = [
            (side, case, request)
            for side, contender in self._sides.items()
            for suite in chosen
            for case, request in plan(suite, contender)
        ]
        for engine in _distinct(contender.engine for contender in self._sides.values()):
            self._fetch([request for side, _, request in asked if self._sides[side].engine is engine], engine)
        for side, case, request in asked:
            response = self._responses[request.key]
            self.answers[side, request.key + case.id] = Answer(side=side, case=case, request=request, response=response)

    def evaluate(self, suite: Suite, scorer: Scorer) -> Comparison:
        """Score both sides' answers to a suite and compare them pair by pair.

        Raises:
            IncomparableRuns: the sides differ in more than the adapter.
            ScorerError: the scorer broke, or gave something that is no score.
        """
        return self._compare(
            {
                side: self._scores(suite, side, scorer, [score_one(scorer, case, answer) for case, _, answer in asked])
                for side in self._sides
                for asked in [self._asked(suite, side)]
            }
        )

    def evaluate_by_judge(self, suite: Suite, judge: Judge, engine: Engine) -> Comparison:
        """Let a judge score both sides' answers through its own engine, and compare them as ``evaluate`` does."""
        return self._compare(
            {
                side: self._scores(suite, side, judge, self._judge(self._asked(suite, side), judge, engine))
                for side in self._sides
            }
        )

    def prefer(self, suite: Suite, judge: PairJudge, engine: Engine) -> Comparison:
        """Let a judge choose between both sides' answers, in both orders; a win is (0, 1), a tie (1/2, 1/2)."""
        pairs = [
            (case, baseline, candidate)
            for (case, _, baseline), (_, _, candidate) in zip(
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

    def _asked(self, suite: Suite, side: Side) -> list[tuple[Case, Request, Response]]:
        return [(case, request, self._responses[request.key]) for case, request in plan(suite, self._sides[side])]

    def _scores(self, suite: Suite, side: Side, scorer: object, given: Sequence[Score]) -> Scores:
        contender, name = self._sides[side], describe(scorer)
        items = (
            CaseScore(case_id=case.id, group=case.group, repeat=request.repeat, request_key=request.key, score=score)
            for (case, request), score in zip(plan(suite, contender), given, strict=True)
        )
        return Scores(
            scorer=name, model=contender.model, fingerprint=fingerprint(suite, contender, name), items=tuple(items)
        )

    def _judge(self, asked: Sequence[tuple[Case, Request, Response]], judge: Judge, engine: Engine) -> list[Score]:
        questions = [() if answer.error is not None else judge.requests(case, answer) for case, _, answer in asked]
        self._fetch([request for each in questions for request in each], engine)
        return [
            Score(value=None, reason=answer.error)
            if answer.error is not None
            else judge.score(case, answer, [self._responses[request.key] for request in each])
            for (case, _, answer), each in zip(asked, questions, strict=True)
        ]

    def _compare(self, scores: Mapping[Side, Scores]) -> Comparison:
        self.judgements += [
            Judgement(scorer=given.scorer, side=side, cases=given.fingerprint["cases"], item=item)
            for side, given in scores.items()
            for item in given.items
        ]
        return compare(scores["baseline"], scores["candidate"])

    def _fetch(self, requests: Sequence[Request], engine: Engine) -> None:
        """Put a response to each request into ``_responses``: from the store, else from the engine."""
        wanted = {request.key: request for request in requests}
        missing = [key for key in wanted if key not in self._responses]
        self._responses |= self._store.find(missing)
        unanswered = {key: wanted[key] for key in missing if key not in self._responses}
        if not unanswered:
            return
        for response in self._watch(engine.generate(tuple(unanswered.values())), len(unanswered)):
            if response.request_key not in unanswered:
                raise EngineError(f"{engine.identity} answered a request that was not asked: {response.request_key}")
            self._store.keep(response)
            self._responses[response.request_key] = response
            del unanswered[response.request_key]
        for key in unanswered:
            self._responses[key] = Response(request_key=key, error="the engine gave no response")


def plan(suite: Suite, contender: Contender) -> Iterator[tuple[Case, Request]]:
    """Yield each case with each request that its sampling calls for."""
    for case in suite.cases:
        for request in requests_of(case, suite, contender):
            yield case, request


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
