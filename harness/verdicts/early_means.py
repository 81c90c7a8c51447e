"""``floor`` and ``lower_bound`` before all cases are asked: what the candidate's mean of all cases will be."""

import math
from collections.abc import Sequence

from harness import stats
from harness.records.compared import Finding, Gate
from harness.stats.arguments import ALPHA, SAME
from harness.verdicts.early_part import Part, mean_above, more_of_a_kind
from harness.verdicts.early_wording import below_bound_early, bound_early, floor_early_met, floor_early_missed
from harness.verdicts.quantity_gate import SLACK

FEW = 20
"""With fewer values that differ in all cases, the spread says too little."""


def floor_early(part: Part, floor: float) -> Finding | None:
    """Judge whether the candidate's mean of all cases reaches the floor, in groups or not."""
    values, of = part.pairs.candidate, part.of
    if _passfail(values):
        needed = math.ceil((floor - SLACK) * of)
        reached, missed = _counted(part, needed, needed - 1)
    else:
        at = floor - SLACK
        reached = mean_above(values, of, at, part.pass_error)
        missed = mean_above([1 - value for value in values], of, 1 - at, part.fail_error)
    if reached:
        return "passed", floor_early_met(of, floor)
    return ("failed", floor_early_missed(of, floor)) if missed else None


def lower_bound_early(part: Part, gate: Gate) -> Finding | None:
    """Judge whether all cases would rule out a lower true mean, or a higher one; not of cases in groups."""
    values, of, bound = part.pairs.candidate, part.of, gate.lower_bound or 0.0
    if part.grouped:
        return None
    if _passfail(values):
        proven, below = _counted(part, _fewest_right(of, bound), of - _fewest_right(of, 1 - bound))
    elif part.asked < 2:
        return None
    else:
        wrong = [1 - value for value in values]
        proven = not gate.guarantee and mean_above(values, of, _mean_needed(values, of, bound), part.pass_error)
        below = mean_above(wrong, of, _mean_needed(wrong, of, 1 - bound), part.fail_error)
    if proven:
        return "passed", bound_early(of, bound)
    return ("failed", below_bound_early(of, bound)) if below else None


def _counted(part: Part, least: int, most: int) -> tuple[bool, bool]:
    """Tell whether at least ``least`` of all cases are right, and whether at most ``most`` are."""
    right = [value == 1 for value in part.pairs.candidate]
    wrong = [not one for one in right]
    return (
        more_of_a_kind(part, right, least, part.pass_errors),
        more_of_a_kind(part, wrong, part.of - most, part.fail_errors),
    )


def _fewest_right(of: int, bound: float) -> int:
    """Return how many of all cases must be right to rule out a lower share than ``bound``; one more than all: never."""
    low, high = 0, of + 1
    while high - low > 1:
        middle = (low + high) // 2
        if stats.share_p_value(of - middle, of, 1 - bound) <= ALPHA:
            high = middle
        else:
            low = middle
    return high


def _mean_needed(values: Sequence[float], of: int, bound: float) -> float:
    """Return which mean of all graded scores rules out ``bound``, as ``mean_bounds`` in lower_bound.py does."""
    needed = max(stats.mean_needed(values, of, bound, 0.0), bound / stats.highest_bound(of))
    middle = sorted(values)[len(values) // 2]
    if sum(abs(value - middle) > SAME for value in values) * of < FEW * len(values):
        low, high = needed, 1.0
        for _ in range(30):
            mean = (low + high) / 2
            low, high = (low, mean) if stats.wilson_interval(mean * of, of, 1 - 2 * ALPHA)[0] >= bound else (mean, high)
        needed = high
    return needed


def _passfail(values: Sequence[float]) -> bool:
    return all(value in {0, 1} for value in values)
