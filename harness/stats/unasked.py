"""What a random part of a suite says of all its cases: how many are of a kind, how they flip, which mean they need."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.stats.arguments import ALPHA, SAME, check_counts
from harness.stats.binomial import NEGLIGIBLE
from harness.stats.passfail import null_variance, score_statistic
from harness.stats.skewed import Spread, skewed_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HALVINGS = 50
"""Steps of a root search: the last interval is narrower than one case in a suite of any size."""

ONE_MORE = 0.35
"""Of a case: so much more is lost, at worst, than was seen, since a few whole cases are not normal. With it suites at
the edge of their verdict are decided wrongly as rarely as promised, however few cases flip; half a case, as in Yates'
correction, would be stricter than that."""

FAR_OFF = 4.0
"""Standard deviations below the mean from which on a value is a rare one, of which others may have none."""
EACH, MORE = 12, 1.05
"""Numbers of bad cases that are all tried; beyond them, each is this many times the one before."""

ROUNDING = 1e-6
"""A part of a case: no more than what a root search leaves."""


def drawn_chance(seen: int, asked: int, held: int, of: int) -> float:
    """Return the chance that ``seen`` or more of ``asked`` cases are of a kind, when ``held`` of all ``of`` are.

    The hypergeometric distribution: cases are asked in random order, each once. It is 0 only where it can't be.

    >>> round(drawn_chance(2, 2, 2, 4), 4), drawn_chance(3, 3, 2, 4)
    (0.1667, 0.0)
    """
    check_counts(seen, 0, asked)
    check_counts(held, 0, of)
    if asked > of:
        raise ValueError(f"can't ask {asked} cases of {of}")
    if seen <= asked - (of - held):
        return 1.0
    if seen > held:
        return 0.0
    if seen * of <= asked * held:  # the shorter tail
        return max(1 - _tail(asked - seen + 1, asked, of - held, of), 0.0)
    return max(_tail(seen, asked, held, of), math.ulp(0.0))


def _tail(seen: int, asked: int, held: int, of: int) -> float:
    """Return P(X >= seen), summed from its largest term on."""
    if seen > min(asked, held):
        return 0.0
    total = term = math.exp(_ways(held, seen) + _ways(of - held, asked - seen) - _ways(of, asked))
    for count in range(seen, min(asked, held)):
        term *= (held - count) * (asked - count) / ((count + 1) * (of - held - asked + count + 1))
        total += term
        if term < NEGLIGIBLE * total:
            break
    return min(total, 1.0)


def _ways(n: int, k: int) -> float:
    """Return the logarithm of the number of ways to choose ``k`` of ``n``."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def worst_flips(flips: tuple[int, int], asked: int, of: int, errors: float) -> tuple[int, int]:
    """Return how many of all ``of`` cases may be lost and won at worst, given ``flips``, those of the ``asked``.

    Their difference is the lowest of which the score statistic of the asked (Tango 1998; see passfail.py) is within
    ``errors`` standard errors, with the correction for a finite population, sqrt(1 - asked / of). The spread is the one
    under that difference, so that a part without a flip does not say that there is none. It is exact for such a part;
    for any other ``ONE_MORE`` of a case counts as lost.

    >>> worst_flips((0, 0), 100, 300, 2.4), worst_flips((3, 3), 100, 300, 2.4)
    ((12, 0), (25, 5))
    """
    lost, won = flips
    check_counts(lost, won, asked)
    seen = min(lost + ONE_MORE, asked - won) if lost + won and asked < of else lost
    low, high, left = -1.0, (won - seen) / asked, math.sqrt(max(1 - asked / of, 0.0))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if score_statistic(seen, won, asked, middle) > errors * left:
            low = middle
        else:
            high = middle
    share_won = max((null_variance(seen, won, asked, low) + low * low + low) / 2, 0.0)
    all_won = max(math.floor(share_won * of + ROUNDING), won)
    return min(max(math.ceil((share_won - low) * of - ROUNDING), lost), of - all_won), all_won


def mean_needed(values: Sequence[float], of: int, at: float, lowest: float) -> float:
    """Return the mean of all ``of`` cases from which on they rule out a true mean of ``at``, at the worst.

    By Hall's t, one-sided at 95 %; ``values`` are at least two, those of the cases asked so far, none below ``lowest``.
    What is left is taken to vary like them, but for rare low values: of these it can have any number, from none to as
    many as leave all cases that mean. A few of them make the spread larger and the skewness lower than many do, or
    none, and the test then needs most; a part that happens to have none, or many, says little of that.

    >>> round(mean_needed([0.0] * 99 + [-0.1], 300, -0.05, -1.0), 3)
    -0.018
    """
    import numpy as np

    seen = np.asarray(values, dtype=float)
    mean, left = float(seen.mean()), of - len(seen)
    away = seen - mean
    usual = away[away >= -FAR_OFF * float(away.std())]
    bad = _numbers(left)
    powers = [
        float((away**power).sum()) + (left - bad) * float((usual**power).mean()) + bad * (lowest - mean) ** power
        for power in (1, 2, 3)
    ]
    means, squares, cubes = (total / of for total in powers)
    variances = np.maximum(squares - means**2, 0.0)
    thirds = cubes - 3 * means * squares + 2 * means**3
    needed = -math.inf
    for shift, variance, third in zip(means.tolist(), variances.tolist(), thirds.tolist(), strict=True):
        skewness = third / variance**1.5 if variance > SAME * SAME else 0.0
        spread = Spread(mean=0.0, error=math.sqrt(variance / (of - 1)), skewness=skewness, clusters=of)
        needed = max(needed, at - skewed_interval(spread, 1 - 2 * ALPHA)[0])
        if mean + shift <= needed:
            break
    return needed


def _numbers(most: int) -> "NDArray[np.float64]":
    """Return numbers of bad cases, from none to all that are left."""
    import numpy as np

    found = [*range(min(EACH, most) + 1)]
    while found[-1] < most:
        found.append(min(max(int(found[-1] * MORE), found[-1] + 1), most))
    return np.array(found, dtype=float)
