"""Under which conditions losses concentrate, tested with the whole search repeated.

Two things must be beyond chance. *Where*: losses would rarely meet a condition so often if they fell anywhere among
what the baseline had right. *Which way*: the sides would rarely be so far apart if they were equal, so that cases which
merely flip often, both ways, are not named.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.stats.arguments import ALPHA
from harness.stats.clusters import clustered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Numbers = NDArray[np.float64]

LEAST_LOST = 5
"""With fewer lost cases a condition is never named: two equal sides lose four of four flips once in 16 times."""
LEAST_FLIPS = 6
"""With fewer flips in all, two equal sides can lose every one of them too easily: once in 32 times."""
RESAMPLES = 1_000
MORE_RESAMPLES = 100
"""For each comparison that shares the error rate, once there are more than ten."""
BATCH = 250
ROUNDING = 1e-6


class Flips(NamedTuple):
    """What became of each case that the baseline or the candidate had right: -1 lost, 1 won, 0 right on both sides.

    Cases of one group move together; a case whose group is None moves alone.
    """

    changes: tuple[int, ...]
    groups: tuple[str | None, ...]


class Repeats(NamedTuple):
    """How often a search is repeated at most, and up to which p value it is of interest."""

    times: int
    small_enough: float


class Concentration(NamedTuple):
    """How far losses concentrate where one condition holds.

    ``excess`` is the log likelihood ratio of two rates of losing, inside and outside, to one; 0 where fewer than five
    lost cases meet the condition or the rate is no higher inside. ``p_value`` is corrected for all conditions.
    """

    excess: float
    p_value: float


def concentrations(
    flips: Flips, matching: Sequence[Sequence[int]], seed: int, comparisons: int = 1
) -> tuple[Concentration, ...]:
    """Return for each condition how far losses concentrate in it; ``matching`` has the places of its cases.

    The statistic is that of Kulldorff (1997), Communications in Statistics 26:1481, for Bernoulli data. Each p value is
    the larger of two, both with the whole search repeated and corrected by the largest statistic over all conditions:
    Westfall and Young (1993), Resampling-Based Multiple Testing, section 2.3 (single step).

    - Where: the lost cases are drawn anew among those that the baseline had right; those of one group stay together, on
      groups of the same size.
    - Which way: the two sides change places at random, group by group. Twice the smaller of the p values of the whole
      comparison, and of the condition among all conditions, so that either one is enough. And by the same swaps for the
      condition alone more must be lost inside than outside, losses less wins: p at most 0.05.

    Where the sides are equal, whatever else holds, the second p value is at most alpha for any condition with at most
    the probability alpha. With ``comparisons`` that share the error rate each p value is multiplied by their number. A
    p value above 0.05 is given as 1: the search stops as soon as that is certain.

    Raises:
        ValueError: ``flips`` has not one group for each change.
    """
    if len(flips.changes) != len(flips.groups):
        raise ValueError(f"needs a group for each case, got {len(flips.groups)} for {len(flips.changes)}")
    lost, flipped = flips.changes.count(-1), sum(change != 0 for change in flips.changes)
    if lost < LEAST_LOST or flipped < LEAST_FLIPS or not matching:
        return (Concentration(excess=0.0, p_value=1.0),) * len(matching)
    import numpy as np

    chance = np.random.default_rng(seed)
    times = max(RESAMPLES, MORE_RESAMPLES * comparisons)
    table = _table(matching, len(flips.changes))
    which_way = _which_way(flips, table, times, chance)
    excess, where = _where(flips, table, which_way <= ALPHA / comparisons, Repeats(times, ALPHA / comparisons), chance)
    corrected = np.maximum(where, which_way) * comparisons
    corrected[corrected > ALPHA] = 1.0
    return tuple(Concentration(excess=float(one), p_value=float(p)) for one, p in zip(excess, corrected, strict=True))


def _table(matching: Sequence[Sequence[int]], cases: int) -> "csr_array":
    """Return a row for each case and a column for each condition: 1 where the case meets it."""
    import numpy as np
    from scipy.sparse import csr_array

    sizes = [len(places) for places in matching]
    columns = np.repeat(np.arange(len(matching)), sizes)
    rows = np.fromiter((place for places in matching for place in places), dtype=np.int64, count=sum(sizes))
    return csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(cases, len(matching)))


def _where(
    flips: Flips, table: "csr_array", left: "NDArray[np.bool_]", repeats: "Repeats", chance: "np.random.Generator"
) -> "tuple[Numbers, Numbers]":
    """Return each condition's excess, and its p value if losses fell anywhere on what the baseline had right.

    It is 1 for all when no condition that is ``left`` can get one that is small enough.
    """
    import numpy as np
    from scipy.sparse import csr_array

    changes = np.array(flips.changes)
    right = np.flatnonzero(changes <= 0)
    lost, table = changes[right] == -1, table[right]
    inside, columns = table.sum(axis=0), np.arange(table.shape[1])
    shuffles = _shuffles([flips.groups[place] for place in right])
    total = int(lost.sum())
    excesses = _excesses(inside, total, len(right))
    excess = excesses[columns, table[lost].sum(axis=0).astype(np.int64)].astype(np.float64)
    best = (excess * left).max()
    largest = np.zeros(0)
    while len(largest) < repeats.times and best > 0:
        some = min(BATCH, repeats.times - len(largest))
        drawn = np.concatenate([np.flatnonzero(lost[_shuffled(shuffles, chance)]) for _ in range(some)])
        ones = np.ones(len(drawn), dtype=np.float32)
        chosen = csr_array((ones, drawn, np.arange(0, len(drawn) + 1, total)), shape=(some, len(right)))
        counts = (chosen @ table).toarray().astype(np.int64)
        largest = np.append(largest, excesses[columns, counts].max(axis=1))
        if (largest >= best - ROUNDING).sum() >= repeats.small_enough * (1 + repeats.times):
            best = 0.0
    return excess, _beaten(excess, largest) if best > 0 else np.ones(len(excess))


def _excesses(inside: "Numbers", all_lost: int, cases: int) -> "NDArray[np.float32]":
    """Return Kulldorff's log likelihood ratio for each condition and each number of lost cases that can meet it.

    It is 0 where the rate of losing is no higher inside than outside, and below five lost cases.
    """
    import numpy as np
    from scipy.special import xlogy

    found = np.zeros((len(inside), all_lost + 1), dtype=np.float32)
    together = xlogy(all_lost, all_lost / cases) + xlogy(cases - all_lost, 1 - all_lost / cases)
    for place, size in enumerate(inside.tolist()):
        lost = np.arange(LEAST_LOST, min(all_lost, int(size)) + 1.0)
        outside, lost_outside = cases - size, all_lost - lost
        lost = lost[lost_outside <= outside]
        lost_outside = lost_outside[lost_outside <= outside]
        counts = ((lost, size), (size - lost, size), (lost_outside, outside), (outside - lost_outside, outside))
        apart = sum(xlogy(count, count / max(of, 1.0)) for count, of in counts)
        higher = lost * outside > lost_outside * size
        found[place, lost.astype(np.int64)] = np.where(higher, np.maximum(apart - together, 0.0), 0.0)
    return found


def _shuffles(groups: Sequence[str | None]) -> "list[NDArray[np.int64]]":
    """Return a table of places for each size of a group: a row for each group of that size."""
    import numpy as np

    found: dict[int, list[list[int]]] = {}
    for cluster in clustered(range(len(groups)), groups):
        found.setdefault(len(cluster), []).append(cluster)
    return [np.array(found[size]) for size in sorted(found)]


def _shuffled(shuffles: "list[NDArray[np.int64]]", chance: "np.random.Generator") -> "NDArray[np.int64]":
    """Return for each place the one whose fate it gets: groups change places, and so do the cases within each."""
    import numpy as np

    source = np.empty(sum(table.size for table in shuffles), dtype=np.int64)
    for table in shuffles:
        moved = chance.permutation(table)
        source[table] = chance.permuted(moved, axis=1) if table.shape[1] > 1 else moved
    return source


def _which_way(flips: Flips, table: "csr_array", times: int, chance: "np.random.Generator") -> "Numbers":
    """Return each condition's p value if the two sides were equal; 1 where no more is lost inside than outside.

    A condition's statistic is how many more losses than wins meet it than would if they fell alike on all cases.
    """
    import numpy as np
    from scipy.sparse import csr_array

    changes = np.array(flips.changes)
    flipped = np.flatnonzero(changes)
    clusters = clustered(range(len(flipped)), [flips.groups[place] for place in flipped])
    rows = np.repeat(np.arange(len(clusters)), [len(cluster) for cluster in clusters])
    order = np.concatenate([np.array(cluster) for cluster in clusters])
    losses = -changes[flipped][order].astype(np.float64)
    sums = csr_array((losses, (rows, order)), shape=(len(clusters), len(flipped)))
    enough = table[flipped].sum(axis=0) >= LEAST_LOST
    whole = sums @ np.ones((len(flipped), 1))
    alike = whole * (table.sum(axis=0) / len(changes))
    net = np.hstack([((sums @ table[flipped]).toarray() - alike) * enough, whole])
    spread = np.maximum(np.sqrt((net * net).sum(axis=0)), ROUNDING)
    net /= spread
    observed = net.sum(axis=0)
    largest, beaten = np.zeros(times), np.zeros(net.shape[1])
    for start in range(0, times, BATCH):
        some = min(BATCH, times - start)
        swapped = (chance.integers(0, 2, size=(some, len(net))) * 2.0 - 1.0) @ net
        beaten += (swapped >= observed - ROUNDING).sum(axis=0)
        largest[start : start + some] = swapped[:, :-1].max(axis=1)
    alone = (1 + beaten) / (1 + times)
    either = 2 * np.minimum(_beaten(observed[:-1], largest), alone[-1])
    return np.where(enough & (alone[:-1] <= ALPHA), either, 1.0)


def _beaten(observed: "Numbers", largest: "Numbers") -> "Numbers":
    """Return how often the largest statistic of a repeated search reaches each observed one; never 0."""
    import numpy as np

    below = np.searchsorted(np.sort(largest), np.asarray(observed) - ROUNDING)
    return (1 + len(largest) - below) / (1 + len(largest))
