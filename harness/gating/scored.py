"""Score answers by a scorer or a judge; a judge is asked about all of them at once."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from harness.asking.noise import measure_noise
from harness.gating.judging import AskJudge, judge_answers
from harness.records.answered import Response
from harness.records.asked import Case, Side
from harness.records.compared import Noise
from harness.records.scored import Score, Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.repeats import OverRepeats, fold_scores
from harness.scorers.scoring import score_one

T = TypeVar("T")


def both(of: Mapping[Side, T]) -> tuple[T, T]:
    """Return what both sides have, the baseline's first."""
    return of["baseline"], of["candidate"]


def score_all(
    scorer: Scorer | Judge | OverRepeats, answers: Sequence[tuple[Case, Response]], ask: AskJudge
) -> list[Score]:
    """Return the score of each answer; those of repeats that are scored together are of single answers here."""
    if isinstance(scorer, OverRepeats):
        scorer = scorer.scorer
    if isinstance(scorer, Judge):
        return judge_answers(scorer, answers, ask)
    return [score_one(scorer, *pair) for pair in answers]


def by_case(
    scorer: object, answers: Sequence[tuple[Case, Response]], given: Sequence[Score]
) -> list[tuple[str, Score]]:
    """Return scores with the ids of their cases: one for each answer, or one for all repeats of a case together."""
    if isinstance(scorer, OverRepeats):
        return fold_scores(scorer, [(case.id, response) for case, response in answers], given)
    return [(case.id, score) for (case, _), score in zip(answers, given, strict=True)]


def noise_of(
    scorer: Scorer | Judge | PairJudge | OverRepeats,
    twice: Sequence[tuple[Case, Response, Response]],
    again: Sequence[Score],
    ask: AskJudge,
) -> Noise | None:
    """Measure noise of cases that were asked twice, given the scores of the second answers.

    None where several answers make one score: for a pairwise judge, and over repeats.
    """
    if isinstance(scorer, PairJudge | OverRepeats):
        return None
    first = score_all(scorer, [(case, response) for case, response, _ in twice], ask)
    return measure_noise([pair[1:] for pair in twice], list(zip(first, again, strict=True)))
