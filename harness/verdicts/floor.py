"""The threshold ``floor``: what the candidate's mean must reach, whatever chance had in it."""

from harness.records.compared import Comparison, Finding
from harness.records.estimate import Estimate
from harness.verdicts.compare import paired
from harness.verdicts.lower_bound import mean_bounds
from harness.verdicts.mean_wording import figure_at_floor, floor_met, floor_missed
from harness.verdicts.quantity_gate import SLACK


def judge_floor(comparison: Comparison, mean: Estimate, floor: float) -> Finding:
    """Judge the candidate's mean by the floor; the reason also says how far chance reaches, one-sided at 95 %.

    Of a judge's scores with enough labels it is the corrected mean.
    """
    if comparison.judged is not None and comparison.judged.candidate is not None:
        from harness.verdicts.labelled_gate import judge_labelled_floor

        return judge_labelled_floor(comparison, floor)
    if comparison.figure is not None:  # its interval is in the line of figures
        reached = mean.mean >= floor - SLACK
        return ("passed" if reached else "failed"), figure_at_floor(mean, floor, SLACK)
    low, high = mean_bounds(paired(comparison.rows))
    if mean.mean >= floor - SLACK:
        return "passed", floor_met(mean, floor, low)
    return "failed", floor_missed(mean, floor, high)
