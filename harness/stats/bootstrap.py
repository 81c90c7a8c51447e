"""The bootstrap interval of a figure of a whole corpus, over clusters.

scipy.stats.bootstrap knows no clusters, calls the statistic on all cases of a resample instead of on sums, has no
small-sample expansion, and costs two seconds to import; so the resampling is our own, in bca.py.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.records.compared import Estimate
from harness.stats.arguments import SAME, check_level
from harness.stats.bca import RESAMPLES, bca_interval, jackknife_t_interval, resampled_sums
from harness.stats.clusters import FEW, clustered, few_of
from harness.stats.passfail import paired_score_interval

if TYPE_CHECKING:
    from harness.stats.bca import Numbers

Statistic = Callable[[Sequence[float]], float]
"""Maps figures that were added up over cases to a value in [0, 1]: corpus BLEU, corpus F1."""


def corpus_bootstrap(  # noqa: PLR0913, PLR0917 - two sides of a corpus are two arguments, as everywhere
    baseline: Sequence[Sequence[float]],
    candidate: Sequence[Sequence[float]],
    groups: Sequence[str | None],
    statistic: Statistic,
    level: float,
    seed: int,
) -> Estimate:
    """Return how much higher a figure of the whole corpus is for the candidate, with its BCa bootstrap interval.

    Each side has one row of figures for each case, such as the matched and total n-grams of BLEU or the true
    positives, false positives and misses of F1; ``statistic`` maps the sums of rows over a corpus to a value in
    [0, 1], and must be able to do so for any part of the cases. Koehn (2004), Statistical significance tests for
    machine translation evaluation, section 4: clusters are drawn with replacement, the same ones for both sides. The
    interval is BCa, Efron (1987), JASA 82:171, with the corrections of ``bca_interval``. The same seed gives the same
    interval; fewer than ten clusters widen it to hold the t interval of the jackknife as well.

    One cluster leaves [-1, 1] open. Where the sides differ in fewer than ten clusters and agree in most, or no
    resample changes anything, the interval is widened to hold Tango's, with the drops and gains of the jackknife's
    pseudo-values as counts on G cases.

    >>> baseline, candidate = [(1, 0, 0)] * 40, [(1, 0, 0), (0, 1, 1)] * 20  # true positives, false ones, misses
    >>> corpus_bootstrap(baseline, candidate, [None] * 40, lambda sums: sums[0] / (sums[0] + sums[1]), 0.95, 0).mean
    -0.5
    """
    rows = _cluster_rows(baseline, candidate, groups)
    check_level(level)
    whole, width = rows.sum(axis=0), rows.shape[1] // 2

    def gain(sums: "Numbers") -> float:
        return _figure(statistic, sums[width:]) - _figure(statistic, sums[:width])

    estimate = gain(whole)
    if len(rows) < 2:
        return _estimate(estimate, (-1.0, 1.0), len(groups), "no interval: one cluster shows no variance")
    import numpy as np

    left_out = np.array([gain(whole - row) for row in rows])
    replicates = np.array([gain(sums) for sums in resampled_sums(rows, seed)])
    ends, method = _interval(estimate, replicates, left_out, level), _method(len(rows))
    changed = (rows[:, :width] != rows[:, width:]).any(axis=1)
    if few_of(int(changed.sum()), len(rows)) or np.ptp(replicates) <= SAME:
        pseudo = len(rows) * estimate - (len(rows) - 1) * left_out[changed]
        ends = _hold(ends, _sparse(pseudo.tolist(), len(rows), level))
        method += ", widened to the score interval since little varies"
    return _estimate(estimate, ends, len(groups), method)


def _interval(estimate: float, replicates: "Numbers", left_out: "Numbers", level: float) -> tuple[float, float]:
    ends = bca_interval(estimate, replicates, left_out, level)
    return ends if len(left_out) >= FEW else _hold(ends, jackknife_t_interval(estimate, left_out, level))


def _sparse(changes: Sequence[float], clusters: int, level: float) -> tuple[float, float]:
    lost, won = (sum(max(sign * change, 0.0) for change in changes) for sign in (-1, 1))
    shrunk = min(1.0, clusters / max(lost + won, 1.0))
    return paired_score_interval(lost * shrunk, won * shrunk, clusters, level)


def _hold(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])


def _estimate(mean: float, ends: tuple[float, float], n: int, method: str) -> Estimate:
    return Estimate(mean=mean, low=max(ends[0], -1.0), high=min(ends[1], 1.0), n=n, method=method)


def _method(clusters: int) -> str:
    return f"BCa bootstrap, {RESAMPLES} resamples of {clusters} clusters"


def _figure(statistic: Statistic, sums: "Numbers") -> float:
    value = statistic(sums.tolist())
    if not -SAME <= value <= 1 + SAME:
        raise ValueError(f"statistic must give a value in [0, 1], got {value}")
    return value


def _cluster_rows(
    baseline: Sequence[Sequence[float]], candidate: Sequence[Sequence[float]], groups: Sequence[str | None]
) -> "Numbers":
    """Return one row for each cluster: the baseline's sums, then the candidate's."""
    import numpy as np

    if not groups or not len(baseline) == len(candidate) == len(groups):
        sizes = f"{len(baseline)}, {len(candidate)} and {len(groups)}"
        raise ValueError(f"needs at least one case, with a row of each side and a group for each case, got {sizes}")
    if len({len(row) for side in (baseline, candidate) for row in side}) != 1:
        raise ValueError("all rows must have the same length")
    cases = np.hstack([np.asarray(side, dtype=float) for side in (baseline, candidate)])
    if not np.isfinite(cases).all():
        raise ValueError("rows must hold finite figures")
    return np.array([cases[cluster].sum(axis=0) for cluster in clustered(range(len(groups)), groups)])
