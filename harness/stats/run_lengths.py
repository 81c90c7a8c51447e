"""How long an EWMA control chart runs until it alarms, and how wide its limits must be for that."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

NODES = 64
"""Points of the integral equation: the textbook's values are met to all of their digits."""
HALVINGS = 40
WIDEST = 9.0
"""Limits in standard deviations of the EWMA beyond which nothing is searched: one false alarm in 10^17 days."""


def half_width(width: float, weight: float) -> float:
    """Return how far the limits are from 0, in standard deviations of a day's figure: L sqrt(w / (2 - w))."""
    return width * math.sqrt(weight / (2 - weight))


def average_run_length(width: float, weight: float, shift: float = 0.0) -> float:
    """Return after how many days on average a chart with limits +-``width`` alarms, started at 0.

    ``width`` is L, in standard deviations that the EWMA has in the long run; ``shift`` is that of each day's figure, in
    its standard deviations. Crowder (1987), Technometrics 29:401, equation 2: the run length R from u fulfils
    R(u) = 1 + 1 / w int_-h^h R(y) phi((y - (1 - w) u) / w - shift) dy; solved at Gauss-Legendre points.

    >>> round(average_run_length(2.814, 0.1)), round(average_run_length(2.814, 0.1, 1.0), 1)
    (500, 10.3)
    """
    import numpy as np

    _check(weight)
    points, weights = np.polynomial.legendre.leggauss(NODES)
    h = half_width(width, weight)
    y, mass = h * points, h * weights
    kernel = mass * _density((y - (1 - weight) * y[:, None]) / weight - shift) / weight
    lengths = np.linalg.solve(np.eye(NODES) - kernel, np.ones(NODES))
    return float(1 + np.sum(mass * _density(y / weight - shift) / weight * lengths))


@lru_cache(maxsize=256)
def width_for(days: float, weight: float) -> float:
    """Return the width L of limits with which a chart in control alarms once in ``days`` on average.

    >>> round(width_for(500, 0.1), 2)
    2.81
    """
    if not 2 <= days <= 1e9:
        raise ValueError(f"days between false alarms must be from 2 to 10^9, got {days}")
    low, high = 0.0, WIDEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if average_run_length(middle, weight) < days:
            low = middle
        else:
            high = middle
    return high


def _density(x: "Numbers") -> "Numbers":
    import numpy as np

    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _check(weight: float) -> None:
    if not 0.01 <= weight <= 1:
        raise ValueError(f"the weight of a day must be from 0.01 to 1, got {weight}")
