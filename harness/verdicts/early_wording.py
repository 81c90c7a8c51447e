"""Every sentence of a verdict that was decided before all cases were asked."""

from harness.text.figures import count_cases


def decided_early(reason: str, asked: int, of: int) -> str:
    """Say that a reason is known before all cases were asked."""
    return f"decided early, by {asked} of {count_cases(of)}: {reason}"


def floor_early_met(of: int, floor: float) -> str:
    """Say that the mean of all will reach the floor."""
    return f"the mean of all {of} reaches the floor {floor:g}"


def floor_early_missed(of: int, floor: float) -> str:
    """Say that the mean of all will miss the floor."""
    return f"the mean of all {of} is below the floor {floor:g}"


def bound_early(of: int, bound: float) -> str:
    """Say that all cases would rule out a lower mean."""
    return f"all {of} would rule out a true mean below {bound:g} (one-sided 95 %)"


def below_bound_early(of: int, bound: float) -> str:
    """Say that all cases would show that the mean is below the bound."""
    return f"all {of} would rule out a true mean of {bound:g} or more (one-sided 95 %)"


def drop_early_passed(of: int, margin: float, worst: tuple[int, int]) -> str:
    """Say that all cases would rule out the drop, with the most that they lose and the fewest that they win."""
    lost, won = worst
    return (
        f"{_would_rule_out(of, margin)}, also with {lost} lost and {won} won, which is the worst that these leave open"
    )


def drop_early_graded(of: int, margin: float, needed: float) -> str:
    """Say that the mean difference of all is above the one that rules the drop out."""
    return f"{_would_rule_out(of, margin)}: their difference is above {needed:.3f}, which is enough"


def drop_early_failed(of: int, margin: float, best: tuple[int, int]) -> str:
    """Say that all cases would show a larger drop, with the fewest that they lose and the most that they win."""
    lost, won = best
    return f"{_would_show(of, margin)}, also with {lost} lost and {won} won, which is the best that these leave open"


def drop_early_graded_failed(of: int, margin: float, difference: float) -> str:
    """Say that the mean difference of all is below the one that shows a larger drop."""
    return f"{_would_show(of, margin)}: their difference is below {difference:.3f}"


def flips_early_passed(of: int, lost: int, allowed: int) -> str:
    """Say that no more cases will be lost than may be."""
    return f"lost {count_cases(lost)} so far, and all {of} lose no more than the allowed {allowed}"


def _would_rule_out(of: int, margin: float) -> str:
    return f"all {of} would rule out a drop of more than {margin:g} (one-sided 95 %)"


def _would_show(of: int, margin: float) -> str:
    return f"all {of} would show a drop of more than the allowed {margin:g}, beyond chance"
