"""Compare quantities of which less is better between two sides, in their own unit."""

from collections.abc import Collection

import msgspec

from harness import stats
from harness.records.compared import Comparison
from harness.records.in_columns import Rows
from harness.records.scored import Scores
from harness.scorers.quantities import Quantity
from harness.verdicts.compare import pair, paired

SEED = 20261122


def compare_quantity(
    quantity: Quantity, baseline: Scores, candidate: Scores, accepted: Collection[str] = ()
) -> Comparison:
    """Pair the amounts of two sides by case, repeats averaged first. No case is lost or won.

    With too few cases for the figure, or a baseline of 0, every case is unscored with that reason, so that nothing
    can pass.

    Raises:
        IncomparableRuns, InputError: as ``compare``.
    """
    comparison = msgspec.structs.replace(pair(baseline, candidate, accepted), unit=quantity.unit)
    pairs = paired(comparison.rows)
    clusters = stats.count_clusters(pairs.groups)
    needed = stats.fewest_clusters(quantity.percentile)
    if not pairs.groups:
        return comparison
    if clusters < needed:
        figure = "a mean" if quantity.percentile is None else f"the percentile {quantity.percentile:g}"
        what = "cases" if clusters == len(pairs.groups) else "groups"
        return _unscored(comparison, f"{clusters} {what} are too few for {figure}, which needs {needed}")
    figures = stats.paired_figures(pairs.baseline, pairs.candidate, pairs.groups, quantity.percentile, SEED)
    if figures is None:
        return _unscored(
            comparison,
            f"no ratio can be computed: the baseline's {quantity.unit} are 0 or vary too much, "
            "or an amount is out of all range",
        )
    return msgspec.structs.replace(
        comparison,
        baseline_mean=figures.baseline,
        candidate_mean=figures.candidate,
        delta=figures.delta,
        ratio=figures.ratio,
        ratio_bound=figures.ratio_bound,
        ratio_least=figures.ratio_least,
    )


def _unscored(comparison: Comparison, reason: str) -> Comparison:
    rows = Rows.of(
        row if row.unscored else msgspec.structs.replace(row, baseline=None, candidate=None, unscored=reason)
        for row in comparison.rows
    )
    return msgspec.structs.replace(comparison, rows=rows, unscored=tuple(rows.case_ids))
