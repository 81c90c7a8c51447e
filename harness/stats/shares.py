"""How large a mean may be at most or at least whatever the data, and the cases that a bound of a share needs."""

import math
from collections.abc import Sequence

from harness.stats.arguments import ALPHA, SAME, check_level, check_values, z
from harness.stats.binomial import share_p_value
from harness.stats.clusters import clustered, design_effect
from harness.stats.drops import fewest_cases

EXACT_UP_TO = 2000
"""Up to about this many cases the number needed is found exactly; beyond, the approximation is within 2 %."""


def mean_p_value(values: Sequence[float], groups: Sequence[str | None], mean: float) -> float:
    """Return the most that the probability of so low a mean can be when the true one is ``mean``; at most 1.

    Hoeffding (1963), JASA 58:13, theorem 2, over clusters: exp(-2 d^2 / sum_g w_g^2), where d is the distance and w_g
    the share of the cases in cluster g. It holds for any scores in [0, 1], and grows with every one of them.
    """
    check_values(values, groups, 0.0)
    n = len(values)
    distance = max(mean - math.fsum(values) / n, 0.0)
    return math.exp(-2 * distance**2 / math.fsum((len(cluster) / n) ** 2 for cluster in clustered(values, groups)))


def highest_bound(clusters: float, alpha: float = ALPHA) -> float:
    """Return the highest one-sided lower bound at 1 - ``alpha`` that this many clusters can show, all of them at 1.

    With a true mean of b they can all be at 1 with probability b^clusters, which is ``alpha`` at this bound.
    """
    return float(alpha ** (1 / clusters))


def share_interval(values: Sequence[float], groups: Sequence[str | None], level: float) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for cases that pass or fail in groups, as ``exact_interval``.

    Counts are divided by the design effect (Rao and Scott 1992, Biometrics 48:577; Korn and Graubard 1998, Survey
    Methodology 24:193), and may be fractions: the ends are quantiles of beta distributions.
    """
    from scipy.special import betaincinv

    check_values(values, groups, 0.0)
    check_level(level)
    n, tail = len(values) / design_effect(values, groups), (1 - level) / 2
    right = math.fsum(values) / len(values) * n
    wrong = n - right
    low = float(betaincinv(right, wrong + 1, tail)) if right > SAME else 0.0
    return low, 1 - float(betaincinv(wrong, right + 1, tail)) if wrong > SAME else 1.0


def cases_needed_share(bound: float, truth: float, power: float = 0.8) -> int:
    """Return how many cases show by ``exact_interval`` that a share of ``truth`` is above ``bound`` (one-sided 95 %).

    With this number and with each larger one they do with probability ``power``: by the binomial distribution up to
    about 2,000 cases, and beyond by its normal approximation and 1 / (truth - bound) for whole cases.
    """
    if not 0 < bound < truth <= 1:
        raise ValueError(f"needs 0 < bound < truth <= 1, got {bound} and {truth}")
    spreads = z(1 - ALPHA) * math.sqrt(bound * (1 - bound)) + z(power) * math.sqrt(truth * (1 - truth))
    rough = math.ceil((spreads / (truth - bound)) ** 2)
    if rough > EXACT_UP_TO:
        return rough + math.ceil(1 / (truth - bound))
    # From a number that is enough downwards to the first that is not; what must be right falls by one or stays.
    cases = math.ceil(1.25 * rough + 2 / bound) + 2 * fewest_cases(1 - bound) + 20
    right = next(k for k in range(math.floor(cases * bound), cases + 1) if _shows(k, cases, bound))
    while cases and right <= cases and share_p_value(cases - right, cases, 1 - truth) >= power:
        cases -= 1
        if right > 0 and _shows(right - 1, cases, bound):
            right -= 1
    return cases + 1


def _shows(right: int, cases: int, bound: float) -> bool:
    """Tell whether so many right rule out a share of ``bound``, at one-sided 95 %."""
    return right > 0 and share_p_value(cases - right, cases, 1 - bound) <= ALPHA
