"""Which of a suite's scorers can score what was logged: those that read no expected answer, as its own cases show."""

from collections.abc import Sequence

from harness.cases.expecting import Answered, reads_expected
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import RIGHT
from harness.records.scored import Scorer
from harness.scorers.labels import PredictsLabel
from harness.scorers.scoring import score_one
from harness.stats.classes import NO_LABEL


def without_expected(scorers: Sequence[Scorer], answered: Answered) -> tuple[Scorer, ...]:
    """Return the scorers that give the answers to a suite's cases the same scores when nothing is expected.

    That is seen and not declared, so it holds for plain functions too. One by which no answer is right says nothing.
    """
    return tuple(one for one in scorers if not reads_expected(one, answered) and _is_ever_right(one, answered))


def score_logged(scorer: Scorer, case: Case, response: Response) -> float | None:
    """Return the score of a logged answer; None where it can't be scored, for example for lack of a context."""
    try:
        return score_one(scorer, case, response).value
    except ScorerError:
        return None


def label_scorer(scorers: Sequence[Scorer]) -> PredictsLabel | None:
    """Return the scorer that reads labels, where a suite's answers are labels."""
    return next((one for one in scorers if isinstance(one, PredictsLabel)), None)


def labels_of(scorer: PredictsLabel | None, answers: Sequence[Response]) -> tuple[str, ...]:
    """Return the labels that answers name; those that name none are left out, since that is a matter of their form."""
    if scorer is None:
        return ()
    case = Case(id="logged", messages=(), expected=scorer.labels[0])
    scores = [score_one(scorer, case, one) for one in answers if not one.error]
    return tuple(one.classes[1] for one in scores if one.classes and one.classes[1] != NO_LABEL)


def _is_ever_right(scorer: Scorer, answered: Answered) -> bool:
    scores = (score_one(scorer, case, answer).value for case, answer in answered if answer.error is None)
    return any((value or 0.0) >= RIGHT for value in scores)
