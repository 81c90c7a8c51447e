"""When to look at a part of a suite, and how many standard errors away a result must be at each of the looks.

The cases asked first are a random sample, without replacement, of all cases. So what is tested is the whole suite: its
figures are fixed numbers, and only the order of asking is random. That order is drawn by us, so nothing is assumed
about the models.
"""

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

from harness.stats.arguments import SAME, z

FEWEST = 50
"""Fewest cases at which it is looked."""
ENOUGH = 100
"""Suites are not looked at before so many cases, or a third, if that is less: hardly any is decided by fewer."""
LAST = 0.8
"""Nothing is looked at beyond this share: more looks would cost the others more than the rest is worth."""
NODES = 48
FARTHEST = 8.0
"""Standard errors below which nothing is integrated: 1e-15 of all."""
HALVINGS = 40


def looks(of: int) -> tuple[int, ...]:
    """Return after how many of ``of`` cases it is looked, in ascending order; none for small suites.

    The odds, asked to not asked, double from look to look: ..., 1/9, 1/5, 1/3, 1/2, 2/3, 4/5 of the cases.

    >>> looks(1000)
    (111, 200, 333, 500, 666, 800)
    """
    if of < 0:
        raise ValueError(f"a suite has 0 cases or more, got {of}")
    found: list[int] = []
    odds, fewest = LAST / (1 - LAST), max(FEWEST, min(ENOUGH, of // 3))
    while (asked := math.floor(of * odds / (1 + odds) + SAME)) >= fewest:
        found.append(asked)
        odds /= 2
    return tuple(reversed(found))


@lru_cache(maxsize=256)
def errors_at_looks(of: int, error: float) -> float:
    """Return how many standard errors a mean of the asked cases exceeds that of all ``of`` at any look, so rarely.

    The variance of the mean of n cases is that of a case times 1/n - 1/N (Cochran 1977, Sampling Techniques, section
    2.6); its inverse is the information.

    Raises:
        ValueError: the suite is too small for a look.
    """
    return standard_errors([1 / (1 / asked - 1 / of) for asked in looks(of)], error)


def standard_errors(information: Sequence[float], error: float) -> float:
    """Return the number of standard errors that an unbiased estimate exceeds at any look with probability ``error``.

    Pocock (1977), Biometrika 64:191: one bound for all looks. The correlation of the estimates at two looks is the
    square root of the ratio of their information, and the probability is integrated from look to look (Armitage,
    McPherson and Rowe 1969, J. Royal Statistical Society A 132:235). One-sided.

    >>> [round(standard_errors(range(1, 1 + looks), 0.025), 3) for looks in (1, 2, 3, 5, 10)]
    [1.96, 2.178, 2.289, 2.413, 2.555]
    """
    if not information or any(now <= before for before, now in itertools.pairwise(information)):
        raise ValueError("needs at least one look, and information that grows from look to look")
    low, high = z(1 - error), z(1 - error / len(information))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _ever_beyond(information, middle) > error else (low, middle)
    return high


def _ever_beyond(information: Sequence[float], bound: float) -> float:
    """Return the probability that a standardised estimate is above ``bound`` at one of the looks."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    at, weights = (nodes + 1) / 2 * (bound + FARTHEST) - FARTHEST, weights / 2 * (bound + FARTHEST)
    density = np.exp(-at * at / 2) / math.sqrt(2 * math.pi)
    for before, now in itertools.pairwise(information):
        alike = math.sqrt(before / now)
        spread = math.sqrt(1 - before / now)
        moved = (at[:, None] - alike * at) / spread
        density = np.exp(-moved * moved / 2) @ (weights * density) / (spread * math.sqrt(2 * math.pi))
    return float(1 - weights @ density)
