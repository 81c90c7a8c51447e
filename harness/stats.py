"""Intervals, non-inferiority and power for paired scores: numbers in, numbers out.

Signs: a difference is candidate minus baseline. ``lost`` counts cases that the baseline had right and the candidate
has wrong, ``won`` the reverse. Wrong arguments are a ValueError; thresholds and words belong to gates.py.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from harness.records import Estimate, Record

ALPHA = 0.05
SAME = 1e-9
"""Values closer than this are the same: rounding is not variance."""
FEW = 10
"""Fewer clusters than this that differ say too little about the spread for a t interval alone."""
EDGE = 1e-12
"""How far a root search stays away from the points where the score statistic is 0 / 0."""


class TestResult(Record, frozen=True, kw_only=True):
    """The outcome of a one-sided test; ``passed`` when ``p_value`` lies below 5 %."""

    __test__: ClassVar[bool] = False  # pytest would take the name for a test's

    statistic: float
    p_value: float
    passed: bool


def noninferiority_score(lost: int, won: int, n: int, margin: float) -> TestResult:
    """Test whether the candidate's accuracy is less than ``margin`` below the baseline's, on the same ``n`` cases.

    Score test of Nam (1997), Biometrics 53:1422, and Tango (1998), Statistics in Medicine 17:891. With D = -margin:
    T = (won - lost - nD) / sqrt(n (2q + D(1 - D))), where q is the probability of a loss, estimated under the
    hypothesis: the larger root of A q^2 + B q + C with A = 2n, B = -(lost + won) + (2n - won + lost) D,
    C = -lost D (1 - D).
    """
    _check_counts(lost, won, n)
    if not 0 < margin <= 1:
        raise ValueError(f"margin must lie in (0, 1], got {margin}")
    statistic = _score_statistic(lost, won, n, -margin)
    p_value = statistics.NormalDist().cdf(-statistic) if math.isfinite(statistic) else 0.0
    return TestResult(statistic=statistic, p_value=p_value, passed=p_value < ALPHA)


def paired_score_interval(lost: float, won: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Tango's interval for the difference of two accuracies on the same ``n`` cases.

    Tango (1998), Statistics in Medicine 17:891: all D at which the score statistic of ``noninferiority_score`` lies
    within +-z. Without any loss or win it is +-z^2 / (n + z^2), never empty. Counts may be fractions.

    >>> [round(end, 4) for end in paired_score_interval(209, 152, 1319)]
    [-0.0715, -0.0151]
    """
    _check_counts(lost, won, n)
    z = _two_sided_z(level)
    return _score_low(lost, won, n, z), -_score_low(won, lost, n, z)


def mcnemar_exact(lost: int, won: int) -> float:
    """Return the exact two-sided p value that losses and wins are equally likely; 1 when there are none.

    McNemar (1947), Psychometrika 12:153, with the exact binomial distribution of the losses among all flips.
    """
    from scipy.stats import binomtest

    _check_counts(lost, won, max(lost + won, 1))
    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def wilson_interval(k: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval for a share of which ``k`` of ``n`` were seen; ``k`` may be a fraction.

    Wilson (1927), JASA 22:209: (k + z^2/2 +- z sqrt(k (n - k) / n + z^2/4)) / (n + z^2).
    """
    _check_counts(k, 0, n)
    z = _two_sided_z(level)
    centre = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return max(0.0, min(centre - half, k / n)), min(1.0, max(centre + half, k / n))


def paired_mean_interval(differences: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of paired differences in [-1, 1] with its cluster-robust t interval.

    Cases of one group are one cluster; None is a cluster of its own. Cameron and Miller (2015), J. Human Resources
    50:317: SE^2 = G / (G - 1) sum_g (sum_i in g (d_i - mean))^2 / n^2, with t at G - 1 degrees of freedom.

    One cluster shows no variance between clusters: the interval is then [-1, 1]. Where most clusters agree and fewer
    than ten differ, the spread says little about what was not seen, so the interval is widened to hold Tango's as
    well, with the sums of drops and gains as counts on G cases: 20 cases without any change leave +-0.16 open.
    """
    _check_values(differences, groups, -1.0)
    mean, low, high, clusters, method = _robust_t(differences, groups, level)
    if mostly_equal(differences, groups):
        share = clusters / len(differences)
        lost = share * math.fsum(max(-value, 0.0) for value in differences)
        won = share * math.fsum(max(value, 0.0) for value in differences)
        tango = paired_score_interval(lost, won, clusters, level)
        low, high = min(low, tango[0]), max(high, tango[1])
        method += ", widened to the score interval since few differ"
    return Estimate(mean=mean, low=max(low, -1.0), high=min(high, 1.0), n=len(differences), method=method)


def mean_interval(values: Sequence[float], groups: Sequence[str | None], level: float = 0.95) -> Estimate:
    """Return the mean of scores in [0, 1] with its cluster-robust t interval.

    As ``paired_mean_interval``; one cluster gives [0, 1], and where few clusters differ Wilson's interval, with the
    sum of the scores as count on G cases, takes the place of Tango's.
    """
    _check_values(values, groups, 0.0)
    mean, low, high, clusters, method = _robust_t(values, groups, level)
    if mostly_equal(values, groups):
        wilson = wilson_interval(min(mean * clusters, clusters), clusters, level)
        low, high = min(low, wilson[0]), max(high, wilson[1])
        method += ", widened to Wilson's since few differ"
    return Estimate(mean=mean, low=max(low, 0.0), high=min(high, 1.0), n=len(values), method=method)


def noise_floor(spread: float, n: int) -> float:
    """Return what chance alone moves the mean of ``n`` paired differences by, at one-sided 95 %.

    ``spread`` is the mean squared change of a score when the same model is asked again; two askings of one model
    differ by a mean of 0 with standard error sqrt(spread / n).
    """
    if n < 1 or not 0 <= spread <= 1:
        raise ValueError(f"n must be at least 1 and spread lie in [0, 1], got n={n}, spread={spread}")
    return _z(1 - ALPHA) * math.sqrt(spread / n)


def mostly_equal(values: Sequence[float], groups: Sequence[str | None]) -> bool:
    """Tell whether most clusters have the same mean and fewer than ten have another."""
    means = [statistics.fmean(cluster) for cluster in _clusters(values, groups)]
    middle = statistics.median(means)
    away = sum(abs(mean - middle) > SAME for mean in means)
    return away < FEW and 2 * away < len(means)


def count_clusters(groups: Sequence[str | None]) -> int:
    """Return the number of independent clusters: the groups, and each case without one."""
    return len({group for group in groups if group is not None}) + sum(group is None for group in groups)


def effective_sd(values: Sequence[float], groups: Sequence[str | None]) -> float | None:
    """Return the standard deviation that independent cases would need for the same standard error of the mean.

    Without groups it is the plain standard deviation (n - 1); groups whose cases move together make it larger. None
    for fewer than two clusters.
    """
    if count_clusters(groups) < 2:
        return None
    return _standard_error(values, groups) * math.sqrt(len(values))


def minimum_detectable_effect(n: int, sd: float, power: float = 0.8, alpha: float = ALPHA) -> float:
    """Return the true difference that a two-sided test at ``alpha`` finds with probability ``power``.

    Miller (2024), arXiv:2411.00640, section on power: (z_(1 - alpha/2) + z_power) sd / sqrt(n), where ``sd`` is the
    standard deviation of the paired differences.

    >>> [round(minimum_detectable_effect(n, 0.5), 3) for n in (100, 1000)]
    [0.14, 0.044]
    """
    if n < 1 or not 0 <= sd < math.inf:
        raise ValueError(f"n must be at least 1 and sd finite and not negative, got n={n}, sd={sd}")
    return (_two_sided_z(1 - alpha) + _z(power)) * sd / math.sqrt(n)


def cases_needed(sd: float, margin: float, power: float = 0.8) -> int:
    """Return how many cases show, with probability ``power``, that two equal sides differ by less than ``margin``.

    For scores that are not pass or fail, by the one-sided 5 % t test. Guenther (1981), The American Statistician
    35:243: (z_0.95 + z_power)^2 sd^2 / margin^2 + z_0.95^2 / 2. Without any variance, the number at which
    ``paired_mean_interval`` excludes the margin.
    """
    _check_power(margin, power)
    if not 0 <= sd < math.inf:
        raise ValueError(f"sd must be finite and not negative, got {sd}")
    if sd <= SAME:
        return cases_needed_passfail(0.0, margin, power)
    z = _z(1 - ALPHA)
    return max(2, math.ceil(((z + _z(power)) * sd / margin) ** 2 + z * z / 2))


def cases_needed_passfail(discordant: float, margin: float, power: float = 0.8) -> int:
    """Return how many cases ``noninferiority_score`` needs to pass two equal sides with probability ``power``.

    ``discordant`` is the share of cases that flip. Nam (1997), Biometrics 53:1422, sample size under equality:
    ((z_0.95 sqrt(v) + z_power sqrt(discordant)) / margin)^2, where v = 2q + D(1 - D) as in the test.
    """
    _check_power(margin, power)
    if not 0 <= discordant <= 1:
        raise ValueError(f"discordant must lie in [0, 1], got {discordant}")
    variance = max(_null_variance(discordant / 2, discordant / 2, 1, -margin), 0.0)
    root = (_z(1 - ALPHA) * math.sqrt(variance) + _z(power) * math.sqrt(discordant)) / margin
    return max(1, math.ceil(root * root))


def _null_variance(lost: float, won: float, n: float, delta: float) -> float:
    """Return the variance of one case's difference, estimated under the hypothesis that its mean is ``delta``."""
    a = 2 * n
    b = -(lost + won) + (2 * n - won + lost) * delta
    c = -lost * delta * (1 - delta)
    q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    return 2 * q + delta * (1 - delta)


def _score_statistic(lost: float, won: float, n: int, delta: float) -> float:
    distance = won - lost - n * delta
    variance = n * _null_variance(lost, won, n, delta)
    if variance <= 0:
        return math.copysign(math.inf, distance) if abs(distance) > SAME else 0.0
    return distance / math.sqrt(variance)


def _score_low(lost: float, won: float, n: int, z: float) -> float:
    from scipy.optimize import brentq

    estimate = (won - lost) / n
    if estimate <= -1 + 2 * EDGE:
        return -1.0
    root = brentq(lambda delta: _score_statistic(lost, won, n, delta) - z, -1 + EDGE, estimate - EDGE)
    return min(float(root), estimate)


def _robust_t(
    values: Sequence[float], groups: Sequence[str | None], level: float
) -> tuple[float, float, float, int, str]:
    """Return mean, low, high, number of clusters, and the method's name."""
    _check_level(level)
    mean, clusters = statistics.fmean(values), count_clusters(groups)
    if clusters < 2:
        return mean, -math.inf, math.inf, clusters, "no interval: one cluster shows no variance"
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, clusters - 1)) * _standard_error(values, groups)
    return mean, mean - half, mean + half, clusters, f"cluster-robust t, {clusters} clusters"


def _standard_error(values: Sequence[float], groups: Sequence[str | None]) -> float:
    mean = statistics.fmean(values)
    totals = [math.fsum(value - mean for value in cluster) for cluster in _clusters(values, groups)]
    squares = math.fsum(total * total for total in totals)
    return math.sqrt(len(totals) / (len(totals) - 1) * squares) / len(values)


def _clusters(values: Sequence[float], groups: Sequence[str | None]) -> list[list[float]]:
    found: defaultdict[str | int, list[float]] = defaultdict(list)
    for place, (value, group) in enumerate(zip(values, groups, strict=True)):
        found[place if group is None else group].append(value)
    return list(found.values())


def _check_counts(lost: float, won: float, n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if not (lost >= 0 and won >= 0 and lost + won <= n + SAME):
        raise ValueError(f"counts must not be negative nor add up to more than n, got {lost} and {won} of {n}")


def _check_values(values: Sequence[float], groups: Sequence[str | None], least: float) -> None:
    if not values or len(values) != len(groups):
        raise ValueError(f"at least one value and a group for each are needed, got {len(values)} and {len(groups)}")
    for value in values:
        if not least <= value <= 1:
            raise ValueError(f"values must lie in [{least:g}, 1], got {value}")


def _check_power(margin: float, power: float) -> None:
    if not (0 < margin <= 1 and 0 < power < 1):
        raise ValueError(f"margin must lie in (0, 1] and power in (0, 1), got {margin} and {power}")


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), got {level}")


def _two_sided_z(level: float) -> float:
    _check_level(level)
    return _z((1 + level) / 2)


def _z(probability: float) -> float:
    return statistics.NormalDist().inv_cdf(probability)
