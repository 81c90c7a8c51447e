"""A day against all days before it, as a normal score: right however little there was before."""

import math
from typing import TYPE_CHECKING, NamedTuple

from harness.stats.summed import Averaged, Counted, Summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FAR = 1e9
FARTHEST = 8.0
"""Scores are cut here: beyond, the models of tails mean nothing, and one such day is an alarm in any case."""
MOST_SKEWED = 1.0
"""Skewness of a day's mean up to which it is corrected in full."""
NEGLIGIBLE = 1e-12
TERMS = 32
"""Of a tail, added at once."""
STRAIGHT = 1e-6
"""Skewness below which there is nothing to correct."""


class Past(NamedTuple):
    """All values before a day: numbers, or arrays for many charts at once."""

    mean: "Numbers | float"
    sd: "Numbers | float"
    skewness: "Numbers | float"
    n: "Numbers | float"


def score(day: Summary, before: Summary) -> float:
    """Return how far a day is from what was before, as a score that is standard normal while nothing changes.

    Raises:
        ValueError: one is a share and the other a mean.
    """
    if isinstance(day, Counted) and isinstance(before, Counted):
        return float(share_scores(day.k, day.n, before.k, before.n))
    if isinstance(day, Averaged) and isinstance(before, Averaged):
        return float(mean_scores(day.mean, day.n, Past(before.mean, before.sd, before.skewness, before.n)))
    raise ValueError(f"a share and a mean can't be compared: {day} and {before}")


def share_scores(
    k: "Numbers | float", n: "Numbers | float", old_k: "Numbers | float", old_n: "Numbers | float"
) -> "Numbers":
    """Return the scores of shares ``k`` of ``n`` after ``old_k`` of ``old_n``; numbers or arrays.

    Quesenberry (1991), J. Quality Technology 23:239: given how many there are in all, k is hypergeometric, whatever the
    true share. Its mid-p value P(X < k) + P(X = k) / 2 becomes a normal score. Those of few counts vary by less than 1.
    """
    import numpy as np
    from scipy.special import ndtri

    k, n, old_k, old_n = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in (k, n, old_k, old_n)))
    above = k * old_n > old_k * n
    k, old_k = np.where(above, n - k, k), np.where(above, old_n - old_k, old_k)
    marked, other = k + old_k, n - k + old_n - old_k
    chosen = _log_choose(marked, k) + _log_choose(other, n - k) - _log_choose(marked + other, n)
    term = np.exp(chosen)
    tail = term / 2
    while np.any(term > NEGLIGIBLE * tail):
        steps = np.subtract.outer(-np.arange(TERMS), -k)
        terms = term * np.cumprod(steps * (other - n + steps) / ((marked - steps + 1) * (n - steps + 1)), axis=0)
        tail, term, k = tail + terms.sum(axis=0), terms[-1], k - TERMS
    return np.asarray(np.where(above, -1, 1) * np.maximum(ndtri(tail), -FARTHEST))


def mean_scores(mean: "Numbers | float", n: "Numbers | float", past: Past) -> "Numbers":
    """Return the scores of means of ``n`` values each after the values that were before.

    Quesenberry (1991), J. Quality Technology 23:213: with T = (mean - past.mean) / (past.sd sqrt(1 / n + 1 / past.n)),
    which is t with past.n - 1 degrees of freedom, as a normal score. Skewness g that is left is taken away: on the
    long tail by (6 / g) (cbrt(1 + g z / 2) - 1) + g / 6 (Wilson and Hilferty 1931), on the short one by
    z - g (z^2 - 1) / 6 (Cornish and Fisher 1938). Nothing ever varied before: 0 for the same mean, else the farthest.
    """
    import numpy as np
    from scipy.special import ndtri, stdtr

    n, old_n = np.asarray(n, dtype=float), np.asarray(past.n, dtype=float)
    apart, share = np.asarray(mean, dtype=float) - past.mean, 1 / n + 1 / old_n
    error = past.sd * np.sqrt(share)
    t = np.where(error > 0, apart / np.where(error > 0, error, 1), np.sign(apart) * FAR)
    z = -np.sign(t) * ndtri(stdtr(np.maximum(old_n - 1, 1), -np.abs(t)))
    z = np.clip(z, -FARTHEST, FARTHEST)
    g = np.clip(past.skewness * (1 / n**2 - 1 / old_n**2) / share**1.5, -MOST_SKEWED, MOST_SKEWED)
    safe = np.where(np.abs(g) > STRAIGHT, g, 1.0)
    long = 6 / safe * (np.cbrt(1 + safe * z / 2) - 1) + safe / 6
    short = z - safe * (z * z - 1) / 6
    return np.clip(np.where(np.abs(g) <= STRAIGHT, z, np.where(safe * z > 0, long, short)), -FARTHEST, FARTHEST)


def normal_of_t(t: float, freedom: float) -> float:
    """Return the normal score of a t value."""
    from scipy.special import ndtri, stdtr

    return math.copysign(min(-float(ndtri(stdtr(freedom, -abs(t)))), FARTHEST), t)


def t_of_normal(score: float, freedom: float) -> float:
    """Return the t value of a normal score."""
    from scipy.special import ndtr, stdtrit

    return float(stdtrit(freedom, ndtr(score)))


def _log_choose(n: "Numbers", k: "Numbers") -> "Numbers":
    import numpy as np
    from scipy.special import gammaln

    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
