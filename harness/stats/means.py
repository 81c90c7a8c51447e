"""Means of graded scores and of their paired differences, with intervals that know of groups."""

import math
import statistics
from collections.abc import Sequence

from harness.records.compared import Estimate
from harness.stats.arguments import check_level, check_values
from harness.stats.clusters import count_clusters, design_effect, mostly_equal, standard_error
from harness.stats.passfail import paired_score_interval, wilson_interval


def paired_mean_interval(differences: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of paired differences in [-1, 1] with its cluster-robust t interval.

    Cases of one group are one cluster; None is a cluster of its own. Cameron and Miller (2015), J. Human Resources
    50:317: mean +- t SE with G - 1 degrees of freedom and SE^2 = G / (G - 1) sum_g (sum_i in g (d_i - mean))^2 / n^2.

    One cluster shows no variance between clusters: the interval is then [-1, 1]. Where most clusters agree and fewer
    than ten differ, the spread says little about what was not seen, so ``sparse_interval`` is used instead: 20 cases
    without any change leave +-0.16 open.
    """
    check_values(differences, groups, -1.0)
    check_level(level)
    if count_clusters(groups) < 2:
        return one_cluster(differences, -1.0)
    if mostly_equal(differences, groups):
        return sparse_interval(differences, groups, level)
    return _robust_t(differences, groups, level, -1.0)


def mean_interval(values: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of scores in [0, 1] with its cluster-robust t interval.

    As ``paired_mean_interval``; one cluster gives [0, 1], and where few clusters differ it is Wilson's interval, with
    the sum of the scores as count, both sum and number of cases divided by the design effect as there.
    """
    check_values(values, groups, 0.0)
    check_level(level)
    if count_clusters(groups) < 2:
        return one_cluster(values, 0.0)
    if not mostly_equal(values, groups):
        return _robust_t(values, groups, level, 0.0)
    mean, n = statistics.fmean(values), len(values) / design_effect(values, groups)
    low, high = wilson_interval(min(mean * n, n), n, level)
    return Estimate(mean=mean, low=low, high=high, n=len(values), method=f"Wilson on {_cases(n)}, since few differ")


def one_cluster(values: Sequence[float], least: float) -> Estimate:
    """Return the mean of one cluster, which leaves everything from ``least`` to 1 open."""
    method = "no interval: one cluster shows no variance"
    return Estimate(mean=statistics.fmean(values), low=least, high=1.0, n=len(values), method=method)


def sparse_interval(differences: Sequence[float], groups: Sequence[str | None], level: float) -> Estimate:
    """Return the mean of differences that are mostly equal, with Tango's interval.

    The sums of drops and of gains take the place of its counts, which is cautious: what was not seen can be a whole
    flip. Rao and Scott (1992), Biometrics 48:577: sums and number of cases are divided by the design effect, so that
    a group of copies counts once, and cases that only share a group count in full.
    """
    effect = design_effect(differences, groups)
    lost = math.fsum(max(-value, 0.0) for value in differences) / effect
    won = math.fsum(max(value, 0.0) for value in differences) / effect
    n, mean = len(differences) / effect, statistics.fmean(differences)
    low, high = paired_score_interval(lost, won, n, level)
    method = f"paired score (Tango) on {_cases(n)}, since few differ"
    return Estimate(mean=mean, low=min(low, mean), high=max(high, mean), n=len(differences), method=method)


def _robust_t(values: Sequence[float], groups: Sequence[str | None], level: float, least: float) -> Estimate:
    from scipy.special import stdtrit

    mean, clusters = statistics.fmean(values), count_clusters(groups)
    half = float(stdtrit(clusters - 1, (1 + level) / 2)) * standard_error(values, groups)
    return Estimate(
        mean=mean,
        low=max(mean - half, least),
        high=min(mean + half, 1.0),
        n=len(values),
        method=f"cluster-robust t, {clusters} clusters",
    )


def _cases(n: float) -> str:
    return f"{n:.0f} independent cases"
