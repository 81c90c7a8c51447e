"""How many cases are needed, by simulation: suites are drawn from what earlier runs, the pilots, showed."""

import math
from collections.abc import Sequence

from harness.stats.arguments import ALPHA, check_values
from harness.stats.clusters import all_flips, clustered
from harness.stats.drops import fewest_cases, margin_p_value
from harness.stats.power import cases_needed, cases_needed_like, check_power
from harness.stats.skewed import spread_of

Values = Sequence[float]
Groups = Sequence[str | None]
Clusters = list[list[float]]

ANEW = 100
"""How often the pilots are drawn anew, to see how many cases they could as well have asked for."""
CAUTIOUS = 0.9
"""The pilot that is taken asks for more cases than this share of those."""
SIMULATED = 300
"""Cases up to which suites are drawn; beyond, the closed form is as good, and drawing takes seconds."""
DRAWS = 600
"""Most suites that are drawn of one size."""
BATCH = 50
"""Suites after which it may be clear that a size is enough, or that it is not."""
CLEAR = 3.0
"""Standard errors from the power asked for at which it is."""
CLOSE = 1.03
"""Two sizes this near are the same: power differs by a point."""
SEED = 20261126
"""The same pilots always need the same number."""


def cases_needed_as_in(pilots: Sequence[tuple[Values, Groups]], margin: float, power: float = 0.8) -> int:
    """Return how many cases like those of earlier runs rule out ``margin`` with probability ``power``, at equal sides.

    ``pilots`` are the paired differences in [-1, 1] of each run, and their groups. They can have shown a smaller spread
    than there is; so of 100 pilots drawn from their clusters, the one is taken that needs more than nine tenths of them
    do. Suites of its clusters are drawn and judged by ``margin_p_value``; bisection finds their size, and tries each
    size on the same stream of chance. Raises ValueError when there is only one cluster.

    The sides are made equal by shifting graded scores, which keeps their spread and their skew; what would leave
    [-1, 1] is kept inside. Flips have to stay flips: every cluster is there a second time with lost and won
    exchanged, which keeps how far cases of a group move together.
    """
    check_power(margin, power)
    for values, groups in pilots:
        check_values(values, groups, -1.0)
    clusters = [cluster for values, groups in pilots for cluster in clustered(values, groups)]
    if len(clusters) < 2:
        raise ValueError("one cluster shows no spread")
    pilot = _equal_sides(_cautious(clusters, margin, power))
    size, flips = sum(map(len, pilot)) / len(pilot), all(map(all_flips, pilot))
    about = cases_needed_like(*_suite(pilot), margin, power) or fewest_cases(margin)
    if about > SIMULATED:
        return about
    low = math.ceil(fewest_cases(margin) / (size if flips else 1))
    high = max(low, math.ceil(about / size))
    if _is_enough(pilot, low, margin, power):
        return math.ceil(low * size)
    while not _is_enough(pilot, high, margin, power):
        low, high = high, math.ceil(1.25 * high)
    while high > CLOSE * low and high > low + 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_enough(pilot, middle, margin, power) else (middle, high)
    return math.ceil(high * size)


def _cautious(clusters: Clusters, margin: float, power: float) -> Clusters:
    """Return a pilot drawn from these clusters that needs more cases than most that could be drawn."""
    import numpy as np

    chance, count = np.random.default_rng(SEED), len(clusters)
    drawn = [[clusters[place] for place in chance.integers(count, size=count).tolist()] for _ in range(ANEW)]

    def needs(pilot: Clusters) -> tuple[int, float]:
        values, groups = _suite(pilot)
        spread = spread_of(values, groups)
        sd, skewness = spread.error * math.sqrt(len(values)), spread.skewness * math.sqrt(len(values) / count)
        return cases_needed(sd, margin, power, 0.0 if all_flips(values) else skewness), sd

    return sorted(drawn, key=needs)[round(CAUTIOUS * ANEW)]


def _equal_sides(pilot: Clusters) -> Clusters:
    if all(map(all_flips, pilot)):
        return [*pilot, *([-value for value in cluster] for cluster in pilot)]
    mean = math.fsum(map(math.fsum, pilot)) / sum(map(len, pilot))
    return [[min(max(value - mean, -1.0), 1.0) for value in cluster] for cluster in pilot]


def _is_enough(pilot: Clusters, count: int, margin: float, power: float) -> bool:
    """Tell whether suites of so many clusters pass often enough; no more are drawn than it takes to see."""
    import numpy as np

    chance, passed, drawn = np.random.default_rng(SEED), 0, 0
    while drawn < DRAWS:
        for places in chance.integers(len(pilot), size=(BATCH, count)).tolist():
            values, groups = _suite([pilot[place] for place in places])
            passed += margin_p_value(values, groups, margin) <= ALPHA
        drawn += BATCH
        if abs(passed / drawn - power) > CLEAR * math.sqrt(power * (1 - power) / drawn):
            break
    return passed >= power * drawn


def _suite(clusters: Clusters) -> tuple[list[float], list[str | None]]:
    """Return the differences and groups of a suite; a cluster of one case has no group."""
    groups = [None if len(one) == 1 else str(place) for place, one in enumerate(clusters) for _ in one]
    return [value for one in clusters for value in one], groups
