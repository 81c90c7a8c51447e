"""Non-inferiority of two pass-or-fail sides from the exact distribution of their counts, each case on its own.

The score statistic of passfail.py orders the outcomes; its p value comes from the multinomial distribution in place of
the normal one, which errs by up to a half where few losses are expected.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.stats.arguments import SAME, check_counts
from harness.stats.binomial import exact_interval
from harness.stats.passfail import null_variance, score_statistic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Counts = NDArray[np.int64]

BETA = 0.001
"""Part of the error rate that the interval of the discordant share may use up."""
GRID = 200
"""Discordant shares at which the largest p value is looked for."""
FEW = 300
"""Cases up to which one tail is added up here, in less time than loading numpy and scipy takes."""
REACH = 9.0
"""Standard deviations from its mean beyond which a binomial count is left out: less than 1e-17 of it."""


@lru_cache(maxsize=4096)  # drawn suites have the same few counts
def passfail_p_value(lost: int, won: int, n: int, margin: float) -> float:
    """Return how likely counts as good as these are when the candidate is truly ``margin`` worse.

    Lloyd (2008), Australian & New Zealand J. Statistics 50:329, estimated p value: the exact probability, under
    D = -margin, of a score statistic (Tango 1998) at least as large as the one seen, with the share of discordant
    cases at its maximum likelihood estimate under D. Enumerated for n = 20 to 1,000 and margins of .02 to .10, at most
    5.4 % of candidates that are a margin worse have a p value of 5 % or less, against 7.3 % with the normal one.

    >>> round(passfail_p_value(0, 0, 59, 0.05), 4)  # no flip at all: 0.95 ** 59
    0.0485
    """
    _check(lost, won, n, margin)
    share = null_variance(lost, won, n, -margin) + margin * margin
    share = min(max(share, margin), 1.0)
    return _one_tail(lost, won, n, margin, share) if n <= FEW else float(_tail(lost, won, n, margin, [share]).max())


def guaranteed_passfail_p_value(lost: int, won: int, n: int, margin: float) -> float:
    """Return a p value as ``passfail_p_value``, which is at most 5 % for at most 5 % of candidates a margin worse.

    Berger and Boos (1994), JASA 89:1012: the largest probability over all discordant shares in a Clopper-Pearson
    interval at level 1 - BETA, plus BETA.
    """
    _check(lost, won, n, margin)
    import numpy as np

    low, high = exact_interval(lost + won, n, 1 - BETA)
    shares = np.clip(low + (high - low) * np.linspace(0, 1, GRID) ** 2, margin, 1.0)
    return min(1.0, float(_tail(lost, won, n, margin, np.unique(shares).tolist()).max()) + BETA)


def _check(lost: int, won: int, n: int, margin: float) -> None:
    check_counts(lost, won, n)
    if not 0 < margin <= 1:
        raise ValueError(f"margin must be in (0, 1], got {margin}")


def _one_tail(lost: int, won: int, n: int, margin: float, share: float) -> float:
    """Return what ``_tail`` returns for one discordant share."""
    seen = score_statistic(lost, won, n, -margin)
    spread = REACH * math.sqrt(n) / 2
    first, last = max(0, math.floor(n * share - spread)), min(n, math.ceil(n * share + spread))
    won_share = (share - margin) / (2 * share)
    found = 0.0
    for discordant in range(first, last + 1):
        least = _least_wins(discordant, n, margin, seen)
        found += binomial_chance(discordant, n, share) * _at_least(least, discordant, won_share)
    return min(found, 1.0)


def _least_wins(discordant: int, n: int, margin: float, seen: float) -> int:
    """Return with how many wins among the discordant cases the statistic reaches ``seen``; one more than all: never."""
    reached = seen - SAME * max(1.0, abs(seen)) if math.isfinite(seen) else seen
    below, from_here = -1, discordant + 1
    while from_here - below > 1:
        middle = (below + from_here) // 2
        if score_statistic(discordant - middle, middle, n, -margin) >= reached:
            from_here = middle
        else:
            below = middle
    return from_here


def _at_least(least: int, n: int, share: float) -> float:
    """Return the chance of ``least`` or more of ``n``, from the shorter of its two sides."""
    if least <= 0:
        return 1.0
    if least > n * share:
        return math.fsum(binomial_chance(k, n, share) for k in range(least, n + 1))
    return max(0.0, 1.0 - math.fsum(binomial_chance(k, n, share) for k in range(least)))


def binomial_chance(k: int, n: int, share: float) -> float:
    """Return the chance of exactly ``k`` of ``n``, each with chance ``share``.

    >>> round(binomial_chance(2, 4, 0.5), 12), binomial_chance(0, 3, 0.0), binomial_chance(1, 3, 0.0)
    (0.375, 1.0, 0.0)
    """
    if share <= 0 or share >= 1:
        return float(k == (n if share >= 1 else 0))
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))


def _tail(lost: int, won: int, n: int, margin: float, shares: list[float]) -> "Numbers":
    """Return, for each discordant share, the probability of a statistic at least as large as the one seen.

    Given the number of discordant cases, the statistic rises with the wins among them; so the outcomes that count are
    those from some number of wins on, and the sum runs over the discordant cases alone.
    """
    import numpy as np
    from scipy.special import bdtrc, gammaln, xlog1py, xlogy

    spread = REACH * math.sqrt(n) / 2
    first = max(0, math.floor(n * min(shares) - spread))
    discordant = np.arange(first, min(n, math.ceil(n * max(shares) + spread)) + 1)
    least = _fewest_wins(discordant, n, margin, score_statistic(lost, won, n, -margin))
    ways = gammaln(n + 1) - gammaln(discordant + 1) - gammaln(n - discordant + 1)
    each = np.array(shares)[:, None]
    chances = np.exp(ways + xlogy(discordant, each) + xlog1py(n - discordant, -each))
    enough = np.where(least <= 0, 1.0, bdtrc(np.maximum(least - 1, 0), discordant, (each - margin) / (2 * each)))
    found: Numbers = (chances * np.where(least > discordant, 0.0, enough)).sum(axis=1)
    return found


def _fewest_wins(discordant: "Counts", n: int, margin: float, seen: float) -> "Counts":
    """Return with how many wins among the discordant cases the statistic reaches ``seen``; one more than all: never."""
    import numpy as np

    reached = seen - SAME * max(1.0, abs(seen)) if math.isfinite(seen) else seen
    below, from_here = np.full_like(discordant, -1), discordant + 1
    while (from_here - below > 1).any():
        middle = (below + from_here) // 2
        open_yet = from_here - below > 1
        enough = _statistics(discordant - middle, middle, n, margin) >= reached
        from_here, below = (
            np.where(open_yet & enough, middle, from_here),
            np.where(open_yet & ~enough, middle, below),
        )
    return from_here


def _statistics(lost: "Counts", won: "Counts", n: int, margin: float) -> "Numbers":
    """Return ``score_statistic`` of many counts."""
    import numpy as np

    b = -(lost + won) - (2 * n - won + lost) * margin
    q = (np.sqrt(np.maximum(b * b - 8 * n * lost * margin * (1 + margin), 0.0)) - b) / (4 * n)
    variance = n * (2 * q - margin * (1 + margin))
    distance = won - lost + n * margin
    with np.errstate(divide="ignore", invalid="ignore"):
        found = distance / np.sqrt(np.maximum(variance, 0.0))
    return np.where(np.abs(distance) <= SAME, 0.0, found)
