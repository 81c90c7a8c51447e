"""Thresholds on a quantity of which less is better: a ceiling, and the largest allowed rise over the baseline."""

import math
from collections.abc import Iterator

from harness.records.compared import Comparison, Finding, Gate
from harness.records.estimate import Estimate
from harness.verdicts.quantity_wording import (
    NO_RATIO,
    RISE_WITHOUT_GUARANTEE,
    ceiling_met_or_missed,
    maybe_rose,
    rise_ruled_out,
    rose,
    too_few_for_rise,
)

SLACK = 1e-9
"""Figures this close count as equal: a mean of 0.8499999999999999 reaches a floor of 0.85."""


def judge_quantity(comparison: Comparison, gate: Gate) -> Iterator[Finding]:
    """Yield the findings of a quantity's thresholds; none for scores."""
    candidate, ratio, bound = comparison.candidate_mean, comparison.ratio, comparison.ratio_bound
    if not comparison.unit or candidate is None:
        return
    if ratio is None or bound is None or not math.isfinite(candidate.mean + ratio.mean + bound):
        yield "inconclusive", NO_RATIO
        return
    if gate.ceiling is not None:
        yield _judge_ceiling(candidate.mean, gate.ceiling, comparison.unit)
    if gate.max_rise is not None:
        yield _judge_rise(ratio, (comparison.ratio_least or 0.0, bound), gate)


def _judge_ceiling(figure: float, ceiling: float, unit: str) -> Finding:
    return ("passed" if figure <= ceiling + SLACK else "failed"), ceiling_met_or_missed(figure, ceiling, unit, SLACK)


def _judge_rise(ratio: Estimate, bounds: tuple[float, float], gate: Gate) -> Finding:
    """Judge a ratio by its one-sided bounds: only a rise that is more than chance fails."""
    least, bound = bounds
    allowed = gate.max_rise or 0.0
    if ratio.mean > 1 + allowed + SLACK:
        return ("failed", rose(ratio, allowed)) if least > 1 else ("inconclusive", maybe_rose(ratio, allowed))
    if gate.guarantee:
        return "inconclusive", RISE_WITHOUT_GUARANTEE
    if bound < 1 + allowed:
        return "passed", rise_ruled_out(allowed)
    return "inconclusive", too_few_for_rise(ratio, allowed, cases_for_rise(ratio, bound, allowed))


def cases_for_rise(ratio: Estimate, bound: float, allowed: float) -> int:
    """Return how many cases like these would decide about a rise if the sides were equal; 0 where none is known."""
    return math.ceil(ratio.n * (math.log(bound / ratio.mean) / math.log1p(allowed)) ** 2) if ratio.mean > 0 else 0
