"""What a number of cases can show, and what chance alone does. By simulation from an earlier run: pilots.py."""

import math
from collections.abc import Callable, Sequence

from harness.stats.arguments import ALPHA, SAME, two_sided_z, z
from harness.stats.binomial import binomial
from harness.stats.clusters import all_flips, count_clusters, effective_clusters, effective_counts, mostly_equal
from harness.stats.drops import fewest_cases, guaranteed_fewest_cases
from harness.stats.passfail import score_statistic
from harness.stats.skewed import Spread, skewed_interval, spread_of

STRICTER = 0.04
"""The guaranteed tests pass what Tango's score test passes at this level, but for a win of a few dozen; so does the
exact test for few cases."""
FEW = 200
"""Cases up to which the exact test is stricter than the score test: ten points of power at two or three flips."""
EXACTLY = 1_000
"""Cases up to which power is a sum over all outcomes; beyond, the normal distribution is right within half a point."""
REACH = 6.0
"""Standard deviations from its mean beyond which a number of discordant cases is left out."""


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


def cases_needed(sd: float, margin: float, power: float = 0.8, skewness: float = 0.0) -> int:
    """Return about how many cases rule out a drop of ``margin`` with probability ``power`` when the sides are equal.

    For scores that are not pass or fail, judged by Hall's t (skewed.py): with s = skewness / sqrt(n), negative where
    losses are large, and T the least statistic that passes, sqrt(n) margin / sd = z_power + T (1 - s z_power / 2). The
    last factor is how much larger the standard error is in the samples that show the most loss. In simulations of
    many kinds of scores at least 78 % pass where ``power`` is 80 %, but for losses so rare that they are seen once or
    twice (74 %). What is ruled out by fewer than ``fewest_cases`` is for the caller to know.
    """
    check_power(margin, power)
    margins, skewness = margin / max(_checked_sd(sd), SAME), min(skewness, 0.0)
    return _first(2, lambda n: _shown(n, margins, skewness, power) >= 0)


def guaranteed_cases_needed(sd: float, margin: float, power: float = 0.8) -> int:
    """Return ``cases_needed`` under a guarantee, by Gaffke's bound (guaranteed.py).

    Its exponential weights spread a case's distance to the margin once more, and one unseen case counts as lost:
    n margin - 1 = sqrt(n) (z_0.95 sqrt(sd^2 + margin^2) + z_power sd).
    """
    check_power(margin, power)
    spread = z(1 - ALPHA) * math.hypot(_checked_sd(sd), margin) + z(power) * sd
    return max(fewest_cases(margin), math.ceil(_solved(margin, spread, 1.0)))


def cases_needed_passfail(discordant: float, margin: float, power: float = 0.8) -> int:
    """Return from how many pass-or-fail cases on two equal sides pass with at least probability ``power``.

    ``discordant`` is the share of cases that flip. Power rises in teeth: a few cases more can have less of it; so this
    is the number from which on it is never less. The probability is a sum over all outcomes that Tango's score test
    passes. ``passfail_p_value``, which decides, has the same power within a point beyond ``FEW`` cases; with fewer it
    has at least that of the score test at the level ``STRICTER``.
    """
    needed = _needed(discordant, margin, power, z(1 - ALPHA))
    if discordant <= 0 or needed >= FEW:
        return needed
    return max(needed, min(FEW, _needed(discordant, margin, power, z(1 - STRICTER))))


def guaranteed_cases_needed_passfail(discordant: float, margin: float, power: float = 0.8) -> int:
    """Return ``cases_needed_passfail`` under a guarantee; groups that flip as one are a case each."""
    return max(guaranteed_fewest_cases(margin), _needed(discordant, margin, power, z(1 - STRICTER)))


def cases_needed_like(
    differences: Sequence[float], groups: Sequence[str | None], margin: float, power: float = 0.8
) -> int | None:
    """Return about how many cases like these rule out ``margin`` with probability ``power`` when the sides are equal.

    By the tests of ``margin_p_value``, each with the formula of its own. None for a single group.
    """
    n, clusters, flips = len(differences), count_clusters(groups), all_flips(differences)
    share = min(math.fsum(map(abs, differences)) / n, 1.0)
    if flips and clusters == n:
        return cases_needed_passfail(share, margin, power)
    if clusters < 2:
        return None
    few, spread, needed = mostly_equal(differences, groups), spread_of(differences, groups), float(fewest_cases(margin))
    if not flips:
        needed = _unseen(spread.error * math.sqrt(clusters), margin, power) * n / effective_clusters(groups)
    if flips or not few:
        skewness = 0.0 if flips else spread.skewness * math.sqrt(n / clusters)
        needed = max(needed, cases_needed(spread.error * math.sqrt(n), margin, power, skewness))
    if flips or few:
        alone = n / effective_counts(differences, groups).n
        needed = max(needed, cases_needed_passfail(share, margin, power) * alone)
    return math.ceil(needed)


def guaranteed_cases_needed_like(
    differences: Sequence[float], groups: Sequence[str | None], margin: float, power: float = 0.8
) -> int | None:
    """Return ``cases_needed_like`` for gates that must pass both tests, under a guarantee."""
    n, clusters, needed = (
        len(differences),
        count_clusters(groups),
        cases_needed_like(differences, groups, margin, power),
    )
    if needed is None or clusters < 2:
        return needed
    if all_flips(differences) and clusters == n:
        return guaranteed_cases_needed_passfail(min(math.fsum(map(abs, differences)) / n, 1.0), margin, power)
    sd = spread_of(differences, groups).error * math.sqrt(clusters)
    return max(needed, math.ceil(guaranteed_cases_needed(sd, margin, power) * n / effective_clusters(groups)))


def check_power(margin: float, power: float) -> None:
    """Raise ValueError unless margin and power are possible."""
    if not (0 < margin <= 1 and 0 < power < 1):
        raise ValueError(f"margin must be in (0, 1] and power in (0, 1), got {margin} and {power}")


def _shown(n: int, margin: float, skewness: float, power: float) -> float:
    """Return how much more ``n`` cases show than a margin, in standard deviations, needs; below 0 they are too few."""
    least = -skewed_interval(Spread(mean=0.0, error=1.0, skewness=skewness, clusters=n), 1 - 2 * ALPHA)[0]
    return math.sqrt(n) * margin - z(power) - least * (1 - skewness / math.sqrt(n) * z(power) / 2)


def _unseen(sd: float, margin: float, power: float) -> int:
    """Return how many clusters show that no unseen total losses make up the rest of the margin; see drops.py.

    The mean seen is at least (1 - margin) 0.05^(-1 / n) - 1, also where it is as far below 0 as ``power`` allows.
    """
    unlucky = z(power) * sd
    return _first(1, lambda n: 1 - (1 - margin) * ALPHA ** (-1 / n) >= unlucky / math.sqrt(n) - SAME)


def _needed(discordant: float, margin: float, power: float, reach: float) -> int:
    check_power(margin, power)
    if not 0 <= discordant <= 1:
        raise ValueError(f"discordant must be in [0, 1], got {discordant}")
    fewest, typical = fewest_cases(margin), _typical(discordant, margin, power, reach)
    if typical > EXACTLY:
        return max(fewest, typical)
    tooth = math.ceil(2 / margin)
    n = max(fewest, typical + tooth)
    while _equal_sides_pass(n, discordant, margin, reach) < power:
        n += tooth
    while n > fewest and _equal_sides_pass(n - 1, discordant, margin, reach) >= power:
        n -= 1
    return n


def _typical(discordant: float, margin: float, power: float, reach: float) -> int:
    """Return the number of cases with which the least lucky outcome that ``power`` allows still passes.

    The number of discordant cases is taken as its mean, and losses minus wins as normal, with half a case more.
    """

    def passes(n: int) -> bool:
        flips = n * discordant
        more = min(z(power) * math.sqrt(flips) + 0.5, flips)
        return score_statistic((flips + more) / 2, (flips - more) / 2, n, -margin) >= reach

    return _first(1, passes)


def _first(least: int, enough: Callable[[int], bool]) -> int:
    """Return the first number from ``least`` on that is enough, where all after it are too."""
    if enough(least):
        return least
    low, high = least, 2 * least
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _equal_sides_pass(n: int, discordant: float, margin: float, reach: float) -> float:
    """Return the probability that a score statistic of two equal sides is at least ``reach``.

    Given the number of discordant cases, the statistic rises with the wins among them; ``enough`` is the probability of
    at least the ``least`` wins that pass, carried along from one number of discordant cases to the next.
    """
    spread = REACH * math.sqrt(n * discordant * (1 - discordant)) + REACH
    first, last = max(0, math.floor(n * discordant - spread)), min(n, math.ceil(n * discordant + spread))
    least = max(0, math.ceil((first - n * margin) / 2))
    enough = math.fsum(binomial(wins, first, 0.5) for wins in range(least, first + 1))
    found = []
    for count in range(first, last + 1):
        if count > first and least > 0:
            enough += binomial(least - 1, count - 1, 0.5) / 2
        while least <= count and score_statistic(count - least, least, n, -margin) < reach:
            enough -= binomial(least, count, 0.5)
            least += 1
        found.append(binomial(count, n, discordant) * (enough if least <= count else 0.0))
    return math.fsum(found)


def _solved(slope: float, root: float, constant: float) -> float:
    """Return the n at which slope n = root sqrt(n) + constant."""
    return ((root + math.sqrt(root * root + 4 * slope * constant)) / (2 * slope)) ** 2


def _checked_sd(sd: float) -> float:
    if not 0 <= sd < math.inf:
        raise ValueError(f"sd must be finite and not negative, got {sd}")
    return sd
