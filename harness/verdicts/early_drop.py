"""``max_drop`` before all cases are asked: what all of them would find at worst, and at best."""

import math
import statistics
from collections.abc import Sequence

from harness import stats
from harness.records.compared import Finding, Gate
from harness.stats.arguments import ALPHA, SAME
from harness.stats.exact import passfail_p_value
from harness.verdicts.early_part import Part, mean_above
from harness.verdicts.early_wording import (
    drop_early_failed,
    drop_early_graded,
    drop_early_graded_failed,
    drop_early_passed,
)
from harness.verdicts.quantity_gate import SLACK

FEW = 20
"""With fewer cases in all whose scores differ, they may be judged by the score test alone (see drops.py)."""
HALVINGS = 30


def drop_early(part: Part, gate: Gate) -> Finding | None:
    """Judge the paired differences by ``max_drop``; not of cases in groups, and no pass under a guarantee."""
    if part.grouped or part.asked < 2:
        return None
    margin, differences = gate.max_drop or 0.0, part.pairs.differences
    judge = _flips_early if stats.all_flips(differences) else _graded_early
    found = judge(part, differences, margin)
    return None if gate.guarantee and found is not None and found[0] == "passed" else found


def _flips_early(part: Part, differences: Sequence[float], margin: float) -> Finding | None:
    """Judge cases that pass or fail by the counts that all of them have at worst and at best."""
    of, unasked = part.of, part.of - part.asked
    now_lost, now_won = _counts(differences)
    if would_pass(now_lost + unasked, now_won, of, margin):
        return "passed", drop_early_passed(of, margin, (now_lost + unasked, now_won))
    if would_fail(now_lost, now_won + unasked, of, margin):
        return "failed", drop_early_failed(of, margin, (now_lost, now_won + unasked))
    if not part.look:
        return None
    lost, won = _counts(differences[: part.look])
    worst = stats.worst_flips((lost, won), part.look, of, part.pass_errors)
    if would_pass(*worst, of, margin):
        return "passed", drop_early_passed(of, margin, worst)
    best_won, best_lost = stats.worst_flips((won, lost), part.look, of, part.fail_errors)
    if would_fail(best_lost, best_won, of, margin):
        return "failed", drop_early_failed(of, margin, (best_lost, best_won))
    return None


def _counts(differences: Sequence[float]) -> tuple[int, int]:
    return sum(value < 0 for value in differences), sum(value > 0 for value in differences)


def would_pass(lost: int, won: int, n: int, margin: float) -> bool:
    """Tell whether a drop of ``margin`` is ruled out, as ``drop_is_ruled_out`` in drop.py does."""
    seen_none: float = (1 - margin) ** n
    in_limits = seen_none <= ALPHA and (won - lost) / n >= -margin
    return in_limits and passfail_p_value(lost, won, n, margin) <= ALPHA


def would_fail(lost: int, won: int, n: int, margin: float) -> bool:
    """Tell whether counts are a larger drop, beyond chance."""
    return (won - lost) / n < -margin - SLACK and stats.share_p_value(won, lost + won, 0.5) <= ALPHA


def _graded_early(part: Part, differences: Sequence[float], margin: float) -> Finding | None:
    """Judge graded scores by the mean difference of all cases."""
    of = part.of
    needed = _rules_out(differences, of, margin)
    if mean_above([(1 + value) / 2 for value in differences], of, (1 + needed) / 2, part.pass_error):
        return "passed", drop_early_graded(of, margin, needed)
    drops = [-value for value in differences]
    beyond = max(margin + SLACK, stats.mean_needed(drops, of, 0.0, -1.0), ALPHA ** (-1 / of) - 1)
    if mean_above([(1 + value) / 2 for value in drops], of, (1 + beyond) / 2, part.fail_error):
        return "failed", drop_early_graded_failed(of, margin, -beyond)
    return None


def _rules_out(differences: Sequence[float], of: int, margin: float) -> float:
    """Return from which mean of all on a drop of ``margin`` is ruled out, as ``margin_p_value`` does in drops.py."""
    unseen: float = (1 - margin) * ALPHA ** (-1 / of) - 1
    if unseen > 0:
        return math.inf
    needed = max(stats.mean_needed(differences, of, -margin, -1.0), unseen)
    middle = statistics.median(differences)
    if sum(abs(value - middle) > SAME for value in differences) * of < FEW * len(differences):
        won = statistics.fmean(max(value, 0.0) for value in differences) * of
        low, high = needed, 0.0
        for _ in range(HALVINGS):
            mean = (low + high) / 2
            enough = stats.score_p_value(won - mean * of, won, of, -margin) <= ALPHA
            low, high = (low, mean) if enough else (mean, high)
        needed = max(needed, high)
    return needed
