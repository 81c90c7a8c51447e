"""How sure a drop is: whether there is one at all, and whether one of the margin can be ruled out."""

import math
import statistics
import sys
from collections.abc import Sequence

from harness.stats.arguments import ALPHA, SAME, check_values
from harness.stats.clusters import all_flips, count_clusters, effective_clusters, effective_counts, mostly_equal
from harness.stats.exact import BETA, guaranteed_passfail_p_value, passfail_p_value
from harness.stats.guaranteed import guaranteed_p_value
from harness.stats.passfail import score_p_value
from harness.stats.skewed import skewed_p_value, spread_of


def fewest_cases(margin: float, alpha: float = ALPHA) -> int:
    """Return how many cases a drop of ``margin`` needs at least to be ruled out: log alpha / log(1 - margin).

    With fewer, a model that loses such a share of all cases as a whole shows none of it more than once in twenty runs,
    so that no method can tell it from one that loses nothing.

    >>> [fewest_cases(margin) for margin in (0.1, 0.05, 0.02)]
    [29, 59, 149]
    """
    if not 0 < margin <= 1:
        raise ValueError(f"margin must be in (0, 1], got {margin}")
    return 1 if margin > 1 - alpha else math.ceil(min(math.log(alpha) / math.log1p(-margin), sys.maxsize))


def guaranteed_fewest_cases(margin: float) -> int:
    """Return how many cases ``guaranteed_margin_p_value`` needs at least where each passes or fails on its own.

    >>> [guaranteed_fewest_cases(margin) for margin in (0.1, 0.05, 0.02)]
    [29, 59, 150]
    """
    return fewest_cases(margin, ALPHA - BETA)


def margin_p_value(differences: Sequence[float], groups: Sequence[str | None], margin: float) -> float:
    """Return how likely differences as good as these are when the candidate is truly ``margin`` worse.

    A drop of the margin is ruled out where it is at most 0.05. Pass or fail, each case on its own: the exact
    distribution (``passfail_p_value``). In groups: the larger p value of Hall's t over clusters and Tango's score test
    on as many cases as the design effect leaves. Graded scores: Hall's t over clusters; that score test alone where
    most clusters agree and fewer than ten differ. In each kind it is never smaller than the chance that so few cases,
    or clusters of graded scores, show none of the total losses that would make up the rest of the margin.
    """
    check_values(differences, groups, -1.0)
    flips, clusters, n = all_flips(differences), count_clusters(groups), len(differences)
    if flips and clusters == n:
        return max((1 - margin) ** n, passfail_p_value(*_counts(differences), n, margin))
    if clusters < 2:
        return 1.0
    few = mostly_equal(differences, groups)
    found = 0.0 if few and not flips else skewed_p_value(spread_of(differences, groups), -margin)
    if flips or few:
        counts = effective_counts(differences, groups)
        found = max(found, score_p_value(counts.lost, counts.won, counts.n, -margin))
        if flips:
            unseen = counts.n if counts.lost <= SAME else float(n)
            none_lost: float = (1 - margin) ** unseen
            return max(found, none_lost)
    seen = 1 + min(statistics.fmean(differences), 0.0)
    missed = min(1.0, ((1 - margin) / seen) ** effective_clusters(groups)) if seen > SAME else 1.0
    return max(found, missed)


def guaranteed_margin_p_value(differences: Sequence[float], groups: Sequence[str | None], margin: float) -> float:
    """Return a p value as ``margin_p_value`` that is at most 0.05 no more often than once in twenty, whatever happens.

    Pass or fail, each case on its own: ``guaranteed_passfail_p_value``; otherwise ``guaranteed_p_value``.
    """
    check_values(differences, groups, -1.0)
    if all_flips(differences) and count_clusters(groups) == len(differences):
        return guaranteed_passfail_p_value(*_counts(differences), len(differences), margin)
    return guaranteed_p_value(differences, groups, margin) if margin < 1 else 0.0


def drop_p_value(differences: Sequence[float], groups: Sequence[str | None]) -> float:
    """Return the one-sided p value of a drop: how likely one as large is when the candidate is no worse.

    Pass or fail, each case on its own: McNemar (1947), Psychometrika 12:153, exact: P(X >= lost), X binomial with
    lost + won trials of 1/2. Otherwise Hall's t over clusters; in groups whose cases pass or fail, at least McNemar's
    on the counts that the design effect leaves. For graded scores never smaller than the chance that so few clusters
    show none of the large gains that would make up for the drop.

    One cluster that dropped gives 1/2, however many cases it holds.

    >>> drop_p_value([-1, -1, -1, -1, 0, 0], [None] * 6)
    0.0625
    """
    check_values(differences, groups, -1.0)
    flips, clusters, mean = all_flips(differences), count_clusters(groups), statistics.fmean(differences)
    if flips and clusters == len(differences):
        return _sign_test(*_counts(differences))
    if clusters < 2:
        return 0.5 if mean < 0 else 1.0
    skewed = skewed_p_value(spread_of([-value for value in differences], groups), 0.0)
    if not flips:
        missed: float = (1 + max(-mean, 0.0)) ** -effective_clusters(groups)
        return max(skewed, missed)
    counts = effective_counts(differences, groups)
    return max(skewed, _sign_test(counts.lost, counts.won))


def _counts(differences: Sequence[float]) -> tuple[int, int]:
    return sum(value < 0 for value in differences), sum(value > 0 for value in differences)


def _sign_test(down: float, up: float) -> float:
    """Return P(X <= up), X binomial with down + up trials of 1/2, through the incomplete beta function."""
    from scipy.special import betainc

    return float(betainc(down, up + 1, 0.5)) if down > 0 else 1.0
