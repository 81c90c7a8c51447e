"""The reasons of a max_drop, in words."""

from harness.records.compared import Gate
from harness.records.estimate import Estimate
from harness.text.figures import count_cases, round_up, tell_apart, too_few_cases


def dropped(drop: float, margin: float) -> str:
    """Say that the mean fell by more than it may."""
    got, allowed = tell_apart(drop, margin)
    return f"dropped by {got}, more than the allowed {allowed}"


def drop_ruled_out(margin: float, gate: Gate) -> str:
    """Say that a larger drop is ruled out."""
    how = "one-sided 95 %, guaranteed" if gate.guarantee else "one-sided 95 %"
    return f"a drop of more than {margin:g} is ruled out ({how})"


def never_enough(cases: int, gate: Gate, fewest: int, needed: int | None) -> str:
    """Say that so few cases can't pass, whatever their answers."""
    enough = f", and about {round_up(needed)} would be enough" if needed and round_up(needed) > fewest else ""
    return (
        f"{too_few_cases(cases)} to rule out a drop of {gate.max_drop:g}, whatever the answers: "
        f"at least {fewest} are needed{enough}{_or_limit_flips(gate)}"
    )


def too_few_for_drop(delta: Estimate, gate: Gate, needed: int | None) -> str:
    """Say what would decide about a drop; ``needed`` is None when all cases are in one group."""
    said = f"rule out a drop of {gate.max_drop:g}"
    if needed is None:
        return (
            f"{count_cases(delta.n)} cannot {said}: all are in one group, which can't show how much groups differ; "
            "add cases of other groups"
        )
    if needed > delta.n:
        return f"{too_few_cases(delta.n)} to {said}; about {round_up(needed)} would be enough{_or_limit_flips(gate)}"
    return (
        f"{count_cases(delta.n)} cannot {said}, though about {round_up(needed)} would be enough if the sides were "
        f"equal: the difference seen is {delta.mean:z.3f}; more cases tell a real drop from chance"
    )


def _or_limit_flips(gate: Gate) -> str:
    return ". Or limit the number of lost cases with max_flips" if gate.max_flips is None else ""


def too_few_for_corpus_drop(delta: Estimate, gate: Gate, needed: int | None) -> str:
    """Say what would decide about a drop of a figure of all answers; ``needed`` is None for cases of one group."""
    if needed is None or needed <= delta.n:
        return too_few_for_drop(delta, gate, needed)
    return (
        f"{too_few_cases(delta.n)} to rule out a drop of {gate.max_drop:g}; about {round_up(needed)} would be enough, "
        "fewer if they are added where there are fewest"
    )


def without_guarantee(figure: str) -> str:
    """Say that a drop of a figure of all answers is never ruled out for certain."""
    return f"no test guarantees that {figure} did not drop; gate the mean, or judge it with guarantee=False"
