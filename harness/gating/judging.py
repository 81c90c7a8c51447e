"""Asking a judge: everything at once, then at once what follows from the replies, and the resulting scores.

The judge itself decides what is asked and what a reply means: see ``scorers/judges/``.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.asking.requests import drawn_anew
from harness.records.answered import Response
from harness.records.asked import Case, Request
from harness.records.scored import Score
from harness.scorers.failures.causes import with_cause
from harness.scorers.judges.judge import Judge, PairJudge

AskJudge = Callable[[Sequence[Request]], Mapping[str, Response]]
"""Sends requests to the judge's model, and returns the responses by request key."""

Further = Callable[[int, Sequence[Request], Sequence[Response]], Sequence[Request]]
"""Returns what to ask next about a question, given its place, what was asked first, and what was said so far."""


def judge_answers(judge: Judge, answers: Sequence[tuple[Case, Response]], ask: AskJudge) -> list[Score]:
    """Return the score of each answer; a failed answer is unscored, and the judge is not asked about it."""
    replies = _replies(
        [judge.requests(*pair) for pair in answers], lambda at, *said: judge.further(*answers[at], *said), ask
    )
    return [
        with_cause(case, answer, judge.score(case, answer, said))
        for (case, answer), said in zip(answers, replies, strict=True)
    ]


def judge_pairs(
    judge: PairJudge, pairs: Sequence[tuple[Case, Response, Response]], ask: AskJudge
) -> list[tuple[Score, Score]]:
    """Return the scores of the baseline's and the candidate's answer to each case, asked in both orders."""
    replies = _replies(
        [judge.requests(*pair) for pair in pairs], lambda at, *said: judge.further(*pairs[at], *said), ask
    )
    return [judge.scores(*pair, said) for pair, said in zip(pairs, replies, strict=True)]


def anew(ask: AskJudge, asking: int) -> AskJudge:
    """Return ``ask`` for the ``asking``-th time after the first: the judge reads anew even what it has read before."""

    def ask_anew(requests: Sequence[Request]) -> Mapping[str, Response]:
        marked = {request.key: asked_anew(request, asking) for request in requests}
        said = ask(tuple(marked.values()))
        return {key: msgspec.structs.replace(said[one.key], request_key=key) for key, one in marked.items()}

    return ask_anew


def asked_anew(request: Request, asking: int) -> Request:
    """Return a request of the first asking as it is in the ``asking``-th one after it."""
    return msgspec.structs.replace(drawn_anew(request, asking), again=True)


def _replies(questions: Sequence[Sequence[Request]], further: Further, ask: AskJudge) -> list[list[Response]]:
    """Ask everything at once, round by round, and return the replies to each question and to what follows from it."""
    said: list[list[Response]] = [[] for _ in questions]
    wanted: dict[int, Sequence[Request]] = dict(enumerate(questions))
    while wanted:
        responses = ask([request for each in wanted.values() for request in each])
        for place, each in wanted.items():
            said[place] += [responses[request.key] for request in each]
        following = ((place, further(place, questions[place], said[place])) for place in wanted)
        wanted = {place: more for place, more in following if more}
    return said
