"""How many cases a ``max_rise`` needs, from what earlier runs show of the quantity."""

import math
from collections.abc import Sequence

from harness import stats
from harness.verdicts.compare import Pairs

OF_TIME = "s"
"""The unit of quantities that depend on the load, so that no earlier run tells how they will spread."""


def is_planned(unit: str) -> bool:
    """Tell whether earlier runs show how a quantity spreads."""
    return unit not in {"", OF_TIME}


def rise_needed(pairs: Sequence[Pairs], max_rise: float) -> int | None:
    """Return with how many cases two equal sides pass ``max_rise`` 4 times in 5.

    The gate passes where the mean of candidate - (1 + max_rise) baseline is shown to be below 0, as Fieller's interval
    has it. Where the sides are equal, its mean is -max_rise times the baseline's; how it spreads is taken from earlier
    runs, the candidate's amounts divided by the rise that was seen. None where nothing can be divided by.
    """
    needed = [_needed(one, max_rise) for one in pairs]
    return None if not needed or None in needed else max(one for one in needed if one is not None)


def _needed(seen: Pairs, max_rise: float) -> int | None:
    before, after = math.fsum(seen.baseline), math.fsum(seen.candidate)
    if not (before > 0 and after > 0):
        return None
    rise, mean = after / before, before / len(seen.baseline)
    values = [
        (now / rise - (1 + max_rise) * then) / mean for then, now in zip(seen.baseline, seen.candidate, strict=True)
    ]
    sd = stats.effective_sd(values, seen.groups)
    return None if sd is None else max(stats.fewest_clusters(None), stats.cases_needed(sd, max_rise))
