"""Two sides' mean or percentile of a quantity that has no upper end, such as seconds, and the ratio of the two."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records import Estimate, Record
from harness.stats.bca import RESAMPLES, bca_interval, draws, jackknife_t_interval, resampled_sums
from harness.stats.clusters import clustered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.bca import Numbers

LEVEL = 0.95
ONE_SIDED = 0.90
"""Level of the two-sided interval whose upper end is the one-sided 95 % bound."""
FEWEST = 20
"""Clusters. In simulations with skewed times the bounds of a mean err from here on as often as they should."""
MOST_DRAWS = 20_000_000
FEWEST_RESAMPLES = 1_000


class PairedFigures(Record, frozen=True, kw_only=True):
    """Both sides' figure, the candidate's minus the baseline's, and over it, with its one-sided upper bound at 95 %."""

    baseline: Estimate
    candidate: Estimate
    delta: Estimate
    ratio: Estimate
    ratio_bound: float


def fewest_clusters(percentile: float | None) -> int:
    """Return how many clusters a mean, or a percentile, needs before it is worth an interval.

    For a percentile it is the number that shows at least one case beyond it with 95 %, whatever the distribution:
    ln 0.05 / ln p, 59 for the 95th (Wilks 1941, Annals of Mathematical Statistics 12:91). With fewer, a tail as thick
    as that goes unseen too often.

    >>> [fewest_clusters(percentile) for percentile in (None, 50, 95, 99)]
    [20, 20, 59, 299]
    """
    seen = math.ceil(math.log(0.05) / math.log(percentile / 100)) if percentile else 0
    return max(FEWEST, seen)


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
    since times are skewed. Percentiles, for which the jackknife fails: the bias-corrected percentile interval (Efron
    1982, The Jackknife, the Bootstrap and Other Resampling Plans, section 10.7), interpolated linearly (Hyndman and
    Fan 1996, The American Statistician 50:361, type 7). The same seed gives the same figures.

    None where the ratio has no meaning: the baseline's figure is 0, or is so in some resample.
    """
    if not baseline or not len(baseline) == len(candidate) == len(groups):
        raise ValueError(f"values of both sides and groups are needed, got {len(baseline)}, {len(candidate)}")
    clusters = clustered(range(len(groups)), groups)
    if len(clusters) < 2:
        raise ValueError("at least two clusters are needed")
    import numpy as np

    sides = np.array([baseline, candidate], dtype=float)
    if not (np.isfinite(sides).all() and (sides >= 0).all()):
        raise ValueError("values must be finite and not negative")
    drawn = _means(sides, clusters, seed) if percentile is None else _percentiles(sides, clusters, percentile, seed)
    if not (drawn.replicates[:, 0] > 0).all() or not (drawn.left_out[:, 0] > 0).all():
        return None
    return _figures(drawn, len(groups))


class _Drawn(NamedTuple):
    """A figure of both sides, a column each: as seen, of each resample, and without each cluster."""

    seen: "Numbers"
    replicates: "Numbers"
    left_out: "Numbers"
    method: str


def _means(sides: "Numbers", clusters: Sequence[Sequence[int]], seed: int) -> _Drawn:
    import numpy as np

    rows = np.array([(*sides[:, cluster].sum(axis=1), len(cluster)) for cluster in clusters])
    total, sums = rows.sum(axis=0), resampled_sums(rows, seed)
    left_out = total - rows
    return _Drawn(
        seen=(total / total[2])[None, :2],
        replicates=sums[:, :2] / sums[:, 2:],
        left_out=left_out[:, :2] / left_out[:, 2:],
        method=f"BCa bootstrap and jackknife t, {RESAMPLES} resamples of {len(clusters)} clusters",
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
    seen = np.percentile(sides, percentile, axis=1)[None]
    return _Drawn(
        seen=seen,
        replicates=np.concatenate(found),
        left_out=np.repeat(seen, len(clusters), axis=0),
        method=f"bias-corrected bootstrap, {resamples} resamples of {len(clusters)} clusters",
    )


def _percentile_of(values: "Numbers", times: "NDArray[np.int64]", percentile: float) -> "Numbers":
    """Return the percentile of each resample, which holds the sorted values so many times."""
    import numpy as np

    up_to = times.cumsum(axis=1)
    place = (up_to[:, -1] - 1) * percentile / 100
    low, high = (values[(up_to <= np.floor(end)[:, None]).sum(axis=1)] for end in (place, np.ceil(place)))
    return np.asarray(low + (place - np.floor(place)) * (high - low))


def _figures(drawn: _Drawn, n: int) -> PairedFigures:
    parts = [(part[:, 0], part[:, 1]) for part in drawn[:3]]
    found = [
        tuple(figure(before, after) for before, after in parts)
        for figure in (
            lambda before, _: before,
            lambda _, after: after,
            lambda before, after: after - before,
            lambda before, after: after / before,
        )
    ]
    estimates = [_estimate(one, n, drawn.method) for one in found]
    return PairedFigures(
        baseline=estimates[0],
        candidate=estimates[1],
        delta=estimates[2],
        ratio=estimates[3],
        ratio_bound=_ends(found[3], ONE_SIDED)[1],
    )


def _estimate(figure: "tuple[Numbers, ...]", n: int, method: str) -> Estimate:
    low, high = _ends(figure, LEVEL)
    return Estimate(mean=float(figure[0][0]), low=low, high=high, n=n, method=method)


def _ends(figure: "tuple[Numbers, ...]", level: float) -> tuple[float, float]:
    """Return the interval of (as seen, of each resample, without each cluster)."""
    seen, replicates, left_out = figure
    estimate = float(seen[0])
    one = bca_interval(estimate, replicates, left_out, level)
    other = jackknife_t_interval(estimate, left_out, level)  # a point where nothing was left out
    return min(one[0], other[0]), max(one[1], other[1])
