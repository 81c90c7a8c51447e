"""The mean of values that may be skewed, in clusters: Hall's t, and what so few clusters can't have shown.

A plain t trusts a small spread; but where losses are large and rare, a sample with a small spread is one that has
missed them. Hall's t corrects for the skewness seen; that some were not seen at all is for drops.py.
"""

import math
import statistics
from array import array
from collections.abc import Sequence

from harness.records.record import Record
from harness.stats.arguments import SAME
from harness.stats.clusters import cluster_sums, count_clusters

FAR = 1e6
"""Standard errors: as good as infinitely many."""


class Spread(Record, frozen=True, kw_only=True):
    """A mean, its cluster-robust standard error, the skewness of what its clusters add, and their number."""

    mean: float
    error: float
    skewness: float
    clusters: int


def spread_of(values: Sequence[float], groups: Sequence[str | None]) -> Spread:
    """Return the spread of a mean over at least two clusters.

    The error is that of Cameron and Miller (2015), J. Human Resources 50:317, SE^2 = G / (G - 1) sum_g u_g^2 / n^2 with
    u_g = sum_i in g (d_i - mean); the skewness is that of the u_g.
    """
    mean = statistics.fmean(values)
    parts = array("d", (total - mean * size for total, size in cluster_sums(values, groups, sum)))
    count, squares = len(parts), math.fsum(part * part for part in parts)
    variance = squares / count
    third = math.fsum(part**3 for part in parts) / count
    error = math.sqrt(count / (count - 1) * squares) / len(values)
    if error <= SAME:
        return Spread(mean=mean, error=0.0, skewness=0.0, clusters=count)
    return Spread(mean=mean, error=error, skewness=third / variance**1.5, clusters=count)


def effective_sd(values: Sequence[float], groups: Sequence[str | None]) -> float | None:
    """Return the standard deviation that independent cases would need for the same standard error of the mean.

    Without groups it is the plain standard deviation (n - 1); groups whose cases move together make it larger. None
    for fewer than two clusters.
    """
    if count_clusters(groups) < 2:
        return None
    return spread_of(values, groups).error * math.sqrt(len(values))


def skewed_p_value(spread: Spread, at: float) -> float:
    """Return how likely a mean as high as the one seen is when the true mean is ``at``.

    Hall (1992), J. Royal Statistical Society B 54:221: with T = (mean - at) / SE and s = skewness / sqrt(G), the
    transformed T + s (T^2 / 3 + 1 / 6) + s^2 T^3 / 27 is compared with t of G - 1 degrees of freedom.
    """
    from scipy.special import stdtr

    distance = spread.mean - at
    if spread.error <= SAME:
        return 0.0 if distance > SAME else 1.0
    t = min(max(distance / spread.error, -FAR), FAR)
    s = spread.skewness / math.sqrt(spread.clusters)
    return float(stdtr(spread.clusters - 1, -(t + s * (t * t / 3 + 1 / 6) + s * s * t**3 / 27)))


def skewed_interval(spread: Spread, level: float) -> tuple[float, float]:
    """Return the interval of all means that ``skewed_p_value`` does not rule out at either end."""
    from scipy.special import stdtrit

    reach = float(stdtrit(spread.clusters - 1, (1 + level) / 2))
    s = spread.skewness / math.sqrt(spread.clusters)
    low, high = (spread.mean - _untransformed(end, s) * spread.error for end in (reach, -reach))
    return min(low, spread.mean), max(high, spread.mean)


def _untransformed(z: float, s: float) -> float:
    """Return the T that Hall's transformation maps to ``z``."""
    if abs(s) <= SAME:
        return z
    return 3 / s * (math.cbrt(1 + s * (z - s / 6)) - 1)
