"""Scores of answers that are in memory: by a scorer, or by a judge, which reads all of them in one batch."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from harness.gating.judging import AskJudge, judge_answers
from harness.records.asked import Case, Response, Side
from harness.records.scored import Score, Scorer
from harness.scorers.judges.judge import Judge
from harness.scorers.repeats import OverRepeats, fold_scores
from harness.scorers.scoring import score_one

T = TypeVar("T")


def both(of: Mapping[Side, T]) -> tuple[T, T]:
    """Return what both sides have, the baseline's first."""
    return of["baseline"], of["candidate"]


def score_all(
    scorer: Scorer | Judge | OverRepeats, answers: Sequence[tuple[Case, Response]], ask: AskJudge
) -> list[Score]:
    """Return the score of each answer; a judge is asked about all of them at once."""
    if isinstance(scorer, OverRepeats):
        scorer = scorer.scorer
    if isinstance(scorer, Judge):
        return judge_answers(scorer, answers, ask)
    return [score_one(scorer, *pair) for pair in answers]


def by_case(
    scorer: object, answers: Sequence[tuple[Case, Response]], given: Sequence[Score]
) -> list[tuple[str, Score]]:
    """Return the scores of one asking with their cases' ids, repeats put together where the scorer does that."""
    if isinstance(scorer, OverRepeats):
        return fold_scores(scorer, [(case.id, response) for case, response in answers], given)
    return [(case.id, score) for (case, _), score in zip(answers, given, strict=True)]
