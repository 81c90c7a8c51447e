"""What the statistics refuse, and the normal quantiles that they share."""

import statistics
from collections.abc import Sequence

ALPHA = 0.05
"""Error rate of a test unless another is given."""
SAME = 1e-9
"""Values closer than this are the same: rounding is not variance."""


def check_counts(lost: float, won: float, n: float) -> None:
    """Raise ValueError unless ``lost`` and ``won`` of ``n`` cases are possible."""
    if not n >= 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if not (lost >= 0 and won >= 0 and lost + won <= n + SAME):
        raise ValueError(f"counts must not be negative or add up to more than n, got {lost} and {won} of {n}")


def check_values(values: Sequence[float], groups: Sequence[str | None], least: float) -> None:
    """Raise ValueError unless there are values in [least, 1] with a group or None for each."""
    if not values or len(values) != len(groups):
        raise ValueError(f"needs at least one value and a group for each, got {len(values)} and {len(groups)}")
    for value in values:
        if not least <= value <= 1:
            raise ValueError(f"values must be in [{least:g}, 1], got {value}")


def check_level(level: float) -> None:
    """Raise ValueError unless a level is a probability and neither 0 nor 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")


def z(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return statistics.NormalDist().inv_cdf(probability)


def two_sided_z(level: float) -> float:
    """Return how many standard errors an interval at ``level`` reaches to each side."""
    check_level(level)
    return z((1 + level) / 2)
