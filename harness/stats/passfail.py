"""Two models that pass or fail the same cases, each case on its own: tests and intervals from counts alone."""

import math
import statistics
from functools import lru_cache

from harness.stats.arguments import SAME, check_counts, two_sided_z

HALVINGS = 60
"""Steps of a root search: the last interval is narrower than a float can show."""


def score_p_value(lost: float, won: float, n: float, delta: float) -> float:
    """Return how likely a statistic as large as ``score_statistic`` is when the difference is ``delta``, one-sided."""
    statistic = score_statistic(lost, won, n, delta)
    if math.isfinite(statistic):
        return statistics.NormalDist().cdf(-statistic)
    return 0.0 if statistic > 0 else 1.0


def paired_score_interval(lost: float, won: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Tango's interval for the difference of two accuracies on the same ``n`` cases.

    Tango (1998), Statistics in Medicine 17:891: all D at which ``score_statistic`` is
    within +-z. Without any loss or win it is +-z^2 / (n + z^2), never empty. Counts and ``n`` may be fractions.

    >>> [round(end, 4) for end in paired_score_interval(209, 152, 1319)]
    [-0.0715, -0.0151]
    """
    check_counts(lost, won, n)
    z = two_sided_z(level)
    return _score_low(lost, won, n, z), -_score_low(won, lost, n, z)


def mcnemar_exact(lost: int, won: int) -> float:
    """Return the exact two-sided p value that losses and wins are equally likely; 1 when there are none.

    McNemar (1947), Psychometrika 12:153, with the exact binomial distribution of the losses among all flips:
    p = min(1, 2 P(X <= min(lost, won))), X binomial with lost + won trials of 1/2.
    """
    from scipy.special import bdtr

    check_counts(lost, won, max(lost + won, 1))
    return min(1.0, 2 * float(bdtr(min(lost, won), lost + won, 0.5)))


def wilson_interval(k: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval for a share of which ``k`` of ``n`` were seen; both may be fractions.

    Wilson (1927), JASA 22:209: (k + z^2/2 +- z sqrt(k (n - k) / n + z^2/4)) / (n + z^2).
    """
    check_counts(k, 0, n)
    z = two_sided_z(level)
    centre = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(max(k * (n - k), 0.0) / n + z * z / 4) / (n + z * z)
    return max(0.0, min(centre - half, k / n)), min(1.0, max(centre + half, k / n))


def null_variance(lost: float, won: float, n: float, delta: float) -> float:
    """Return the variance of one case's difference, estimated under the hypothesis that its mean is ``delta``.

    It is 2q + D(1 - D) of ``score_statistic``.
    """
    a = 2 * n
    b = -(lost + won) + (2 * n - won + lost) * delta
    c = -lost * delta * (1 - delta)
    q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    return 2 * q + delta * (1 - delta)


def score_statistic(lost: float, won: float, n: float, delta: float) -> float:
    """Return how many standard errors the difference of two accuracies on the same ``n`` cases is above ``delta``.

    Score statistic of Nam (1997), Biometrics 53:1422, and Tango (1998), Statistics in Medicine 17:891. With D = delta:
    T = (won - lost - nD) / sqrt(n (2q + D(1 - D))), where q is the probability of a loss, estimated under D: the larger
    root of A q^2 + B q + C with A = 2n, B = -(lost + won) + (2n - won + lost) D, C = -lost D (1 - D). Counts and ``n``
    may be fractions. It is infinite where nothing can vary.
    """
    distance = won - lost - n * delta
    variance = n * null_variance(lost, won, n, delta)
    if variance <= 0:
        return math.copysign(math.inf, distance) if abs(distance) > SAME else 0.0
    return distance / math.sqrt(variance)


@lru_cache(maxsize=4096)  # many candidates on the same cases have the same few counts
def _score_low(lost: float, won: float, n: float, z: float) -> float:
    """Return the difference below the one seen at which the score statistic, which falls as D grows, is z."""
    # Bisection, since scipy's root finders take half a second to import, and every gate would need it.
    low, high = -1.0, (won - lost) / n
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if score_statistic(lost, won, n, middle) > z:
            low = middle
        else:
            high = middle
    return low
