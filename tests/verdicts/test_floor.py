"""The threshold ``floor``: a plain rule, whose reason says how far chance reaches."""

import pytest
from scipy.stats import binomtest

from harness.records.compared import Comparison, Gate
from harness.verdicts.gate import decide
from tests.verdicts.test_lower_bound import right, scored


def reason(comparison: Comparison, floor: float) -> tuple[str, str]:
    """The outcome of a gate with this floor, and its reason."""
    verdict = decide("t", comparison, Gate(floor=floor))
    return verdict.outcome, verdict.reasons[0]


@pytest.mark.parametrize(
    ("k", "said"),
    [
        (110, "candidate 0.859 reaches the floor 0.850, though 128 cases cannot rule out a true mean of {low:.3f}"),
        (120, "candidate 0.938 reaches the floor 0.850: 128 cases rule out a true mean below {low:.3f}"),
        (105, "candidate 0.820 is below the floor 0.850, though 128 cases cannot rule out a true mean of {high:.3f}"),
        (95, "candidate 0.742 is below the floor 0.850: 128 cases rule out a true mean above {high:.3f}"),
    ],
)
def test_the_reason_says_how_far_chance_reaches(k: int, said: str):
    """The ends of the exact interval, one-sided at 95 %; the rule itself looks at the mean alone."""
    known = binomtest(k, 128).proportion_ci(0.9, method="exact")

    outcome, told = reason(right(k, 128), 0.85)

    assert outcome == ("passed" if k >= 109 else "failed")
    assert told == said.format(low=known.low, high=known.high)


def test_one_group_leaves_everything_open():
    """However many cases it has."""
    outcome, told = reason(scored([1.0] * 50, ["g"] * 50), 0.9)

    assert outcome == "passed"
    assert told.endswith("though 50 cases cannot rule out a true mean of 0.000")


def test_one_case_is_spoken_of_in_the_singular():
    """One right case rules out what happens less than once in twenty."""
    assert reason(right(1, 1), 0.01)[1].endswith("1 case rules out a true mean below 0.050")
