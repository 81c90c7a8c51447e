"""Means of scores and of their paired differences, with intervals that know of groups, skew and few changes."""

import statistics
from collections.abc import Sequence

from harness.records.estimate import Estimate
from harness.stats.arguments import check_level, check_values
from harness.stats.clusters import all_flips, count_clusters, design_effect, effective_counts, mostly_equal
from harness.stats.passfail import paired_score_interval, wilson_interval
from harness.stats.skewed import skewed_interval, spread_of


def paired_mean_interval(differences: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of paired differences in [-1, 1] with its interval.

    Pass or fail, each case on its own: Tango's interval. Where most clusters agree and fewer than ten differ, the
    spread says little about what was not seen, so it is Tango's on ``effective_counts``: 20 graded cases without any
    change leave +-0.16 open. Otherwise Hall's t over clusters: cases of one group are one cluster, None is a cluster of
    its own; where cases in groups pass or fail the interval holds Tango's as well.

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
    mean = statistics.fmean(differences)
    few = mostly_equal(differences, groups)
    skewed = None if few else skewed_interval(spread_of(differences, groups), level)
    if skewed and not flips:
        return _estimate(mean, (max(skewed[0], -1.0), skewed[1]), n, f"Hall's t, {clusters} clusters")
    counts = effective_counts(differences, groups)
    low, high = paired_score_interval(counts.lost, counts.won, counts.n, level)
    method = f"paired score (Tango) on {counts.n:.0f} independent cases"
    if skewed is None:
        return _estimate(mean, (low, high), n, f"{method}, since few differ")
    ends = max(min(low, skewed[0]), -1.0), max(high, skewed[1])
    return _estimate(mean, ends, n, f"Hall's t, {clusters} clusters, and {method}")


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
    mean = statistics.fmean(values)
    few = mostly_equal(values, groups)
    skewed = None if few else skewed_interval(spread_of(values, groups), level)
    if skewed and not passfail:
        return _estimate(mean, (max(skewed[0], 0.0), skewed[1]), count, f"Hall's t, {clusters} clusters")
    n = count / design_effect(values, groups)
    low, high = wilson_interval(min(mean * n, n), n, level)
    method = f"Wilson on {n:.0f} independent cases"
    if skewed is None:
        return _estimate(mean, (low, high), count, f"{method}, since few differ")
    ends = max(min(low, skewed[0]), 0.0), max(high, skewed[1])
    return _estimate(mean, ends, count, f"Hall's t, {clusters} clusters, and {method}")


def _estimate(mean: float, ends: tuple[float, float], n: int, method: str) -> Estimate:
    return Estimate(mean=mean, low=min(ends[0], mean), high=min(max(ends[1], mean), 1.0), n=n, method=method)


def _one_cluster(values: Sequence[float], least: float) -> Estimate:
    method = "no interval: one cluster shows no variance"
    return Estimate(mean=statistics.fmean(values), low=least, high=1.0, n=len(values), method=method)
