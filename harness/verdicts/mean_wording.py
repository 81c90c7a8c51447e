"""Every sentence about the candidate's mean alone, that is of the thresholds ``floor`` and ``lower_bound``."""

from harness.records.compared import Gate
from harness.records.estimate import Estimate
from harness.text.figures import count_cases, round_up, tell_apart, too_few_cases


def figure_at_floor(figure: Estimate, floor: float, slack: float) -> str:
    """Say where a figure of all answers is, compared to the floor."""
    got, wanted = tell_apart(figure.mean, floor)
    return f"candidate {got} {'reaches' if figure.mean >= floor - slack else 'is below'} the floor {wanted}"


def floor_met(mean: Estimate, floor: float, low: float) -> str:
    """Say that the candidate reaches the floor, and how far below its true mean can be (``low``, one-sided 95 %)."""
    got, wanted = tell_apart(mean.mean, floor)
    if low >= floor:
        return f"candidate {got} reaches the floor {wanted}: {_rule_out(mean.n)} a true mean below {low:.3f}"
    cases = count_cases(mean.n)
    return f"candidate {got} reaches the floor {wanted}, though {cases} cannot rule out a true mean of {low:.3f}"


def floor_missed(mean: Estimate, floor: float, high: float) -> str:
    """Say that the candidate misses the floor, and how high its true mean can be (``high``, one-sided 95 %)."""
    got, wanted = tell_apart(mean.mean, floor)
    if high < floor:
        return f"candidate {got} is below the floor {wanted}: {_rule_out(mean.n)} a true mean above {high:.3f}"
    cases = count_cases(mean.n)
    return f"candidate {got} is below the floor {wanted}, though {cases} cannot rule out a true mean of {high:.3f}"


def lower_mean_ruled_out(bound: float, low: float, gate: Gate) -> str:
    """Say that a mean below the bound is ruled out, since the true one is at least ``low``."""
    how = "one-sided 95 %, guaranteed" if gate.guarantee else "one-sided 95 %"
    return f"a true mean below {bound:g} is ruled out: the candidate's is at least {low:.3f} ({how})"


def below_bound(mean: Estimate, bound: float, high: float) -> str:
    """Say that the true mean is below the bound, since it is at most ``high``."""
    got, wanted = tell_apart(mean.mean, bound)
    return f"candidate {got} is below the bound {wanted}: its true mean is at most {high:.3f} (one-sided 95 %)"


def bound_out_of_reach(cases: int, clusters: tuple[int, int], bound: float, needed: int) -> str:
    """Say that so few clusters can't rule out a mean below the bound; ``needed`` is the fewest that can.

    ``clusters`` are their number, and how many of one size would weigh as evenly.
    """
    count, even = clusters
    have = count_cases(cases)
    if count < cases:
        have += f" in {count} group{'' if count == 1 else 's'}"
    if even < count:
        have += f" of such unlike sizes that they count as {even}"
    return (
        f"{have} cannot rule out a true mean below {bound:g}, whatever the answers; "
        f"at least {needed}{' groups' if count < cases else ''} are needed"
    )


def too_few_for_bound(mean: Estimate, bound: float, end: float, needed: int | None) -> str:
    """Say what would decide about a lower bound; ``end`` is how far the true mean can be on its other side.

    ``needed`` is None where no practical number of cases would decide.
    """
    got, wanted = tell_apart(mean.mean, bound)
    if needed is None:
        decides = "that is too close for any practical number of cases to decide"
    elif needed > mean.n:
        decides = f"about {round_up(needed)} would decide if its true mean is {got}"
    else:
        decides = "more cases tell a real distance from chance"
    if mean.mean >= bound:
        said = f"{too_few_cases(mean.n)} to rule out a true mean below {wanted}"
        return f"{said}: the candidate's {got} can be {end:.3f} by chance; {decides}"
    return f"candidate {got} is below the bound {wanted}, which could be chance: {end:.3f} is not ruled out; {decides}"


def _rule_out(cases: int) -> str:
    return f"{count_cases(cases)} {'rules' if cases == 1 else 'rule'} out"
