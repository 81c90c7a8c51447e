"""How large a share or a mean really is: exact bounds, p values, and the cases that a bound needs."""

import math
from collections.abc import Sequence

from harness.stats.arguments import ALPHA, check_counts, check_level, check_values, z
from harness.stats.clusters import clustered
from harness.stats.drops import fewest_cases

EXACT_UP_TO = 2000
"""Up to about this many cases the number needed is found exactly; beyond, the approximation is within 2 %."""
HALVINGS = 50
"""Steps of a root search: the last interval is narrower than any figure that is shown or compared."""
NEGLIGIBLE = 1e-17


def exact_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval for a share of which ``k`` of ``n`` were seen.

    Clopper and Pearson (1934), Biometrika 26:404. Each end alone is a one-sided bound at (1 + level) / 2 that is wrong
    at most that rarely. For n = 20 to 300 and shares of .80 to .95, Wilson's one-sided 95 % bounds are wrong in up to
    7.2 % (lower, n = 25) and 11.6 % (upper, n = 24), mid-p's in up to 9.9 %, those of Cai (2005), J. Statistical
    Planning and Inference 131:63, in up to 12.9 %; these in 5 %.

    >>> [round(end, 4) for end in exact_interval(59, 59, 0.9)]
    [0.9505, 1.0]
    """
    check_counts(k, 0, n)
    check_level(level)
    tail = (1 - level) / 2
    return 1 - _upper(n - k, n, tail), _upper(k, n, tail)


def _upper(k: int, n: int, tail: float) -> float:
    """Return the share at which at most ``k`` of ``n`` have the probability ``tail``."""
    # Bisection on plain sums, since scipy takes a second to import, and every gate with a floor would need it.
    if k == n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if share_p_value(k, n, middle) > tail:
            low = middle
        else:
            high = middle
    return high


def share_p_value(k: int, n: int, share: float) -> float:
    """Return how likely at most ``k`` of ``n`` are when each has the probability ``share``.

    The binomial distribution function, summed from the far end's largest term.

    >>> share_p_value(0, 5, 0.5)
    0.03125
    """
    check_counts(k, 0, n)
    if k == n or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    if k > n * share:
        return 1 - share_p_value(n - k - 1, n, 1 - share)
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    term = math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))
    total, odds = term, (1 - share) / share
    for i in range(k, 0, -1):
        term *= i / (n - i + 1) * odds
        total += term
        if term < NEGLIGIBLE * total:
            break
    return min(total, 1.0)


def mean_p_value(values: Sequence[float], groups: Sequence[str | None], mean: float) -> float:
    """Return the most that the probability of so low a mean can be when the true one is ``mean``; at most 1.

    Hoeffding (1963), JASA 58:13, theorem 2, over clusters: exp(-2 d^2 / sum_g w_g^2), where d is the distance and w_g
    the share of the cases in cluster g. It holds for any scores in [0, 1], and grows with every one of them.
    """
    check_values(values, groups, 0.0)
    n = len(values)
    distance = max(mean - math.fsum(values) / n, 0.0)
    return math.exp(-2 * distance**2 / math.fsum((len(cluster) / n) ** 2 for cluster in clustered(values, groups)))


def highest_bound(clusters: int) -> float:
    """Return the highest one-sided 95 % lower bound that this many clusters can show, all of them at 1.

    With a true mean of b they can all be at 1 with probability b^clusters, which is 5 % at this bound.
    """
    return float(ALPHA ** (1 / clusters))


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
