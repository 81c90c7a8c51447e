"""What the thresholds on the candidate's mean alone, ``lower_bound`` and ``floor``, can decide with so many cases."""

import math

from harness import stats
from harness.records.compared import Gate
from harness.records.record import Record
from harness.stats.ratios import ONE_SIDED
from harness.verdicts.compare import Pairs
from harness.verdicts.lower_bound import cases_to_decide
from harness.verdicts.quantity_gate import SLACK


class BoundPower(Record, frozen=True, kw_only=True):
    """What a ``lower_bound`` needs.

    With ``needed`` cases a candidate whose true mean is ``truth`` passes 4 times in 5; None where no practical number
    is enough, or all cases are in one group. With fewer than ``fewest`` groups, or cases without one, nothing passes.
    """

    truth: float
    needed: int | None
    fewest: int


class FloorReach(Record, frozen=True, kw_only=True):
    """The true means at which chance decides about a ``floor``: at ``low`` 1 in 20 pass, at ``high`` 1 in 20 fail."""

    low: float
    high: float


def bound_power(gate: Gate, cases: int, groups: int, earlier: Pairs | None) -> BoundPower:
    """Return what the lower bound of a gate needs on ``cases`` in so many groups.

    The true mean is taken to be the candidate's in ``earlier``, the scores of an earlier run, where that is above the
    bound; scores then spread as they did there. Otherwise it is halfway between the bound and 1, scores pass or fail,
    and a group counts as one case.
    """
    bound = gate.lower_bound or 0.0
    fewest = stats.fewest_cases(1 - bound)
    if earlier is not None and (mean := math.fsum(earlier.candidate) / len(earlier.candidate)) > bound:
        return BoundPower(truth=mean, needed=cases_to_decide(earlier, gate), fewest=fewest)
    truth = (1 + bound) / 2
    clusters = stats.cases_needed_share(bound, truth)
    if gate.guarantee and groups < cases:
        clusters = max(clusters, stats.guaranteed_cases_needed(math.sqrt(truth * (1 - truth)), truth - bound))
    needed = math.ceil(clusters * cases / groups)
    return BoundPower(truth=truth, needed=None if groups == 1 < cases else needed, fewest=fewest)


def floor_reach(floor: float, groups: int) -> FloorReach | None:
    """Return where chance decides about a floor on so many groups, or cases without one; None for a floor of 0.

    Scores are taken to pass or fail, which spread the most, and groups to do so as one.
    """
    least = math.ceil(floor * groups - SLACK)
    if least < 1:
        return None
    low, high = stats.exact_interval(least, groups, ONE_SIDED)[0], stats.exact_interval(least - 1, groups, ONE_SIDED)[1]
    return FloorReach(low=low, high=high)
