"""The reasons of thresholds on quantities, a ceiling and a max_rise, in words."""

from harness.records.estimate import Estimate
from harness.text.figures import count_cases, in_unit, round_up, too_few_cases

RISE_WITHOUT_GUARANTEE = (
    "no method guarantees max_rise, since a quantity has no upper end; "
    "judge it with guarantee=False, by a ceiling, or as advisory"
)
NO_RATIO = "the ratio of the two sides is not known; measure again"


def ceiling_met_or_missed(figure: float, ceiling: float, unit: str, slack: float) -> str:
    """Say where the candidate's figure is, compared to the ceiling."""
    got = in_unit(figure, unit)
    if figure <= ceiling + slack:
        return f"candidate {got} is within the ceiling of {ceiling:g} {unit}"
    if got == in_unit(ceiling, unit):
        got = f"{figure:.9g} {unit}"
    return f"candidate {got} is above the ceiling of {ceiling:g} {unit}"


def rose(ratio: Estimate, allowed: float) -> str:
    """Say that a quantity rose by more than it may."""
    return f"rose by {_percent(ratio.mean - 1)}, more than the allowed {_percent(allowed)}"


def maybe_rose(ratio: Estimate, allowed: float) -> str:
    """Say that a quantity may have risen by chance alone."""
    return f"{rose(ratio, allowed)}, which could be chance: more cases would show whether it is"


def rise_ruled_out(allowed: float) -> str:
    """Say that a larger rise is ruled out."""
    return f"a rise of more than {_percent(allowed)} is ruled out (one-sided 95 %)"


def too_few_for_rise(ratio: Estimate, allowed: float, needed: int) -> str:
    """Say what would decide about a rise."""
    said = f"rule out a rise of {_percent(allowed)}"
    if needed > ratio.n:
        return f"{too_few_cases(ratio.n)} to {said}; about {round_up(needed)} would be enough"
    return (
        f"{count_cases(ratio.n)} cannot {said}, though this many would be enough if the sides were equal: "
        f"the ratio seen is {ratio.mean:.3f}; more cases tell a real rise from chance"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
