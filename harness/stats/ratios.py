"""Two sides' mean or percentile of a quantity that has no upper end, such as seconds, and the ratio of the two."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import SAME
from harness.stats.bca import (
    RESAMPLES,
    bca_interval,
    draws,
    jackknife_t_interval,
    percentile_interval,
    resampled_sums,
)
from harness.stats.clusters import clustered
from harness.stats.drops import fewest_cases

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.bca import Numbers

_Figure = Callable[["Numbers", "Numbers"], "Numbers"]
"""Maps the baseline's and the candidate's figures to another: their difference, their ratio."""

LEVEL = 0.95
ONE_SIDED = 0.90
"""Level of the two-sided interval of which either end is a one-sided 95 % bound."""
FEWEST = 20
"""Clusters. In simulations with skewed times, the bounds of a mean err as often as they should from this number on."""
LARGEST = 1e50
MOST_DRAWS = 20_000_000
FEWEST_RESAMPLES = 1_000


class PairedFigures(Record, frozen=True, kw_only=True):
    """Both sides' figure, the candidate's minus the baseline's, and over it, with its one-sided bounds at 95 %."""

    baseline: Estimate
    candidate: Estimate
    delta: Estimate
    ratio: Estimate
    ratio_least: float
    ratio_bound: float


def fewest_clusters(percentile: float | None) -> int:
    """Return how many clusters a mean, or a percentile, needs before it is worth an interval.

    For a percentile it is the number that shows at least one case beyond it with 95 %, whatever the distribution:
    ln 0.05 / ln p, 59 for the 95th (Wilks 1941, Annals of Mathematical Statistics 12:91). With fewer, a tail as thick
    as that goes unseen too often.

    >>> [fewest_clusters(percentile) for percentile in (None, 50, 95, 99)]
    [20, 20, 59, 299]
    """
    return max(FEWEST, fewest_cases(1 - percentile / 100) if percentile else 0)


def paired_figures(
    baseline: Sequence[float],
    candidate: Sequence[float],
    groups: Sequence[str | None],
    percentile: float | None,
    seed: int,
) -> PairedFigures | None:
    """Return both sides' mean, or percentile, with intervals at 95 % from a paired bootstrap over clusters.

    Both sides of a case, and all cases of a group, are drawn together (Field and Welsh 2007, J. Royal Statistical
    Society B 69:369). Means: the BCa interval of Efron (1987), JASA 82:171, widened to hold the jackknife's t interval,
    since times are skewed; their ratio: ``fieller_interval``, which in simulations with heavy tails errs half as often
    as a bootstrap. Percentiles, interpolated linearly (Hyndman and Fan 1996, The American Statistician 50:361,
    type 7), for which the jackknife fails: the percentile interval; a bias correction made it no narrower and let it
    err more often in simulations. The same seed gives the same figures.

    None where the ratio has no meaning: the baseline's figure is 0, or is 0 in some resample, or varies too much to
    divide by; or a value is above ``LARGEST`` or, other than 0, below its inverse, where squares and ratios leave what
    a float can hold.
    """
    if not baseline or not len(baseline) == len(candidate) == len(groups):
        raise ValueError(f"needs values of both sides and groups, got {len(baseline)}, {len(candidate)}")
    clusters = clustered(range(len(groups)), groups)
    if len(clusters) < 2:
        raise ValueError("needs at least two clusters")
    import numpy as np

    sides = np.array([baseline, candidate], dtype=float)
    if not (np.isfinite(sides).all() and (sides >= 0).all()):
        raise ValueError("values must be finite and not negative")
    if (sides > LARGEST).any() or ((sides > 0) & (sides < 1 / LARGEST)).any():
        return None
    drawn = _means(sides, clusters, seed) if percentile is None else _percentiles(sides, clusters, percentile, seed)
    if any((part is not None and not (part[:, 0] > 0).all()) for part in (drawn.replicates, drawn.left_out)):
        return None
    return _figures(drawn, len(groups))


def fieller_interval(rows: "Numbers", level: float) -> tuple[float, float] | None:
    """Return the interval of the ratio of two means, from each cluster's sums: the first column is divided by.

    Fieller (1954), J. Royal Statistical Society B 16:175, over clusters: all r at which the mean of after - r before is
    within t standard errors of 0, G - 1 degrees of freedom. No logarithm and no bootstrap: the differences of two heavy
    tails are less skewed than either. None where the divisor itself is not sure to differ from 0.
    """
    import numpy as np
    from scipy.special import stdtrit

    clusters = len(rows)
    before, after = rows.sum(axis=0)
    spread = np.cov(rows, rowvar=False) * clusters * float(stdtrit(clusters - 1, (1 + level) / 2)) ** 2
    a, b, c = before**2 - spread[0, 0], before * after - spread[0, 1], after**2 - spread[1, 1]
    if a <= SAME * before**2:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    return float((b - root) / a), float((b + root) / a)


class _Drawn(NamedTuple):
    """A figure of both sides, a column each: of each resample, and without each cluster where that says something.

    ``sums`` holds each cluster's sums of both sides, of means alone.
    """

    seen: "Numbers"
    replicates: "Numbers"
    left_out: "Numbers | None"
    clusters: int
    resamples: int
    sums: "Numbers | None" = None


def _means(sides: "Numbers", clusters: Sequence[Sequence[int]], seed: int) -> _Drawn:
    import numpy as np

    rows = np.array([(*sides[:, cluster].sum(axis=1), len(cluster)) for cluster in clusters])
    total, sums = rows.sum(axis=0), resampled_sums(rows, seed)
    left_out = total - rows
    return _Drawn(
        seen=total[:2] / total[2],
        replicates=sums[:, :2] / sums[:, 2:],
        left_out=left_out[:, :2] / left_out[:, 2:],
        clusters=len(clusters),
        resamples=RESAMPLES,
        sums=rows[:, :2],
    )


def _percentiles(sides: "Numbers", clusters: Sequence[Sequence[int]], percentile: float, seed: int) -> _Drawn:
    import numpy as np

    resamples = min(RESAMPLES, max(FEWEST_RESAMPLES, MOST_DRAWS // sides.shape[1]))
    cluster_of = np.empty(sides.shape[1], dtype=np.int64)
    for number, cluster in enumerate(clusters):
        cluster_of[cluster] = number
    order = sides.argsort(axis=1, kind="stable")
    values, members = np.take_along_axis(sides, order, axis=1), cluster_of[order]
    found = [
        np.stack([_percentile_of(values[side], drawn[:, members[side]], percentile) for side in (0, 1)], axis=1)
        for drawn in draws(len(clusters), seed, resamples)
    ]
    return _Drawn(
        seen=np.percentile(sides, percentile, axis=1),
        replicates=np.concatenate(found),
        left_out=None,
        clusters=len(clusters),
        resamples=resamples,
    )


def _percentile_of(values: "Numbers", times: "NDArray[np.int64]", percentile: float) -> "Numbers":
    """Return the percentile of each resample, which holds each of the sorted values ``times`` times."""
    import numpy as np

    up_to = times.cumsum(axis=1)
    place = (up_to[:, -1] - 1) * percentile / 100
    low, high = (values[(up_to <= np.floor(end)[:, None]).sum(axis=1)] for end in (place, np.ceil(place)))
    return np.asarray(low + (place - np.floor(place)) * (high - low))


def _figures(drawn: _Drawn, n: int) -> PairedFigures | None:
    def estimate(figure: _Figure, least: float = 0.0) -> Estimate:
        low, high = _ends(drawn, figure, LEVEL)
        return Estimate(mean=float(figure(*drawn.seen)), low=max(low, least), high=high, n=n, method=_method(drawn))

    two_sided, one_sided = _ratio_ends(drawn, LEVEL), _ratio_ends(drawn, ONE_SIDED)
    if two_sided is None or one_sided is None:
        return None
    ratio = float(_ratio(*drawn.seen))
    low, high = max(min(two_sided[0], ratio), 0.0), max(two_sided[1], ratio)
    return PairedFigures(
        baseline=estimate(lambda before, _: before),
        candidate=estimate(lambda _, after: after),
        delta=estimate(lambda before, after: after - before, -math.inf),
        ratio=Estimate(mean=ratio, low=low, high=high, n=n, method=_method_of_ratio(drawn)),
        ratio_least=min(one_sided[0], ratio),
        ratio_bound=max(one_sided[1], ratio),
    )


def _ratio_ends(drawn: _Drawn, level: float) -> tuple[float, float] | None:
    return _ends(drawn, _ratio, level) if drawn.sums is None else fieller_interval(drawn.sums, level)


def _ratio(before: "Numbers", after: "Numbers") -> "Numbers":
    return after / before


def _ends(drawn: _Drawn, figure: _Figure, level: float) -> tuple[float, float]:
    seen, replicates = float(figure(*drawn.seen)), figure(*drawn.replicates.T)
    if drawn.left_out is None:
        return percentile_interval(seen, replicates, drawn.clusters, level)
    left_out = figure(*drawn.left_out.T)
    one, other = bca_interval(seen, replicates, left_out, level), jackknife_t_interval(seen, left_out, level)
    return min(one[0], other[0]), max(one[1], other[1])


def _method(drawn: _Drawn) -> str:
    kind = "percentile bootstrap" if drawn.left_out is None else "BCa bootstrap and jackknife t"
    return f"{kind}, {drawn.resamples} resamples of {drawn.clusters} clusters"


def _method_of_ratio(drawn: _Drawn) -> str:
    return _method(drawn) if drawn.sums is None else f"Fieller's t, {drawn.clusters} clusters"
