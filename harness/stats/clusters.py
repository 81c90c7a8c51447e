"""Cases of one group move together: they are one cluster, and only clusters vary independently."""

import math
import statistics
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from harness.records.record import Record
from harness.stats.arguments import SAME

Value = TypeVar("Value")

FEW = 10
"""Fewer clusters than this say too little about the spread to be trusted alone."""

UNSEEN = 2.0
"""How many clusters of copies the design effect adds to those seen, as large as the largest. Groups that move together
are easily missed where few cases flip: of 300 cases in groups of ten, 5 % discordant, a fifth of all samples hold no
group that was lost as a whole. docs/decisions/0014 has the figures of 0.25, 1, 1.5 and 2."""


def clustered(values: Sequence[Value], groups: Sequence[str | None]) -> list[list[Value]]:
    """Return the values of each cluster, in order of first appearance; a case whose group is None is a cluster."""
    if all(group is None for group in groups):
        return [[value] for value in values]
    found: defaultdict[str | int, list[Value]] = defaultdict(list)
    for place, (value, group) in enumerate(zip(values, groups, strict=True)):
        found[place if group is None else group].append(value)
    return list(found.values())


def cluster_sums(
    values: Iterable[float], groups: Sequence[str | None], add: Callable[[Iterable[float]], float] = math.fsum
) -> Iterator[tuple[float, int]]:
    """Yield of each cluster the sum of its values and the number of its cases, in order of first appearance."""
    if all(group is None for group in groups):  # nothing is gathered: a million cases are a million clusters
        yield from ((value, 1) for value in values)
        return
    for cluster in clustered(tuple(values), groups):
        yield add(cluster), len(cluster)


def count_clusters(groups: Sequence[str | None]) -> int:
    """Return the number of independent clusters: the groups, and each case without one."""
    return len({group for group in groups if group is not None}) + sum(group is None for group in groups)


def effective_clusters(groups: Sequence[str | None]) -> float:
    """Return how many clusters of one size would weigh as evenly: n^2 / sum_g n_g^2, Kish (1965), section 11.2.

    >>> effective_clusters(["a"] * 2 + [None] * 2)
    2.6666666666666665
    """
    sizes = Counter(group for group in groups if group is not None)
    squares = sum(size**2 for size in sizes.values()) + len(groups) - sizes.total()
    return float(len(groups) ** 2 / squares)


def largest_cluster(groups: Sequence[str | None]) -> int:
    """Return how many cases the largest cluster has."""
    return max(Counter(group for group in groups if group is not None).values(), default=1)


def mostly_equal(values: Sequence[float], groups: Sequence[str | None]) -> bool:
    """Tell whether most clusters have the same mean and fewer than ten have another."""
    means = array("d", (total / size for total, size in cluster_sums(values, groups)))
    middle = statistics.median(means)
    away = sum(abs(mean - middle) > SAME for mean in means)
    return few_of(away, len(means))


def few_of(away: int, clusters: int) -> bool:
    """Tell whether ``away`` of this many clusters are too few to show a spread, and the rest are most of them."""
    return away < FEW and 2 * away < clusters


def all_flips(differences: Sequence[float]) -> bool:
    """Tell whether each case passed or failed on both sides."""
    return all(value in {-1, 0, 1} for value in differences)


class EffectiveCounts(Record, frozen=True, kw_only=True):
    """Sums of drops and of gains, and a number of cases, as if each case were on its own; they may be fractions."""

    lost: float
    won: float
    n: float


def effective_counts(differences: Sequence[float], groups: Sequence[str | None]) -> EffectiveCounts:
    """Divide drops, gains and the number of cases by the design effect.

    Rao and Scott (1992), Biometrics 48:577: a group of copies then counts once, and cases that only share a group count
    almost in full.
    """
    effect = design_effect(differences, groups)
    return EffectiveCounts(
        lost=math.fsum(max(-value, 0.0) for value in differences) / effect,
        won=math.fsum(max(value, 0.0) for value in differences) / effect,
        n=len(differences) / effect,
    )


def design_effect(values: Sequence[float], groups: Sequence[str | None]) -> float:
    """Return how many times larger the variance of the mean may be than if all cases were independent.

    Kish (1965), Survey Sampling, section 5.4, estimated as sum_g (sum_i in g (d_i - mean))^2 / sum_i (d_i - mean)^2
    and kept between 1, independent cases, and m, copies in clusters of m cases, the largest there is. ``UNSEEN`` more
    clusters of copies, whose cases are as far from the mean as any, join both sums: a few clusters that differ say
    little about how alike their cases are. Where nothing varies the effect is m.
    """
    mean, largest = statistics.fmean(values), largest_cluster(groups)
    alone = math.fsum((value - mean) ** 2 for value in values)
    if largest == 1 or alone <= SAME * SAME * len(values):
        return float(largest)
    away = (value - mean for value in values)
    together = math.fsum(total**2 for total, _ in cluster_sums(away, groups))
    added = UNSEEN * max((value - mean) ** 2 for value in values)
    return min(max((together + added * largest) / (alone + added), 1.0), float(largest))
