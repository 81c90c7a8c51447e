"""Resampling of clusters and the BCa interval: what the bootstraps of bootstrap.py share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.stats.arguments import SAME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RESAMPLES = 5_000
CHUNK = 1 << 16
"""Cluster draws that are made at once: enough to be fast, few enough to stay in the processor's cache."""


def resampled_sums(rows: "Numbers", seed: int) -> "Numbers":
    """Return the sums of ``rows`` over each resample: as many clusters as there are, drawn with replacement.

    ``rows`` holds one row of summed figures for each cluster. Cases of a cluster stay together, and figures of both
    sides are in one row, so both are resampled alike (Field and Welsh 2007, J. Royal Statistical Society B 69:369).
    """
    import numpy as np

    return np.concatenate([drawn @ rows for drawn in draws(len(rows), seed)])


def draws(clusters: int, seed: int, resamples: int = RESAMPLES) -> "Iterator[NDArray[np.int64]]":
    """Yield how often each resample holds each cluster, a chunk of resamples at a time."""
    import numpy as np

    chance = np.random.default_rng(seed)
    step, narrow = max(1, CHUNK // clusters), np.min_scalar_type(clusters)  # the fewer bits, the faster the draw
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        drawn = chance.integers(0, clusters, size=(count, clusters), dtype=narrow)
        places = drawn + clusters * np.arange(count)[:, None]
        yield np.bincount(places.ravel(), minlength=count * clusters).reshape(count, clusters)


def bca_interval(estimate: float, replicates: "Numbers", left_out: "Numbers", level: float) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval; ``left_out`` holds the estimates without each cluster.

    Efron (1987), JASA 82:171; Efron and Tibshirani (1993), equations 14.10, 14.14 and 14.15: quantiles of the
    replicates at Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z0 from the share of replicates below the estimate, ties
    counted half, a from the skewness of the jackknife. A bootstrap is too narrow by sqrt((G - 1) / G) and by normal
    in place of t quantiles; so z = sqrt(G / (G - 1)) t_(G - 1) (Hesterberg 2015, The American Statistician 69:371,
    expanded percentiles).
    """
    import numpy as np
    from scipy.special import ndtr, ndtri, stdtrit

    below = np.mean(replicates < estimate - SAME) + np.mean(abs(replicates - estimate) <= SAME) / 2
    bias = ndtri(np.clip(below, 1 / RESAMPLES, 1 - 1 / RESAMPLES))
    clusters = len(left_out)
    z = np.sqrt(clusters / (clusters - 1)) * stdtrit(clusters - 1, (1 + level) / 2)
    shifted = bias + np.array([-z, z])
    room = np.maximum(1 - _acceleration(left_out) * shifted, SAME)
    low, high = np.quantile(replicates, ndtr(bias + shifted / room))
    return min(float(low), estimate), max(float(high), estimate)


def percentile_interval(estimate: float, replicates: "Numbers", clusters: int, level: float) -> tuple[float, float]:
    """Return the percentile interval, for figures to which the jackknife does not apply.

    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3, with the expanded percentiles of
    ``bca_interval``.
    """
    import numpy as np
    from scipy.special import ndtr, stdtrit

    z = np.sqrt(clusters / (clusters - 1)) * stdtrit(clusters - 1, (1 + level) / 2)
    low, high = np.quantile(replicates, ndtr([-z, z]))
    return min(float(low), estimate), max(float(high), estimate)


def jackknife_t_interval(estimate: float, left_out: "Numbers", level: float) -> tuple[float, float]:
    """Return estimate +- t SE with G - 1 degrees of freedom and SE^2 = (G - 1) / G sum_g (left_out_g - mean)^2.

    Tukey (1958), Annals of Mathematical Statistics 29:614; for a mean over equal clusters it is the cluster-robust t.
    """
    import numpy as np
    from scipy.special import stdtrit

    clusters = len(left_out)
    error = np.sqrt((clusters - 1) / clusters * np.sum((left_out - left_out.mean()) ** 2))
    half = float(stdtrit(clusters - 1, (1 + level) / 2) * error)
    return estimate - half, estimate + half


def _acceleration(left_out: "Numbers") -> float:
    """Return a = sum_g u_g^3 / (6 (sum_g u_g^2)^1.5), u_g = mean - left_out_g; 0 where nothing varies."""
    away = left_out.mean() - left_out
    squares = float((away**2).sum())
    return float((away**3).sum()) / (6 * squares**1.5) if squares > SAME * SAME else 0.0
