"""The thresholds of a gate: their names, their ranges, and what each requires."""

import math

from harness.errors import InputError
from harness.records.compared import Comparison, Gate
from harness.text.figures import count, measured, number
from harness.text.visible import for_terminal

OF_SCORES = ("floor", "lower_bound", "max_drop", "max_flips")
ADD_ONE = "floor=, lower_bound=, max_drop= or max_flips="
OF_QUANTITIES = ("ceiling", "max_rise")


def check_gate(gate: Gate, comparison: Comparison) -> None:
    """Refuse a gate without a threshold, and thresholds outside their range.

    Raises:
        InputError: as described.
    """
    check_quantity_gate(gate, comparison)
    if not comparison.unit and all(getattr(gate, one) is None for one in OF_SCORES):
        raise InputError(f"this gate has no threshold; add {ADD_ONE}")
    _check_figure(gate, comparison)
    if gate.floor is not None and not 0 <= gate.floor <= 1:
        raise InputError(f"floor must be between 0 and 1, got {gate.floor}")
    if gate.lower_bound is not None and not 0 < gate.lower_bound < 1:
        raise InputError(
            f"lower_bound must be more than 0 and less than 1, got {gate.lower_bound}: "
            "every mean is at least 0, and no number of cases shows that it is 1"
        )
    if gate.max_drop == 0:
        raise InputError(
            "max_drop must be more than 0: no number of cases rules out the smallest drop; "
            "allow a small one with max_drop=0.02, or limit the number of lost cases with max_flips=0"
        )
    if gate.max_drop is not None and not 0 < gate.max_drop <= 1:
        raise InputError(f"max_drop must be more than 0 and at most 1, got {gate.max_drop}")
    for name, number_of_cases in (("max_flips", gate.max_flips), ("max_unscored", gate.max_unscored)):
        if number_of_cases is not None and (not 0 <= number_of_cases < math.inf or number_of_cases % 1):
            raise InputError(f"{name} must be a whole number of cases, 0 or more, got {number_of_cases}")


def _check_figure(gate: Gate, comparison: Comparison) -> None:
    """Refuse thresholds that say nothing about a figure of all answers."""
    if comparison.figure is not None and gate.lower_bound is not None:
        raise InputError(
            f"lower_bound judges a mean of scores, but {comparison.figure} is a figure of all answers together; "
            "use floor= or max_drop="
        )
    if comparison.figure == "BLEU" and gate.max_flips is not None:
        raise InputError(
            "max_flips counts cases that are right or wrong, but BLEU is a figure of all answers together; "
            "use floor= or max_drop="
        )


def check_quantity_gate(gate: Gate, comparison: Comparison) -> None:
    """Refuse thresholds that don't fit what was measured, and those outside their range.

    Raises:
        InputError: as described.
    """
    name, unit = for_terminal(comparison.scorer), comparison.unit
    foreign = [one for one in (OF_SCORES if unit else OF_QUANTITIES) if getattr(gate, one) is not None]
    if foreign and unit:
        raise InputError(
            f"{foreign[0]} judges scores, but {name} is a quantity in {unit}, where less is better; "
            f"use ceiling= in {unit}, or max_rise=0.1 to allow 10 % more than the baseline"
        )
    if foreign:
        raise InputError(f"{foreign[0]} judges quantities such as latency(), but {name} gives scores; use {ADD_ONE}")
    if unit and gate.ceiling is None and gate.max_rise is None:
        raise InputError("this gate has no threshold; add ceiling= or max_rise=")
    if gate.ceiling is not None and not 0 < gate.ceiling < math.inf:
        raise InputError(f"ceiling must be a number of {unit} above 0, got {gate.ceiling}")
    if gate.max_rise is not None and not 0 < gate.max_rise < math.inf:
        raise InputError(
            f"max_rise must be more than 0, such as 0.1 for 10 % more than the baseline, got {gate.max_rise}: "
            "no number of cases rules out the smallest rise"
        )


def thresholds(gate: Gate, unit: str, figure: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return each threshold of a gate: its name, and its value with what it requires.

    ``figure`` names the figure of all answers that is judged; None is the mean.
    """
    how = "one-sided 95 %, guaranteed" if gate.guarantee else "one-sided 95 %"
    found = [("max unscored", f"at most {count(gate.max_unscored, 'case')} without a score")]
    if gate.max_rise is not None:
        rise = f"{100 * gate.max_rise:.3g} %: a larger rise over the baseline must be ruled out (one-sided 95 %)"
        found.insert(0, ("max rise", rise))
    if gate.ceiling is not None:
        found.insert(0, ("ceiling", f"{measured(gate.ceiling, unit)}: the candidate must not exceed this"))
    if gate.max_flips is not None:
        found.insert(0, ("max flips", f"at most {count(gate.max_flips, 'lost case')}"))
    if gate.max_drop is not None:
        found.insert(0, ("max drop", f"{number(gate.max_drop)}: a larger drop must be ruled out ({how})"))
    if gate.lower_bound is not None:
        value = f"{number(gate.lower_bound)}: a lower mean of the candidate must be ruled out ({how})"
        found.insert(0, ("lower bound", value))
    if gate.floor is not None:
        found.insert(0, ("floor", f"{number(gate.floor)}: the candidate's {figure or 'mean'} must be at least this"))
    return tuple(found)
