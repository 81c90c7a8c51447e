"""Which of a suite's scorers can score what was logged: those that read no expected answer, as its own cases show."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.cases.passable import UsedSuite, single_scorer
from harness.errors import ScorerError
from harness.records.asked import Case, Response
from harness.records.compared import RIGHT
from harness.records.scored import Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.labels import PredictsLabel
from harness.scorers.likelihood import reads_likelihoods
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe, score_one
from harness.stats.classes import NO_LABEL

Answered = Sequence[tuple[Case, Response]]


def scorers_in(used: Sequence[UsedSuite]) -> tuple[Scorer, ...]:
    """Return the scorers of single answers that suites use, each once: no judges, quantities or likelihoods."""
    return tuple({describe(one): one for suite in used for one in _single(suite)}.values())


def without_expected(scorers: Sequence[Scorer], answered: Answered) -> tuple[Scorer, ...]:
    """Return the scorers that give the answers to a suite's cases the same scores when nothing is expected.

    That is seen and not declared, so it holds for plain functions too. One by which no answer is right says nothing.
    """
    return tuple(one for one in scorers if _needs_none(one, answered))


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


def _single(used: UsedSuite) -> Iterator[Scorer]:
    if used.suite.continuations:
        return
    for scorer in map(single_scorer, used.scorers):
        if callable(scorer) and not isinstance(scorer, Judge | PairJudge | Quantity) and not reads_likelihoods(scorer):
            yield scorer


def _needs_none(scorer: Scorer, answered: Answered) -> bool:
    any_right = False
    for case, response in answered:
        if response.error is not None:
            continue
        bare = msgspec.structs.replace(case, expected=None, tags=(), group=None)
        try:
            with_it, without = score_one(scorer, case, response), score_one(scorer, bare, response)
        except ScorerError:
            return False
        if with_it.value != without.value:
            return False
        any_right = any_right or (without.value or 0.0) >= RIGHT
    return any_right
