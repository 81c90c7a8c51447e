"""A rubric and a judge model as a scorer: what to ask of the judge, and what its verdicts mean.

The judge itself is asked elsewhere, so that its calls are stored, counted and repeated like any other request.
"""

from collections.abc import Sequence
from functools import partial

from harness.errors import RubricError, ScorerError
from harness.records.asked import AS_IS, Case, Message, ModelRef, Rendering, Request, Response, Sampling
from harness.records.record import Record, digest
from harness.records.scored import Rubric, Score
from harness.scorers.judges.preferred import both, outcome, pair_scores
from harness.scorers.judges.prompt import judge_messages, pair_messages
from harness.scorers.judges.reply import (
    answer_format,
    mean_score,
    read_preference,
    read_score,
    unreadable,
    without_verdict,
)
from harness.scorers.judges.said import material_of
from harness.scorers.judges.scale import calls_of, criteria_of, known_criterion

SHOWN = 12
"""Characters of a digest in a judge's identity."""


class Judge(Record, frozen=True):
    """Scores one answer on a rubric's scale; of several criteria by ``criterion``, or by their mean."""

    rubric: Rubric
    model: ModelRef
    engine_identity: str
    max_tokens: int
    rendering: Rendering = Rendering()
    criterion: str = ""

    def __post_init__(self) -> None:
        """Refuse a pairwise rubric, and a criterion that the rubric doesn't have."""
        known_criterion(self.rubric, self.criterion)
        if self.rubric.kind != "scale":
            raise RubricError(f"rubric {self.rubric.id!r} is pairwise; use prefer({self.rubric.id!r}) in the suite")

    def __repr__(self) -> str:
        """Name the judge fully: this is part of a comparison's fingerprint."""
        return f"judge({_name(self)})"

    def requests(self, case: Case, response: Response) -> tuple[Request, ...]:
        """Return what to ask of the judge: nothing when there is no answer to read."""
        if response.error is not None or response.is_empty:
            return ()
        return tuple(
            _request(self, case, asked, judge_messages(asked, case, response))
            for asked in calls_of(self.rubric, self.criterion)
        )

    def score(self, case: Case, response: Response, verdicts: Sequence[Response]) -> Score:
        """Return the score of an answer, given the responses to ``requests`` in any order.

        An empty answer has the lowest level. A failed call and an unreadable verdict are unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        if response.error is not None:
            return _unanswered(response.error)
        if response.is_empty:
            return Score(value=0.0, reason="empty answer", category="empty answer")
        said = _in_order(self, self.requests(case, response), verdicts)
        read = partial(material_of, case, response)
        found = {
            next(iter(criteria_of(asked)), ""): _no_verdict(verdict, self.max_tokens)
            or read_score(asked, verdict.text, self.criterion, read)
            for asked, verdict in zip(calls_of(self.rubric, self.criterion), said, strict=True)
        }
        return mean_score(found)


class PairJudge(Record, frozen=True):
    """Prefers one of two answers, asked in both orders, so that a preference for a position cancels out."""

    rubric: Rubric
    model: ModelRef
    engine_identity: str
    max_tokens: int
    rendering: Rendering = Rendering()

    def __post_init__(self) -> None:
        """Refuse a rubric with a scale."""
        if self.rubric.kind != "pairwise":
            raise RubricError(f"rubric {self.rubric.id!r} has a scale; use judge({self.rubric.id!r}) in the suite")

    def __repr__(self) -> str:
        """Name the judge fully: this is part of a comparison's fingerprint."""
        return f"prefer({_name(self)})"

    def requests(self, case: Case, baseline: Response, candidate: Response) -> tuple[Request, ...]:
        """Return both orders, the baseline's answer first in the first; nothing when no judge is needed."""
        if _without_asking(baseline, candidate) is not None:
            return ()
        return (
            _request(self, case, self.rubric, pair_messages(self.rubric, case, baseline, candidate)),
            _request(self, case, self.rubric, pair_messages(self.rubric, case, candidate, baseline)),
        )

    def scores(
        self, case: Case, baseline: Response, candidate: Response, verdicts: Sequence[Response]
    ) -> tuple[Score, Score]:
        """Return the baseline's and the candidate's score, given the responses to ``requests`` in any order.

        The preferred answer gets 1 and the other 0, of five verdicts 3/4 and 1/4 where it is not better by far; a tie
        gives 1/2 to both. Orders that disagree are a tie.
        One failed or unreadable order leaves both unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        known = _without_asking(baseline, candidate)
        if known is not None:
            return known
        read = partial(material_of, case, baseline, candidate)
        found: list[float] = []
        for verdict in _in_order(self, self.requests(case, baseline, candidate), verdicts):
            if missing := _no_verdict(verdict, self.max_tokens):
                return both(missing)
            preferred = read_preference(self.rubric, verdict.text, read)
            if preferred is None:
                return both(unreadable("unreadable verdict", verdict.text))
            found.append(preferred)
        return pair_scores(*found)


def judge_identity(judge: Judge | PairJudge) -> str:
    """Return what a check of a judge holds for: its model, as far as that is known, and how the model is asked.

    It has no address, no setting of an engine, and no word of the rubric, whose digest stands beside it.
    """
    return identity_of(judge.model, judge.rendering)


def identity_of(model: ModelRef, rendering: Rendering = AS_IS) -> str:
    """Return a model's own name and, where its weights are known, the start of their digest.

    A template or arguments of its own change what it says, and so are part of it.

    >>> identity_of(ModelRef(base="hosted", base_digest="hosted", template_digest="hosted", adapter="gpt-5-mini"))
    'gpt-5-mini'
    """
    known = [] if model.is_hosted and not model.known_digest else [digest(model.weights)[:SHOWN]]
    asked = [] if rendering == AS_IS else [f"asked as {digest(rendering)[:SHOWN]}"]
    return ", ".join([" ".join([model.own_name, *known]), *asked])


def _name(judge: Judge | PairJudge) -> str:
    rubric = judge.rubric
    criterion = f" {judge.criterion!r}" if isinstance(judge, Judge) and judge.criterion else ""
    return f"{rubric.id!r}{criterion} v{rubric.version} {rubric.digest[:8]} by {judge.model.name}"


def _request(judge: Judge | PairJudge, case: Case, asked: Rubric, messages: tuple[Message, ...]) -> Request:
    sampling = Sampling(max_tokens=judge.max_tokens, response_format=answer_format(asked))
    return Request(
        case_id=case.id,
        model=judge.model,
        engine=judge.engine_identity,
        messages=messages,
        sampling=sampling,
        rendering=judge.rendering,
    )


def _in_order(
    judge: Judge | PairJudge, requests: tuple[Request, ...], verdicts: Sequence[Response]
) -> tuple[Response, ...]:
    """Return the verdicts in the order of the requests, found by key, since engines answer in any order."""
    by_key = {verdict.request_key: verdict for verdict in verdicts}
    missing = [request.case_id for request in requests if request.key not in by_key]
    if missing:
        raise ScorerError(f"{judge!r}: no verdict on case {missing[0]!r}; ask what `requests` returns before scoring")
    return tuple(by_key[request.key] for request in requests)


def _without_asking(baseline: Response, candidate: Response) -> tuple[Score, Score] | None:
    """Return the scores that need no judge: a failed call, the same answer twice, one empty answer."""
    error = baseline.error if baseline.error is not None else candidate.error
    if error is not None:
        return both(_unanswered(error))
    if (baseline.text.strip(), baseline.tool_calls) == (candidate.text.strip(), candidate.tool_calls):
        return outcome(0.5, "identical answers")
    if candidate.is_empty:
        return outcome(0.0, "the other answer is empty")
    return outcome(1.0, "the other answer is empty") if baseline.is_empty else None


def _unanswered(error: str) -> Score:
    return Score(value=None, reason=f"no answer to judge: {error}", category="failed call")


def _no_verdict(verdict: Response, max_tokens: int) -> Score | None:
    """Return the score where there is no verdict to read; None when there may be one."""
    error = verdict.error
    if error is None and verdict.spent_on_reasoning:
        error = f"its reasoning used up max_tokens = {max_tokens}; raise max_tokens under [judge] in harness.toml"
    if error is None:
        return without_verdict(verdict)
    return Score(value=None, reason=f"the judge gave no verdict: {error}", category="failed judge call")
