"""What a number of cases can show, and what chance alone does."""

import math

from harness.stats.arguments import ALPHA, SAME, two_sided_z, z
from harness.stats.passfail import null_variance


def noise_floor(spread: float, n: int) -> float:
    """Return what chance alone moves the mean of ``n`` paired differences by, at one-sided 95 %.

    ``spread`` is the mean squared change of a score when the same model is asked again; two askings of one model
    differ by a mean of 0 with standard error sqrt(spread / n).
    """
    if n < 1 or not 0 <= spread <= 1:
        raise ValueError(f"n must be at least 1 and spread be in [0, 1], got n={n}, spread={spread}")
    return z(1 - ALPHA) * math.sqrt(spread / n)


def minimum_detectable_effect(n: int, sd: float, power: float = 0.8, alpha: float = ALPHA) -> float:
    """Return the true difference that a two-sided test at ``alpha`` finds with probability ``power``.

    Miller (2024), arXiv:2411.00640, section on power: (z_(1 - alpha/2) + z_power) sd / sqrt(n), where ``sd``
    is the standard deviation of the paired differences over cases. Scores of repeats are averaged within their case:
    repeats lower ``sd`` and never add to ``n``.

    >>> [round(minimum_detectable_effect(n, 0.5), 3) for n in (100, 1000)]
    [0.14, 0.044]
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return (two_sided_z(1 - alpha) + z(power)) * _checked_sd(sd) / math.sqrt(n)


def cases_needed(sd: float, margin: float, power: float = 0.8) -> int:
    """Return how many cases show, with probability ``power``, that two equal sides differ by less than ``margin``.

    For scores that are not pass or fail, by the one-sided 5 % t test. Guenther (1981), The American Statistician
    35:243: (z_0.95 + z_power)^2 sd^2 / margin^2 + z_0.95^2 / 2. Without any variance, the number at which
    ``paired_mean_interval`` rules out the margin.
    """
    _check_power(margin, power)
    if _checked_sd(sd) <= SAME:
        return cases_needed_passfail(0.0, margin, power)
    return max(2, math.ceil(((z(1 - ALPHA) + z(power)) * sd / margin) ** 2 + z(1 - ALPHA) ** 2 / 2))


def cases_needed_passfail(discordant: float, margin: float, power: float = 0.8) -> int:
    """Return how many cases ``noninferiority_score`` needs to pass two equal sides with probability ``power``.

    ``discordant`` is the share of cases that flip. Nam (1997), Biometrics 53:1422, sample size under equality:
    ((z_0.95 sqrt(v) + z_power sqrt(discordant)) / margin)^2, where v = 2q + D(1 - D) as in the test.
    """
    _check_power(margin, power)
    if not 0 <= discordant <= 1:
        raise ValueError(f"discordant must be in [0, 1], got {discordant}")
    variance = max(null_variance(discordant / 2, discordant / 2, 1, -margin), 0.0)
    root = (z(1 - ALPHA) * math.sqrt(variance) + z(power) * math.sqrt(discordant)) / margin
    return max(1, math.ceil(root * root))


def _checked_sd(sd: float) -> float:
    if not 0 <= sd < math.inf:
        raise ValueError(f"sd must be finite and not negative, got {sd}")
    return sd


def _check_power(margin: float, power: float) -> None:
    if not (0 < margin <= 1 and 0 < power < 1):
        raise ValueError(f"margin must be in (0, 1] and power in (0, 1), got {margin} and {power}")
