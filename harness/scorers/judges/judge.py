"""A rubric and a judge model as a scorer: what to ask of the judge, and what its verdicts mean.

The judge itself is asked elsewhere, so that its calls are stored, counted and repeated like any other request.
"""

from collections.abc import Sequence
from typing import Literal

from harness.errors import RubricError, ScorerError
from harness.records.asked import AS_IS, Case, Message, ModelRef, Rendering, Request, Response, Sampling
from harness.records.record import Record, digest
from harness.records.scored import Rubric, Score
from harness.scorers.judges.prompt import judge_messages, pair_messages
from harness.scorers.judges.reply import answer_format, read_preference, read_score, unreadable, without_verdict

Preference = Literal["baseline", "candidate", "tie"]
SHOWN = 12
"""Characters of a digest in a judge's identity."""


class Judge(Record, frozen=True):
    """Scores one answer on a rubric's scale."""

    rubric: Rubric
    model: ModelRef
    engine_identity: str
    max_tokens: int
    rendering: Rendering = Rendering()

    def __post_init__(self) -> None:
        """Refuse a pairwise rubric."""
        if self.rubric.kind != "scale":
            raise RubricError(f"rubric {self.rubric.id!r} is pairwise; use prefer({self.rubric.id!r}) in the suite")

    def __repr__(self) -> str:
        """Name the judge fully: this is part of a comparison's fingerprint."""
        return f"judge({_name(self)})"

    def requests(self, case: Case, response: Response) -> tuple[Request, ...]:
        """Return what to ask of the judge: nothing when there is no answer to read."""
        if response.error is not None or response.is_empty:
            return ()
        return (_request(self, case, judge_messages(self.rubric, case, response)),)

    def score(self, case: Case, response: Response, verdicts: Sequence[Response]) -> Score:
        """Return the score of an answer, given the responses to ``requests`` in any order.

        An empty answer is level 1. A failed call and an unreadable verdict are unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        if response.error is not None:
            return _unanswered(response.error)
        if response.is_empty:
            return Score(value=0.0, reason="empty answer", category="empty answer")
        (verdict,) = _in_order(self, self.requests(case, response), verdicts)
        return _no_verdict(verdict, self.max_tokens) or read_score(self.rubric, verdict.text)


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
            _request(self, case, pair_messages(self.rubric, case, baseline, candidate)),
            _request(self, case, pair_messages(self.rubric, case, candidate, baseline)),
        )

    def scores(
        self, case: Case, baseline: Response, candidate: Response, verdicts: Sequence[Response]
    ) -> tuple[Score, Score]:
        """Return the baseline's and the candidate's score, given the responses to ``requests`` in any order.

        The preferred answer gets 1 and the other 0, a tie gives 1/2 to both. Orders that disagree are a tie.
        One failed or unreadable order leaves both unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        known = _without_asking(baseline, candidate)
        if known is not None:
            return known
        straight, swapped = _in_order(self, self.requests(case, baseline, candidate), verdicts)
        for verdict in (straight, swapped):
            missing = _no_verdict(verdict, self.max_tokens)
            if missing is None and read_preference(verdict.text) is None:
                missing = unreadable("unreadable verdict", verdict.text)
            if missing is not None:
                return _both(missing)
        first = _preferred(straight, "baseline", "candidate")
        second = _preferred(swapped, "candidate", "baseline")
        if first != second:
            reason = f"the two orders disagree: {first} and, swapped, {second}"
            return _both(Score(value=0.5, reason=reason, category="flipped on swap"))
        return _outcome(first, "in both orders")


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
    return f"{rubric.id!r} v{rubric.version} {rubric.digest[:8]} by {judge.model.name}"


def _request(judge: Judge | PairJudge, case: Case, messages: tuple[Message, ...]) -> Request:
    sampling = Sampling(max_tokens=judge.max_tokens, response_format=answer_format(judge.rubric))
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
        return _both(_unanswered(error))
    if (baseline.text.strip(), baseline.tool_calls) == (candidate.text.strip(), candidate.tool_calls):
        return _outcome("tie", "identical answers")
    if candidate.is_empty:
        return _outcome("baseline", "the other answer is empty")
    return _outcome("candidate", "the other answer is empty") if baseline.is_empty else None


def _preferred(verdict: Response, shown_as_a: Preference, shown_as_b: Preference) -> Preference:
    better = read_preference(verdict.text)
    return "tie" if better == "tie" else shown_as_a if better == "A" else shown_as_b


def _outcome(preferred: Preference, why: str) -> tuple[Score, Score]:
    if preferred == "tie":
        return _both(Score(value=0.5, reason=f"tie: {why}", category="tie"))
    won = Score(value=1.0, reason=f"preferred: {why}", category="preferred")
    lost = Score(value=0.0, reason=f"{preferred} preferred: {why}", category="not preferred")
    return (won, lost) if preferred == "baseline" else (lost, won)


def _both(score: Score) -> tuple[Score, Score]:
    return score, score


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
