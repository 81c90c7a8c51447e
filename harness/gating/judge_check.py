"""Asking a judge about labelled answers, as for a check."""

from collections.abc import Callable, Mapping, Sequence

from harness.gating.judging import AskJudge, anew, asked_anew, judge_answers, judge_pairs
from harness.judges.figures import Asked
from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.judges.readings import Reading, answer_of, by_criterion, case_of, questions, reading_of
from harness.judges.sample import ASKINGS, REPEATED, evenly
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.scored import Score
from harness.scorers.judges.judge import Judge, PairJudge, judge_identity

AnyJudge = Judge | PairJudge


def ask_about(judge: AnyJudge, labels: Sequence[Label], ask: AskJudge) -> tuple[Reading, ...]:
    """Return what a judge says of labelled answers, or pairs.

    Left out is what needs no judge, as an empty answer, and what came without messages and answers.

    Raises:
        RubricError: the rubric needs an expected answer, and a label has none.
        EngineError: no more answers can be had.
    """
    asked = [label for label in labels if label.messages and questions(judge, label)]
    heard: dict[str, Response] = {}
    scores = _scores(judge, asked, _hearing(ask, heard))
    return tuple(
        reading_of(judge.rubric, label, score, [heard[one.key] for one in questions(judge, label)])
        for label, score in zip(asked, scores, strict=True)
    )


def ask_for_check(judge: AnyJudge, labels: Sequence[Label], ask: AskJudge) -> Asked:
    """Ask a judge about all labels once, and about some of them again and again.

    Raises:
        RubricError, EngineError: as ``ask_about``.
    """
    first = ask_about(judge, labels, ask)
    again = evenly([one.label for one in first], REPEATED)
    rounds = tuple(ask_about(judge, again, anew(ask, asking)) for asking in range(1, ASKINGS))
    return Asked(judge=judge_identity(judge), readings=first, again=rounds)


def requests_of(judge: AnyJudge, labels: Sequence[Label]) -> list[Request]:
    """Return what a check asks first, of all askings; what follows from the replies comes on top of it."""
    asked = {label.read: (label, questions(judge, label)) for label in labels if label.messages}
    known = {read: pair for read, pair in asked.items() if pair[1]}
    again = evenly([label for label, _ in known.values()], REPEATED)
    return [
        *(request for _, requests in known.values() for request in requests),
        *(
            asked_anew(request, asking)
            for asking in range(1, ASKINGS)
            for label in again
            for request in known[label.read][1]
        ),
    ]


def _scores(judge: AnyJudge, labels: Sequence[Label], ask: AskJudge) -> list[Score]:
    if isinstance(judge, PairJudge):
        pairs = [
            (case_of(one), answer_of(one.baseline), answer_of(one.candidate))
            for one in labels
            if isinstance(one, PairLabel)
        ]
        return [candidate for _, candidate in judge_pairs(judge, pairs, ask)]
    answers = [one for one in labels if isinstance(one, AnswerLabel)]
    found: dict[str, Score] = {}
    for criterion in dict.fromkeys(one.criterion for one in answers):
        some = [one for one in answers if one.criterion == criterion]
        asked = [(case_of(one), answer_of(one.answer)) for one in some]
        scores = judge_answers(by_criterion(judge, criterion), asked, ask)
        found |= {one.read: score for one, score in zip(some, scores, strict=True)}
    return [found[one.read] for one in answers]


def _hearing(ask: AskJudge, heard: dict[str, Response]) -> Callable[[Sequence[Request]], Mapping[str, Response]]:
    """Return ``ask``, which keeps in ``heard`` what is said."""

    def listen(requests: Sequence[Request]) -> Mapping[str, Response]:
        said = ask(requests)
        heard.update({request.key: said[request.key] for request in requests})
        return said

    return listen
