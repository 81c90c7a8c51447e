"""Two independent samples: how far a share or a mean is from what it was, with an interval and a p value."""

import math
from typing import TYPE_CHECKING

from harness.records.estimate import Estimate
from harness.stats.arguments import SAME
from harness.stats.passfail import wilson_interval
from harness.stats.skewed import Spread, skewed_interval, skewed_p_value
from harness.stats.summed import Averaged, Counted, Summary, check_summary
from harness.stats.two_sample import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

ROUNDING = 1e-7
FEW = 2
"""A mean of fewer values shows no spread."""


def change_of(before: Summary, now: Summary) -> Change:
    """Return ``share_change`` or ``mean_change``.

    Raises:
        ValueError: one is a share and the other a mean.
    """
    if isinstance(before, Counted) and isinstance(now, Counted):
        return share_change(before, now)
    if isinstance(before, Averaged) and isinstance(now, Averaged):
        return mean_change(before, now)
    raise ValueError(f"a share and a mean can't be compared: {before} and {now}")


def share_change(before: Counted, now: Counted) -> Change:
    """Return how much higher a share is now.

    The interval is method 10 of Newcombe (1998), Statistics in Medicine 17:873, of Wilson's intervals of both; the p
    value is Fisher's exact one (1935), two-sided: all tables as unlikely as this one. Neither is ever too sure by much.
    """
    check_summary(before)
    check_summary(now)
    found, shares = now.value - before.value, (before.value, now.value)
    (old_low, old_high), (low, high) = wilson_interval(before.k, before.n), wilson_interval(now.k, now.n)
    down = math.hypot(shares[1] - low, old_high - shares[0])
    up = math.hypot(high - shares[1], shares[0] - old_low)
    method = "Newcombe's method 10; Fisher's exact test"
    estimate = Estimate(
        mean=found, low=max(found - down, -1.0), high=min(found + up, 1.0), n=before.n + now.n, method=method
    )
    lower, higher = fisher_tails(before, now)
    return Change(estimate=estimate, same=0.0, p_value=_fisher(before, now), lower_p=lower, higher_p=higher)


def mean_change(before: Averaged, now: Averaged) -> Change:
    """Return how much higher a mean is now; any unit.

    Welch's t (1947, Biometrika 34:28), corrected for skewness by Hall's transformation, as Zhou and Dinh (2005),
    Biostatistics 6:187, do for two samples: with each side's variance v and skewness g, s is
    (g v^1.5 / n^2 - the same before) / SE^3. Fewer than two values on a side rule nothing out.
    """
    check_summary(before)
    check_summary(now)
    found, n = now.mean - before.mean, before.n + now.n
    method = "Welch's t, corrected for skewness"
    if min(before.n, now.n) < FEW:
        nothing = Estimate(mean=found, low=-math.inf, high=math.inf, n=n, method="no interval: one value has no spread")
        return Change(estimate=nothing, same=0.0, p_value=1.0, lower_p=1.0, higher_p=1.0)
    parts = [side.sd**2 / side.n for side in (before, now)]
    error = math.sqrt(sum(parts))
    if error <= SAME:
        p_value = 1.0 if abs(found) <= SAME else 0.0
        exact = Estimate(mean=found, low=found, high=found, n=n, method="nothing varies")
        lower, higher = (p_value if found < 0 else 1.0), (p_value if found > 0 else 1.0)
        return Change(estimate=exact, same=0.0, p_value=p_value, lower_p=lower, higher_p=higher)
    freedom = error**4 / sum(part**2 / (side.n - 1) for part, side in zip(parts, (before, now), strict=True))
    old, new = (side.skewness * side.sd**3 / side.n**2 for side in (before, now))
    clusters = max(math.floor(freedom), 1) + 1
    spread = Spread(mean=found, error=error, skewness=(new - old) / error**3 * math.sqrt(clusters), clusters=clusters)
    low, high = skewed_interval(spread, 0.95)
    higher = skewed_p_value(spread, 0.0)
    return Change(
        estimate=Estimate(mean=found, low=low, high=high, n=n, method=method),
        same=0.0,
        p_value=min(1.0, 2 * min(higher, 1 - higher)),
        lower_p=1 - higher,
        higher_p=higher,
    )


def fisher_tails(before: Counted, now: Counted) -> tuple[float, float]:
    """Return the exact probabilities of at most, and of at least, as many now, given how many there are in all."""
    chances, place = _tables(before, now)
    return min(1.0, float(chances[: place + 1].sum())), min(1.0, float(chances[place:].sum()))


def _fisher(before: Counted, now: Counted) -> float:
    chances, place = _tables(before, now)
    return min(1.0, float(chances[chances <= chances[place] * (1 + ROUNDING)].sum()))


def _tables(before: Counted, now: Counted) -> "tuple[Numbers, int]":
    """Return the probability of each possible count now, and the place of the one seen."""
    import numpy as np
    from scipy.special import gammaln

    marked, n = before.k + now.k, before.n + now.n
    counts = np.arange(max(0, marked - before.n), min(marked, now.n) + 1)
    logs = -(gammaln(counts + 1) + gammaln(marked - counts + 1) + gammaln(now.n - counts + 1))
    logs -= gammaln(n - marked - now.n + counts + 1)
    chances = np.exp(logs - logs.max())
    return chances / chances.sum(), now.k - int(counts[0])
