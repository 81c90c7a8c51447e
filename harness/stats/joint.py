"""Several candidates against one baseline on the same cases: how their mean differences vary together."""

import statistics
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from harness.stats.arguments import SAME, two_sided_z, z
from harness.stats.clusters import clustered
from harness.stats.means import paired_mean_interval

if TYPE_CHECKING:
    from harness.stats.bca import Numbers

DRAWS = 10_000
SEED = 20_261_126
LEVEL = 0.95
FARTHEST = 8.0
"""Standard errors; no level of an interval that a float can hold is farther away."""


class Joint(NamedTuple):
    """The paired differences of each candidate by case, and how their means vary.

    ``errors`` are the standard errors that each candidate's own 95 % interval comes to, so they know of groups, skew
    and few flips; ``covariance`` is that of the means, over clusters. ``drawn`` has seeded draws of all means at once,
    in standard errors from their true values: a row for each draw. Everything has one entry for each candidate.
    """

    differences: tuple[Sequence[float], ...]
    groups: Sequence[str | None]
    means: "Numbers"
    errors: "Numbers"
    covariance: "Numbers"
    drawn: "Numbers"


def joint_of(differences: Sequence[Sequence[float]], groups: Sequence[str | None]) -> Joint:
    """Return how the means of several candidates' differences vary together.

    The covariance is that of Cameron and Miller (2015), J. Human Resources 50:317, as in ``spread_of``, with a sum for
    each candidate in each cluster. A candidate that differs in no case varies with no other.

    Raises:
        ValueError: fewer than two candidates, or another number of cases than of groups.
    """
    import numpy as np

    if len(differences) < 2:
        raise ValueError(f"needs at least two candidates, got {len(differences)}")
    own = [paired_mean_interval(each, groups, LEVEL) for each in differences]
    centred = [[value - one.mean for value in each] for each, one in zip(differences, own, strict=True)]
    parts = np.array([[sum(cluster) for cluster in clustered(each, groups)] for each in centred])
    together = parts @ parts.T
    spread = np.sqrt(np.diag(together))
    varies = spread > SAME
    scale = np.where(varies, spread, 1.0)
    correlation = np.where(np.outer(varies, varies), together / np.outer(scale, scale), 0.0)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    errors = np.array([(one.high - one.low) / 2 / two_sided_z(LEVEL) for one in own])
    return Joint(
        differences=tuple(differences),
        groups=groups,
        means=np.array([one.mean for one in own]),
        errors=errors,
        covariance=correlation * np.outer(errors, errors),
        drawn=_independent(len(own)) @ (vectors * np.sqrt(np.clip(values, 0.0, None))).T,
    )


def ends_at(differences: Sequence[float], groups: Sequence[str | None], reach: float) -> tuple[float, float]:
    """Return both ends of a mean's own interval, at the level at which it reaches so many standard errors."""
    reach = min(reach, FARTHEST)
    if reach <= SAME:
        mean = statistics.fmean(differences)
        return mean, mean
    within = paired_mean_interval(differences, groups, 2 * statistics.NormalDist().cdf(reach) - 1)
    return within.low, within.high


def highest(standard: "Numbers", level: float) -> float:
    """Return the value that the largest entry of a row exceeds with a probability of 1 - ``level``.

    It is never below that of a single entry, whatever the draws.
    """
    import numpy as np

    return max(float(np.quantile(standard.max(axis=1), level)), z(level))


@lru_cache(maxsize=32)
def _independent(count: int) -> "Numbers":
    import numpy as np

    return np.random.default_rng(SEED).standard_normal((DRAWS, count))
