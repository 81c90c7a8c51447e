"""Asking a judge: everything at once, each question as often as the judge needs it, and the resulting scores.

The judge itself decides what is asked and what a reply means: see ``scorers/judges/``.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.records.asked import Case, Request, Response
from harness.records.scored import Score
from harness.scorers.failures.causes import with_cause
from harness.scorers.judges.judge import Judge, PairJudge

AskJudge = Callable[[Sequence[Request]], Mapping[str, Response]]
"""Sends requests to the judge's model, and returns the responses by request key."""


def judge_answers(judge: Judge, answers: Sequence[tuple[Case, Response]], ask: AskJudge) -> list[Score]:
    """Return the score of each answer; a failed answer is unscored, and the judge is not asked about it."""
    replies = _replies([judge.requests(*pair) for pair in answers], ask)
    return [
        with_cause(case, answer, judge.score(case, answer, said))
        for (case, answer), said in zip(answers, replies, strict=True)
    ]


def judge_pairs(
    judge: PairJudge, pairs: Sequence[tuple[Case, Response, Response]], ask: AskJudge
) -> list[tuple[Score, Score]]:
    """Return the scores of the baseline's and the candidate's answer to each case, asked in both orders."""
    replies = _replies([judge.requests(*pair) for pair in pairs], ask)
    return [judge.scores(*pair, said) for pair, said in zip(pairs, replies, strict=True)]


def anew(ask: AskJudge, asking: int) -> AskJudge:
    """Return ``ask`` for the ``asking``-th time after the first: the judge reads anew even what it has read before."""

    def ask_anew(requests: Sequence[Request]) -> Mapping[str, Response]:
        marked = {request.key: _marked(request, asking) for request in requests}
        said = ask(tuple(marked.values()))
        return {key: msgspec.structs.replace(said[one.key], request_key=key) for key, one in marked.items()}

    return ask_anew


def _marked(request: Request, asking: int) -> Request:
    sampling = msgspec.structs.replace(request.sampling, seed=request.sampling.seed + asking)
    return msgspec.structs.replace(request, sampling=sampling, again=True)


def _replies(questions: Sequence[Sequence[Request]], ask: AskJudge) -> list[list[Response]]:
    """Ask everything at once, and return the judge's replies to each question."""
    responses = ask([request for each in questions for request in each])
    return [[responses[request.key] for request in each] for each in questions]
