"""The interval of a figure of one set of cases that is computed from sums over them: a bootstrap over clusters."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.estimate import Estimate
from harness.stats.bca import RESAMPLES, bca_interval, draws, jackknife_t_interval
from harness.stats.clusters import clustered, few_of

if TYPE_CHECKING:
    from harness.stats.bca import Numbers

LEVEL = 0.95
UNSEEN = -math.log((1 - LEVEL) / 2)
"""Disagreements that a sample can miss once in forty times."""
UNDEFINED = 0.05
"""Part of the resamples that may have no figure, as where all their cases have one label."""


class Figure(NamedTuple):
    """A figure of at most 1 that is 1 where all agree.

    ``value`` maps sums, (..., counts), to figures, (...), NaN where there is none; ``by_chance`` maps the sums of all
    cases to what a case adds whose ratings disagree as chance would have it.
    """

    value: "Callable[[Numbers], Numbers]"
    by_chance: "Callable[[Numbers], Numbers]"


def figure_estimate(
    rows: "Numbers", disagree: Sequence[bool], groups: Sequence[str | None], figure: Figure, seed: int
) -> Estimate | None:
    """Return a figure with its interval at 95 %; None where it is undefined.

    ``rows`` has what each case adds, (cases, counts), ``disagree`` whether its ratings differ. The interval is BCa over
    clusters, Efron (1987), JASA 82:171, widened to hold the t interval of the jackknife, as ``corpus_bootstrap``. Where
    fewer than ten clusters disagree it also reaches down to the figure with ``UNSEEN`` more of them. One cluster, or
    too many resamples without a figure, leave [-1, 1] open. The same seed gives the same interval.
    """
    import numpy as np

    if not len(rows) == len(disagree) == len(groups):
        raise ValueError(f"needs a row, a truth value and a group of each case, got {len(rows)} and {len(groups)}")
    if not len(rows):
        return None
    together = clustered(range(len(groups)), groups)
    sums = np.array([rows[cluster].sum(axis=0) for cluster in together])
    whole, clusters = sums.sum(axis=0), len(sums)
    seen = float(figure.value(whole))
    if math.isnan(seen):
        return None
    replicates = np.concatenate([figure.value(times @ sums) for times in draws(clusters, seed)])
    left_out = figure.value(whole - sums) if clusters > 1 else np.array([np.nan])
    if np.isnan(left_out).any() or np.isnan(replicates).mean() > UNDEFINED:
        why = "no interval: too few clusters disagree with one another"
        return Estimate(mean=seen, low=-1.0, high=1.0, n=len(rows), method=why)
    replicates = replicates[~np.isnan(replicates)]
    one = bca_interval(seen, replicates, left_out, LEVEL)
    other = jackknife_t_interval(seen, left_out, LEVEL)
    low, high = min(one[0], other[0]), max(one[1], other[1])
    if few_of(sum(any(disagree[place] for place in cluster) for cluster in together), clusters):
        low = min(low, float(figure.value(whole + UNSEEN * len(rows) / clusters * figure.by_chance(whole))))
    method = f"BCa bootstrap and jackknife t, {RESAMPLES} resamples of {clusters} clusters"
    return Estimate(mean=seen, low=max(low, -1.0), high=min(high, 1.0), n=len(rows), method=method)
