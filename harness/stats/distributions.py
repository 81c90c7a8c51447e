"""Values and categories of two samples: whether values are larger now, spread otherwise, or mixed otherwise."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.records.estimate import Estimate
from harness.stats.placements import area_interval, placements
from harness.stats.two_sample import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

REPEATS = 4_999
"""Tables that a mix is compared with."""
ROUNDING = 1e-9


def order_change(before: Sequence[float], now: Sequence[float]) -> Change:
    """Return how often a value of now is above one of before, ties as halves: 0.5 where neither is larger.

    Mann and Whitney (1947), Ann. Math. Statist. 18:50, by the normal distribution with the variance that ties leave
    and half a rank off; the interval is ``area_interval``. It sees only whether values are larger, not a wider spread.
    """
    import numpy as np
    from scipy.special import ndtr

    old, new = _checked(before), _checked(now)
    above, below = placements(old, new)
    area = float(below.mean())
    low, high = area_interval(area, _variance(above) + _variance(below), (len(old), len(new)))
    n = len(old) + len(new)
    ties = np.unique(np.concatenate([old, new]), return_counts=True)[1].astype(float)
    variance = ((n + 1) - float(np.sum(ties**3 - ties)) / (n * (n - 1))) / (12 * len(old) * len(new))
    half = 0.5 / (len(old) * len(new))
    lower, higher = 1.0, 1.0
    if variance > 0:
        error = math.sqrt(variance)
        lower, higher = float(ndtr((area - 0.5 + half) / error)), float(ndtr((0.5 + half - area) / error))
    return Change(
        estimate=Estimate(mean=area, low=min(low, area), high=max(high, area), n=n, method="Mann-Whitney; DeLong"),
        same=0.5,
        p_value=min(1.0, 2 * min(lower, higher)),
        lower_p=lower,
        higher_p=higher,
    )


def shape_change(before: Sequence[float], now: Sequence[float]) -> Change:
    """Return the largest distance between both distribution functions (Kolmogorov and Smirnov), from 0 to 1.

    At some value, so much larger or smaller is the share of values below it: any change is seen, of size or of spread.
    The p value is Smirnov's (1939) for large samples, which is too large for small ones and where there are ties. The
    interval's upper end is ``_above``; the lower one takes off what the distance is beyond in 2.5 % where all is equal.
    """
    import numpy as np
    from scipy.special import kolmogi, kolmogorov

    old, new = np.sort(_checked(before)), np.sort(_checked(now))
    at = np.concatenate([old, new])
    shares = [np.searchsorted(side, at, "right") / len(side) for side in (old, new)]
    found, scale = float(np.max(np.abs(shares[0] - shares[1]))), _scale(len(old), len(new))
    low = max(found - scale * float(kolmogi(0.025)), 0.0)
    estimate = Estimate(
        mean=found, low=low, high=_above(found, scale), n=len(at), method="Kolmogorov-Smirnov; McDiarmid"
    )
    return Change(estimate=estimate, same=0.0, p_value=float(kolmogorov(found / scale)))


def mix_change(before: Mapping[str, int], now: Mapping[str, int], seed: int, repeats: int = REPEATS) -> Change:
    """Return how far two mixes of categories are apart: the share that would have to move (total variation), 0 to 1.

    The p value is that of Pearson's chi-square among tables with the same sums that are drawn by chance, so it is exact
    however few there are of a category, and new ones count. The interval's upper end is ``_above``. Its lower end takes
    off as much, and what chance adds to a total variation: half the sum of the categories' standard errors.
    """
    import numpy as np

    names = sorted(before.keys() | now.keys())
    table = np.array([[side.get(name, 0) for name in names] for side in (before, now)], dtype=np.int64)
    if not (table.size and table.min() >= 0 and table.sum(axis=1).min() >= 1):
        raise ValueError("each side needs at least one of some category, and no count below 0")
    table = table[:, table.sum(axis=0) > 0]
    (old, new), n = table.sum(axis=1), int(table.sum())
    shares = table / [[old], [new]]
    found, scale = float(np.abs(shares[0] - shares[1]).sum() / 2), _scale(int(old), int(new))
    noise = float(np.sqrt(shares[0] * (1 - shares[0]) / old + shares[1] * (1 - shares[1]) / new).sum() / 2)
    reach = _above(0.0, scale)
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(table.sum(axis=0), new, repeats, method="marginals")
    expected = table.sum(axis=0) * (new / n)
    statistics = [np.sum((counts - expected) ** 2 / expected, axis=-1) for counts in (drawn, table[1])]
    as_large = int(np.sum(statistics[0] >= statistics[1] * (1 - ROUNDING)))
    estimate = Estimate(
        mean=found,
        low=max(found - noise - reach, 0.0),
        high=_above(found, scale),
        n=n,
        method="total variation, McDiarmid; chi-square by permutation",
    )
    return Change(estimate=estimate, same=0.0, p_value=(1 + as_large) / (1 + repeats), least_p=1 / (1 + repeats))


def _above(found: float, scale: float) -> float:
    """Return what a distance is at most, at one-sided 97.5 %.

    On average a distance of samples is at least that of the truth (Jensen), and one value of n moves it by 1 / n at
    most: McDiarmid (1989) gives P(below its mean by t) <= exp(-2 t^2 / (1 / n + 1 / m)).
    """
    return min(1.0, found + scale * math.sqrt(math.log(1 / 0.025) / 2))


def _scale(n: int, m: int) -> float:
    return math.sqrt(1 / n + 1 / m)


def _variance(parts: "Numbers") -> float:
    return float(parts.var(ddof=1)) / len(parts) if len(parts) > 1 else 0.0


def _checked(values: Sequence[float]) -> "Numbers":
    import numpy as np

    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise ValueError(f"each side needs at least one value and only finite ones, got {len(found)}")
    return found
