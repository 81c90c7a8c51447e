"""The threshold ``floor``: what the candidate's mean must reach, whatever chance had in it."""

from harness.records.compared import Comparison, Estimate, Finding
from harness.verdicts.compare import paired
from harness.verdicts.lower_bound import mean_bounds
from harness.verdicts.mean_wording import floor_met, floor_missed
from harness.verdicts.quantity_gate import SLACK


def judge_floor(comparison: Comparison, mean: Estimate, floor: float) -> Finding:
    """Judge the candidate's mean by the floor; the reason also says how far chance reaches, one-sided at 95 %."""
    low, high = mean_bounds(paired(comparison.rows))
    if mean.mean >= floor - SLACK:
        return "passed", floor_met(mean, floor, low)
    return "failed", floor_missed(mean, floor, high)
