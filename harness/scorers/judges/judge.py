"""A rubric and its judges as a scorer: what to ask of each, and what their verdicts mean.

They are asked elsewhere, so that their calls are stored, counted and repeated like any other request: first what
``requests`` returns, then, as often as there is something, what ``further`` returns.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from harness.errors import RubricError, ScorerError
from harness.records.answered import Response
from harness.records.asked import AS_IS, Case, ModelRef, Rendering, Request, Sampling
from harness.records.messages import Message
from harness.records.record import Record, digest
from harness.records.scored import Rubric, Score
from harness.scorers.judges.jury import Combine, from_jury
from harness.scorers.judges.preferred import both, outcome, pair_scores
from harness.scorers.judges.prompt import judge_messages, pair_messages
from harness.scorers.judges.reply import answer_format, mean_score, read_preference, unreadable
from harness.scorers.judges.rounds import Call, call_score, further_requests, no_verdict, settled
from harness.scorers.judges.said import material_of
from harness.scorers.judges.scale import calls_of, criteria_of, known_criterion
from harness.scorers.judges.ways import sampled, samples_of, way_of

SHOWN = 12
"""Characters of a digest in a judge's identity."""


class Member(Record, frozen=True, kw_only=True):
    """One model of a jury, and how it is asked."""

    model: ModelRef
    engine_identity: str
    rendering: Rendering = Rendering()


class Judge(Record, frozen=True):
    """Scores one answer on a rubric's scale; of several criteria by ``criterion``, or by their mean.

    ``others`` are the further members of a jury.
    """

    rubric: Rubric
    model: ModelRef
    engine_identity: str
    max_tokens: int
    rendering: Rendering = Rendering()
    criterion: str = ""
    others: tuple[Member, ...] = ()
    combine: Combine = "mean"

    def __post_init__(self) -> None:
        """Refuse a pairwise rubric, and a criterion that the rubric doesn't have."""
        known_criterion(self.rubric, self.criterion)
        if self.rubric.kind != "scale":
            raise RubricError(f"rubric {self.rubric.id!r} is pairwise; use prefer({self.rubric.id!r}) in the suite")

    def __repr__(self) -> str:
        """Name the judge fully: this is part of a comparison's fingerprint."""
        return f"judge({_name(self)})"

    def requests(self, case: Case, response: Response) -> tuple[Request, ...]:
        """Return what to ask first: nothing when there is no answer to read."""
        if response.error is not None or response.is_empty:
            return ()
        asked = [(one, judge_messages(one, case, response)) for one in calls_of(self.rubric, self.criterion)]
        return tuple(
            request
            for member in members_of(self)
            for rubric, messages in asked
            for request in sampled(_request(self, member, case, rubric, messages), rubric)
        )

    def further(
        self, case: Case, response: Response, asked: Sequence[Request], verdicts: Sequence[Response]
    ) -> tuple[Request, ...]:
        """Return what to ask next, given what ``requests`` returned and all that was said so far."""
        return further_requests(self._calls(case, response, asked), verdicts)

    def score(self, case: Case, response: Response, verdicts: Sequence[Response]) -> Score:
        """Return the score of an answer, given the responses to all that was asked, in any order.

        An empty answer has the lowest level. A failed call and an unreadable verdict are unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        if response.error is not None:
            return _unanswered(response.error)
        if response.is_empty:
            return Score(value=0.0, reason="empty answer", category="empty answer")
        asked, said = self.requests(case, response), _by_key(verdicts)
        _refuse_missing(self, asked, said)
        given = [
            (member.model.name, self._one_score(calls, said))
            for member, calls in zip(
                members_of(self), _shared_out(self._calls(case, response, asked), self.others), strict=True
            )
        ]
        return from_jury(given, self.combine)

    def _calls(self, case: Case, response: Response, asked: Sequence[Request]) -> list[Call]:
        """Return each request with the rubric that it is about; they come in the order of ``requests``."""
        read = partial(material_of, case, response)
        rubrics = [one for one in calls_of(self.rubric, self.criterion) for _ in range(samples_of(one))]
        return [
            Call(rubrics[place % len(rubrics)], request, read, self.criterion) for place, request in enumerate(asked)
        ]

    def _one_score(self, calls: Sequence[Call], said: Mapping[str, Response]) -> Score:
        """Return one member's score: the mean over the criteria that it was asked about one by one."""
        each = samples_of(self.rubric)
        found = {
            next(iter(criteria_of(calls[at].rubric)), ""): call_score(calls[at : at + each], said, self.max_tokens)
            for at in range(0, len(calls), each)
        }
        return mean_score(found)


class PairJudge(Record, frozen=True):
    """Prefers one of two answers, asked in both orders, so that a preference for a position cancels out.

    ``others`` are the further members of a jury, each asked in both orders.
    """

    rubric: Rubric
    model: ModelRef
    engine_identity: str
    max_tokens: int
    rendering: Rendering = Rendering()
    others: tuple[Member, ...] = ()
    combine: Combine = "mean"

    def __post_init__(self) -> None:
        """Refuse a rubric with a scale."""
        if self.rubric.kind != "pairwise":
            raise RubricError(f"rubric {self.rubric.id!r} has a scale; use judge({self.rubric.id!r}) in the suite")

    def __repr__(self) -> str:
        """Name the judge fully: this is part of a comparison's fingerprint."""
        return f"prefer({_name(self)})"

    def requests(self, case: Case, baseline: Response, candidate: Response) -> tuple[Request, ...]:
        """Return both orders for each judge, the baseline's answer first in the first; nothing when none is needed."""
        if without_asking(baseline, candidate) is not None:
            return ()
        orders = [pair_messages(self.rubric, case, *one) for one in ((baseline, candidate), (candidate, baseline))]
        return tuple(_request(self, one, case, self.rubric, order) for one in members_of(self) for order in orders)

    def further(
        self,
        case: Case,
        baseline: Response,
        candidate: Response,
        asked: Sequence[Request],
        verdicts: Sequence[Response],
    ) -> tuple[Request, ...]:
        """Return what to ask next, given what ``requests`` returned and all that was said so far."""
        return further_requests(self._calls(case, baseline, candidate, asked), verdicts)

    def scores(
        self, case: Case, baseline: Response, candidate: Response, verdicts: Sequence[Response]
    ) -> tuple[Score, Score]:
        """Return the baseline's and the candidate's score, given the responses to all that was asked, in any order.

        The preferred answer gets 1 and the other 0, of five verdicts 3/4 and 1/4 where it is not better by far; a tie
        gives 1/2 to both. Orders that disagree are a tie.
        One failed or unreadable order leaves both unscored.

        Raises:
            ScorerError: ``verdicts`` lacks the response to one of the requests.
        """
        known = without_asking(baseline, candidate)
        if known is not None:
            return known
        asked, said = self.requests(case, baseline, candidate), _by_key(verdicts)
        _refuse_missing(self, asked, said)
        calls = _shared_out(self._calls(case, baseline, candidate, asked), self.others)
        given = [self._of_orders(orders, said) for orders in calls]
        names = [member.model.name for member in members_of(self)]
        first, second = (
            from_jury(list(zip(names, side, strict=True)), self.combine) for side in zip(*given, strict=True)
        )
        return first, second

    def _calls(self, case: Case, baseline: Response, candidate: Response, asked: Sequence[Request]) -> list[Call]:
        read = partial(material_of, case, baseline, candidate)
        return [Call(self.rubric, request, read) for request in asked]

    def _of_orders(self, orders: Sequence[Call], said: Mapping[str, Response]) -> tuple[Score, Score]:
        """Return what one member's verdicts in both orders say."""
        found: list[float] = []
        for call in orders:
            verdict = settled(call, said)
            if missing := no_verdict(verdict, self.max_tokens):
                return both(missing)
            preferred = read_preference(call.rubric, verdict.text, call.read)
            if preferred is None:
                return both(unreadable("unreadable verdict", verdict.text))
            found.append(preferred)
        return pair_scores(*found)


def judge_identity(judge: Judge | PairJudge) -> str:
    """Return what a check of a judge holds for: its models, as far as they are known, and how a score is made.

    It has no address, no setting of an engine, and no word of the rubric, whose digest stands beside it.
    """
    each = sorted(identity_of(member.model, member.rendering) for member in members_of(judge))
    jury = f"{judge.combine} of {'; '.join(each)}" if judge.others else each[0]
    way = way_of(judge.rubric)
    return jury if way == "text" else f"{jury}, score = {way}"


def identity_of(model: ModelRef, rendering: Rendering = AS_IS) -> str:
    """Return a model's own name and, where its weights are known, the start of their digest.

    A template or arguments of its own change what it says, and so are part of it.

    >>> identity_of(ModelRef(base="hosted", base_digest="hosted", template_digest="hosted", adapter="gpt-5-mini"))
    'gpt-5-mini'
    """
    known = [] if model.is_hosted and not model.known_digest else [digest(model.weights)[:SHOWN]]
    asked = [] if rendering == AS_IS else [f"asked as {digest(rendering)[:SHOWN]}"]
    return ", ".join([" ".join([model.own_name, *known]), *asked])


def members_of(judge: Judge | PairJudge) -> tuple[Member, ...]:
    """Return every model that is asked; one where there is no jury."""
    first = Member(model=judge.model, engine_identity=judge.engine_identity, rendering=judge.rendering)
    return (first, *judge.others)


def _name(judge: Judge | PairJudge) -> str:
    rubric = judge.rubric
    criterion = f" {judge.criterion!r}" if isinstance(judge, Judge) and judge.criterion else ""
    names = ", ".join(member.model.name for member in members_of(judge))
    by = f"{names} ({judge.combine})" if judge.others else names
    return f"{rubric.id!r}{criterion} v{rubric.version} {rubric.digest[:8]} by {by}"


def _request(
    judge: Judge | PairJudge, member: Member, case: Case, asked: Rubric, messages: tuple[Message, ...]
) -> Request:
    sampling = Sampling(max_tokens=judge.max_tokens, response_format=answer_format(asked))
    return Request(
        case_id=case.id,
        model=member.model,
        engine=member.engine_identity,
        messages=messages,
        sampling=sampling,
        rendering=member.rendering,
    )


def _shared_out(calls: Sequence[Call], others: Sequence[Member]) -> list[Sequence[Call]]:
    """Return what each member of a jury was asked; all are asked alike often."""
    each = len(calls) // (1 + len(others))
    return [calls[start : start + each] for start in range(0, len(calls), each)]


def _by_key(verdicts: Sequence[Response]) -> Mapping[str, Response]:
    """Return verdicts by key, since engines answer in any order."""
    return {verdict.request_key: verdict for verdict in verdicts}


def _refuse_missing(judge: Judge | PairJudge, asked: Sequence[Request], said: Mapping[str, Response]) -> None:
    missing = [request.case_id for request in asked if request.key not in said]
    if missing:
        raise ScorerError(f"{judge!r}: no verdict on case {missing[0]!r}; ask what `requests` returns before scoring")


def without_asking(baseline: Response, candidate: Response) -> tuple[Score, Score] | None:
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
