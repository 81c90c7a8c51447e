"""Means of scores and of their paired differences, with intervals that know of groups, skew and few changes."""

import statistics
from collections.abc import Sequence

from harness.records.compared import Estimate
from harness.stats.arguments import check_level, check_values
from harness.stats.clusters import all_flips, count_clusters, design_effect, effective_counts, mostly_equal
from harness.stats.passfail import paired_score_interval, wilson_interval
from harness.stats.skewed import skewed_interval, spread_of


def paired_mean_interval(differences: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of paired differences in [-1, 1] with its interval.

    Pass or fail, each case on its own: Tango's interval. Otherwise Hall's t over clusters: cases of one group are one
    cluster, None is a cluster of its own. Where cases in groups pass or fail, or most clusters agree and fewer than ten
    differ, the spread says little about what was not seen; so the interval also holds Tango's on ``effective_counts``:
    20 graded cases without any change leave +-0.16 open.

    One cluster shows no variance between clusters: the interval is then [-1, 1].
    """
    check_values(differences, groups, -1.0)
    check_level(level)
    n, clusters, flips = len(differences), count_clusters(groups), all_flips(differences)
    if flips and clusters == n:
        low, high = paired_score_interval(differences.count(-1), differences.count(1), n, level)
        return Estimate(mean=statistics.fmean(differences), low=low, high=high, n=n, method="paired score (Tango)")
    if clusters < 2:
        return _one_cluster(differences, -1.0)
    spread = spread_of(differences, groups)
    ends, method = skewed_interval(spread, level), f"Hall's t, {clusters} clusters"
    if flips or mostly_equal(differences, groups):
        counts = effective_counts(differences, groups)
        ends = _hold(ends, paired_score_interval(counts.lost, counts.won, counts.n, level))
        method += f", and paired score (Tango) on {counts.n:.0f} independent cases"
    return Estimate(mean=spread.mean, low=max(ends[0], -1.0), high=min(ends[1], 1.0), n=n, method=method)


def mean_interval(values: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of scores in [0, 1] with its interval.

    As ``paired_mean_interval``, with Wilson's interval in place of Tango's; one cluster gives [0, 1].
    """
    check_values(values, groups, 0.0)
    check_level(level)
    count, clusters, passfail = len(values), count_clusters(groups), all(value in {0, 1} for value in values)
    if passfail and clusters == count:
        low, high = wilson_interval(sum(values), count, level)
        return Estimate(mean=statistics.fmean(values), low=low, high=high, n=count, method="Wilson")
    if clusters < 2:
        return _one_cluster(values, 0.0)
    spread = spread_of(values, groups)
    ends, method = skewed_interval(spread, level), f"Hall's t, {clusters} clusters"
    if passfail or mostly_equal(values, groups):
        n = count / design_effect(values, groups)
        ends = _hold(ends, wilson_interval(min(spread.mean * n, n), n, level))
        method += f", and Wilson on {n:.0f} independent cases"
    return Estimate(mean=spread.mean, low=max(ends[0], 0.0), high=min(ends[1], 1.0), n=count, method=method)


def _hold(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])


def _one_cluster(values: Sequence[float], least: float) -> Estimate:
    method = "no interval: one cluster shows no variance"
    return Estimate(mean=statistics.fmean(values), low=least, high=1.0, n=len(values), method=method)
