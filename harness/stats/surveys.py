"""What a stratified sample says of all that it was drawn from: totals and shares by weights."""

import math
import statistics
from collections.abc import Sequence

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import two_sided_z
from harness.stats.passfail import wilson_interval


class Stratum(Record, frozen=True, kw_only=True):
    """What was drawn from one stratum of ``units``, without replacement, each unit as likely as any other.

    ``sizes`` says of how many things each drawn unit is made, such as requests that ask the same; ``values`` has one
    number for each drawn unit, which holds for all that it is made of.
    """

    units: int
    sizes: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def weight(self) -> float:
        """How many units each drawn one stands for: one over the probability that it was drawn."""
        return self.units / len(self.values)


def weighted_total(strata: Sequence[Stratum]) -> float:
    """Return the total of all values over all things, estimated without bias.

    Horvitz and Thompson (1952), JASA 47:663: the sum of what was drawn, each over its probability to be drawn.

    >>> weighted_total([Stratum(units=10, sizes=(1.0, 3.0), values=(1.0, 1.0))])
    20.0
    """
    return math.fsum(
        one.weight * size * value for one in strata for size, value in zip(one.sizes, one.values, strict=True)
    )


def weighted_share(strata: Sequence[Stratum], level: float = 0.95) -> Estimate | None:
    """Return the share of all things for which a value of 0 or 1 is 1, with its interval; None where none was drawn.

    The estimate is the ratio of two Horvitz-Thompson totals (Hájek 1971), so it is in [0, 1] whatever the sizes are.
    Its variance is that of the linearised ratio over strata with their finite size (Särndal, Swensson and Wretman 1992,
    section 5.6). The interval is Wilson's at the effective sample size, which is lowered for few degrees of freedom
    (Korn and Graubard 1998, Survey Methodology 24:193). bench/proposals.py shows how often it is right. Where all units
    were drawn, the share is known and the interval has no width.

    Raises:
        ValueError: a stratum has fewer units than were drawn, or none of them.
    """
    _check(strata)
    drawn = sum(len(one.values) for one in strata)
    if not drawn:
        return None
    whole = weighted_total([_all_one(one) for one in strata])
    share = min(1.0, max(0.0, weighted_total(strata) / whole))
    if all(one.units == len(one.values) for one in strata):
        return Estimate(mean=share, low=share, high=share, n=drawn, method="census")
    variances = [_variance(one, share) for one in strata]
    variance = math.fsum(variances) / whole**2
    size = drawn if not variance or share in {0.0, 1.0} else share * (1 - share) / variance
    size = max(1.0, size * _for_few(_freedom(variances, strata), level))
    low, high = wilson_interval(share * size, size, level)
    return Estimate(mean=share, low=low, high=high, n=drawn, method="Horvitz-Thompson, stratified")


def _check(strata: Sequence[Stratum]) -> None:
    for one in strata:
        if not 0 < len(one.values) <= one.units or len(one.sizes) != len(one.values):
            raise ValueError(f"a stratum of {one.units} units has {len(one.values)} drawn, of {len(one.sizes)} sizes")


def _all_one(one: Stratum) -> Stratum:
    return Stratum(units=one.units, sizes=one.sizes, values=(1.0,) * len(one.values))


def _variance(one: Stratum, share: float) -> float:
    """Return what a stratum adds to the variance of the numerator of the linearised ratio.

    Values that are all alike don't show that all others are: then the spread is that of 0 and 1 with one more of each
    (Agresti and Coull 1998).
    """
    drawn = len(one.values)
    if len(set(one.values)) == 1:
        likely = (math.fsum(one.values) + 1) / (drawn + 2)
        spread = statistics.fmean(size**2 for size in one.sizes) * likely * (1 - likely)
    else:
        off = [size * (value - share) for size, value in zip(one.sizes, one.values, strict=True)]
        spread = statistics.variance(off)
    return one.units**2 * (1 - drawn / one.units) * spread / drawn


def _freedom(variances: Sequence[float], strata: Sequence[Stratum]) -> float:
    """Return the degrees of freedom of a sum of variances (Satterthwaite 1946); a single unit counts as two."""
    parts = math.fsum(part**2 / max(len(one.values) - 1, 1) for part, one in zip(variances, strata, strict=True))
    return math.fsum(variances) ** 2 / parts if parts else float(sum(len(one.values) - 1 for one in strata))


def _for_few(freedom: float, level: float) -> float:
    """Return by how much few degrees of freedom lower an effective sample size: (z / t)^2."""
    from scipy.special import stdtrit

    quantile = float(stdtrit(max(freedom, 1), (1 + level) / 2))
    return float((two_sided_z(level) / quantile) ** 2)
