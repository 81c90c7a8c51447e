"""The threshold ``floor``: what the candidate's mean must reach."""

from harness.records.compared import Finding
from harness.verdicts.quantity_gate import SLACK
from harness.verdicts.wording import floor_met_or_missed


def judge_floor(mean: float, floor: float) -> Finding:
    """Judge the candidate's mean by the floor."""
    return ("passed" if mean >= floor - SLACK else "failed"), floor_met_or_missed(mean, floor, SLACK)
