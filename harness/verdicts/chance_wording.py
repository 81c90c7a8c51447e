"""What chance explains of a failure, and what noise of the engine hides, in words."""

from harness.records.compared import Noise
from harness.records.record import Record
from harness.text.figures import count_cases

STEADIER = 'make the engine steadier (dtype = "float32", temperature 0)'


class Chance(Record, frozen=True, kw_only=True):
    """How likely chance explains what a gate fails by: its p value alone, and corrected for all slices of its gate.

    Slices with more unscored cases than allowed count with the best that their missing answers could be.
    """

    p_value: float
    corrected: float
    slices: int


class Chances(Record, frozen=True, kw_only=True):
    """What chance explains of a slice, for each thing that it can be accused of; None where nothing is corrected.

    ``drop`` is of the paired difference, ``below`` of the candidate's mean below its lower bound.
    """

    drop: Chance | None = None
    below: Chance | None = None


def beyond_chance(reason: str, chance: Chance) -> str:
    """Say that chance does not explain a failure; of a gate that was tested alone that goes without saying."""
    if chance.slices == 1:
        return reason
    return f"{reason}; beyond chance: {_p_values(chance)}"


def maybe_chance_flips(reason: str, chance: Chance) -> str:
    """Say that the lost cases of a slice may be no more than equal sides would lose there."""
    return (
        f"{reason}, but equal sides can lose as many more than they win: {_p_values(chance)}; "
        "more cases with this tag would show whether it is a drop"
    )


def maybe_chance(reason: str, chance: Chance) -> str:
    """Say that chance can explain what a gate would fail by."""
    more = "more cases" if chance.slices == 1 else "more cases with this tag"
    return f"{reason}, which could be chance: {_p_values(chance)}; {more} would show whether it is"


def mean_drowned(noise: Noise, cases: int, chance: float, margin: float) -> str:
    """Say that chance moves a mean by more than the margin."""
    return drowned(noise, f"moves a mean over {count_cases(cases)} by {chance:.3f}", f"{margin:g}")


def _p_values(chance: Chance) -> str:
    alone, corrected = _p(chance.p_value), _p(chance.corrected)
    if chance.slices == 1:
        return f"p {alone}"
    return f"p {alone} for this slice alone, {corrected} corrected for {chance.slices} slices"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "below 0.001"


def drowned(noise: Noise, effect: str, allowed: str) -> str:
    """Say that chance alone does more to the baseline's own answers than is allowed."""
    return (
        f"asking the baseline again changed {noise.scores_changed} of {noise.scored} scores: chance alone {effect}, "
        f"more than the allowed {allowed}; {STEADIER}, or add cases"
    )
