"""Compare a figure of all answers, such as macro F1, between two sides: from counts that each case adds to it."""

from collections.abc import Sequence

import msgspec

from harness import stats
from harness.errors import ScorerError
from harness.records.compared import Comparison, DropBound, Row
from harness.records.estimate import Estimate
from harness.records.in_columns import CaseScores, Rows
from harness.records.scored import CaseScore, FigureName, Scores

SEED = 20261126
Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""The baseline's counts and the candidate's; a side without a score has none."""


def figure_of(baseline: Scores, candidate: Scores) -> FigureName | None:
    """Return which figure of all answers the scores count for; None where their mean is compared.

    Raises:
        ScorerError: the scores count for different figures, or only some of them count for one.
    """
    sides = (CaseScores.of(side.items).scores.different() for side in (baseline, candidate))
    scores = (score for side in sides for score in side if score.value is not None)
    kinds = {(score.counts.figure, len(score.counts.sums)) if score.counts else None for score in scores}
    if len(kinds) > 1:
        raise ScorerError(
            f"{baseline.scorer}: its scores don't count for one figure; "
            "give each score `counts` of the same figure and length, or give none of them any"
        )
    kind = next(iter(kinds), None)
    return kind[0] if kind else None


def counts_of(baseline: Sequence[CaseScore], candidate: Sequence[CaseScore], repeats: int) -> Sides | None:
    """Return what the answers to one case add to a figure, summed over its repeats; None where they count for none."""
    sides = _added(baseline, repeats), _added(candidate, repeats)
    return sides if any(sides) else None


def with_figure(comparison: Comparison) -> Comparison:
    """Return a comparison with its figure of all answers in place of means; as it is where it has none.

    What number of cases would show a drop is not known of such a figure, so ``detectable`` is None.
    """
    if comparison.figure is None:
        return comparison
    scored = [row for row in comparison.rows if not row.unscored]
    sides = [row.counts for row in scored if row.counts is not None]
    if not sides or comparison.short is not None:  # that of a part is not that of the whole
        return msgspec.structs.replace(
            comparison, baseline_mean=None, candidate_mean=None, delta=None, drop=None, detectable=None
        )
    figures = stats.corpus_bootstrap(
        [before for before, _ in sides],
        [after for _, after in sides],
        [row.group for row in scored],
        stats.corpus_figure(comparison.figure),
        SEED,
    )
    return msgspec.structs.replace(
        comparison,
        baseline_mean=figures.baseline,
        candidate_mean=figures.candidate,
        delta=figures.delta,
        drop=figures.drop,
        detectable=None,
    )


def with_best_counts(comparison: Comparison, rows: Sequence[Row]) -> Rows | None:
    """Return ``rows``, those of the comparison, with counts as if each missing answer was the best for the candidate.

    For macro F1 a missing answer of the candidate is right; one of the baseline is a miss, and a false positive of each
    label, which is worse than any answer can be. None where nothing can be said: BLEU has no limit, since a missing
    answer of the baseline can be of any length, and where neither side has an answer the expected label is not known.
    """
    known = [row.counts for row in comparison.rows if row.counts is not None]
    if comparison.figure != "macro F1" or len(known) < len(rows):
        return None
    best = (_filled(*counts) for counts in known)
    return Rows.of(msgspec.structs.replace(row, counts=counts) for row, counts in zip(rows, best, strict=True))


def with_any_figure(comparison: Comparison, figure: FigureName) -> Comparison:
    """Return a comparison whose figure is the best that there is: 0 for the baseline and 1 for the candidate."""
    baseline, candidate = (
        Estimate(mean=mean, low=0.0, high=1.0, n=len(comparison.rows), method="nothing is known") for mean in (0.0, 1.0)
    )
    return msgspec.structs.replace(
        comparison,
        figure=figure,
        baseline_mean=baseline,
        candidate_mean=candidate,
        delta=candidate,
        drop=DropBound(low=-1.0, p_value=1.0),
        detectable=None,
    )


def _filled(before: tuple[int, ...], after: tuple[int, ...]) -> Sides:
    expected = _expected(before or after)
    worst = tuple(count for label in expected for count in (0, sum(expected), label))
    best = tuple(count for label in expected for count in (label, 0, 0))
    return before or worst, after or best


def _expected(side: Sequence[int]) -> list[int]:
    """Return how many answers should have named each label."""
    return [hits + misses for hits, misses in zip(side[::3], side[2::3], strict=True)]


def _added(answers: Sequence[CaseScore], repeats: int) -> tuple[int, ...]:
    counted = [item.score.counts.sums for item in answers if item.score.counts is not None]
    if len(counted) != repeats:
        return ()
    return counted[0] if repeats == 1 else tuple(map(sum, zip(*counted, strict=True)))
