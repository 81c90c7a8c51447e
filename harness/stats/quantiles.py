"""Percentiles of one side's figures, with intervals that assume nothing about how the figures are spread."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.stats.exact import REACH, binomial_chance

TAIL = 0.025
"""What is left out at each end of a two-sided interval at 95 %."""


class Quantile(NamedTuple):
    """A percentile with its interval at 95 %; None at an end that this many figures can't show."""

    value: float
    low: float | None
    high: float | None


def quantile(ordered: Sequence[float], share: float) -> Quantile | None:
    """Return the value that ``share`` of sorted figures are at most; None where fewer than one is expected beyond it.

    The value is interpolated linearly. The interval is between two of the figures, by the binomial number of figures
    below the true percentile (Conover 1999, Practical Nonparametric Statistics, section 3.2).

    >>> quantile([float(n) for n in range(1, 101)], 0.5)
    Quantile(value=50.5, low=40.0, high=61.0)
    >>> quantile([1.0, 2.0, 3.0], 0.95)
    """
    n = len(ordered)
    if n == 0 or n * min(share, 1 - share) < 1 - 1e-9:
        return None
    place = (n - 1) * share
    first = ordered[int(place)]
    value = first + (place - int(place)) * (ordered[min(int(place) + 1, n - 1)] - first)
    low, high = _ranks(n, share)
    return Quantile(value, ordered[low - 1] if low else None, ordered[high - 1] if high <= n else None)


def _ranks(n: int, share: float) -> tuple[int, int]:
    """Return the ranks, from 1, of the ends of the interval; 0 or n + 1 where there is no such figure."""
    spread = REACH * math.sqrt(n) / 2
    below, low = 0.0, 0
    for count in range(max(0, math.floor(n * share - spread)), n + 1):
        below += binomial_chance(count, n, share)
        if below <= TAIL:
            low = count + 1
        if below >= 1 - TAIL:
            return low, count + 1
    return low, n + 1
