"""Thresholds on a quantity of which less is better: a ceiling, and the largest allowed rise over the baseline."""

import math
from collections.abc import Iterator

from harness.records.compared import Comparison, Estimate, Gate, Outcome
from harness.text.figures import count_cases, in_unit, round_up, too_few_cases

SLACK = 1e-9
"""Figures this close count as equal: a mean of 0.8499999999999999 reaches a floor of 0.85."""


def judge_quantity(comparison: Comparison, gate: Gate) -> Iterator[tuple[Outcome, str]]:
    """Yield the findings of a quantity's thresholds; none for scores."""
    candidate, ratio, bound = comparison.candidate_mean, comparison.ratio, comparison.ratio_bound
    if not comparison.unit or candidate is None:
        return
    if ratio is None or bound is None or not math.isfinite(candidate.mean + ratio.mean + bound):
        yield "inconclusive", "the ratio of the two sides is not known; measure again"
        return
    if gate.ceiling is not None:
        yield _judge_ceiling(candidate.mean, gate.ceiling, comparison.unit)
    if gate.max_rise is not None:
        yield _judge_rise(ratio, bound, gate.max_rise)


def _judge_ceiling(figure: float, ceiling: float, unit: str) -> tuple[Outcome, str]:
    got = in_unit(figure, unit)
    if figure <= ceiling + SLACK:
        return "passed", f"candidate {got} is within the ceiling of {ceiling:g} {unit}"
    if got == in_unit(ceiling, unit):
        got = f"{figure:.9g} {unit}"
    return "failed", f"candidate {got} is above the ceiling of {ceiling:g} {unit}"


def _judge_rise(ratio: Estimate, bound: float, allowed: float) -> tuple[Outcome, str]:
    if ratio.mean > 1 + allowed + SLACK:
        return "failed", f"rose by {_percent(ratio.mean - 1)}, more than the allowed {_percent(allowed)}"
    if bound < 1 + allowed:
        return "passed", f"a rise of more than {_percent(allowed)} is ruled out (one-sided 95 %)"
    said = f"rule out a rise of {_percent(allowed)}"
    needed = math.ceil(ratio.n * (math.log(bound / ratio.mean) / math.log1p(allowed)) ** 2) if ratio.mean > 0 else 0
    if needed > ratio.n:
        return "inconclusive", f"{too_few_cases(ratio.n)} to {said}; about {round_up(needed)} would be enough"
    return "inconclusive", (
        f"{count_cases(ratio.n)} cannot {said}, though this many would be enough if the sides were equal: "
        f"the ratio seen is {ratio.mean:.3f}; more cases tell a real rise from chance"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
