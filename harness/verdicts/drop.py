"""The threshold ``max_drop``: a larger drop of the mean must be ruled out, and only a drop beyond chance fails."""

import math
from collections.abc import Callable

from harness import stats
from harness.records.compared import Comparison, Finding, Gate
from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA
from harness.verdicts.chance_wording import Chance, beyond_chance, maybe_chance, mean_drowned
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.drop_wording import drop_ruled_out, dropped, never_enough, too_few_for_drop
from harness.verdicts.quantity_gate import SLACK


def judge_drop(comparison: Comparison, delta: Estimate, gate: Gate, chance: Chance | None) -> Finding:
    """Judge the paired difference ``delta`` of a comparison by the largest allowed drop.

    A drop that is larger and beyond chance fails; one that may be chance is inconclusive. ``chance`` is that of a
    slice; None tests the drop alone. Of a judge's scores with enough labels it is the corrected difference that counts.
    """
    if comparison.judged is not None and comparison.judged.difference is not None:
        from harness.verdicts.labelled_gate import judge_labelled_drop

        return judge_labelled_drop(comparison, gate, chance)
    margin, pairs = gate.max_drop or 0.0, paired(comparison.rows)
    if delta.mean < -margin - SLACK:
        return unless_chance(dropped(-delta.mean, margin), chance or chance_of_drop(pairs), maybe_chance)
    if drop_is_ruled_out(pairs, margin, gate):
        return "passed", drop_ruled_out(margin, gate)
    return "inconclusive", _undecided(comparison, pairs, delta, gate)


def unless_chance(reason: str, chance: Chance, in_words: Callable[[str, Chance], str]) -> Finding:
    """Return a failure for ``reason``; where chance explains it, it is inconclusive, as ``in_words`` says."""
    if chance.corrected <= ALPHA:
        return "failed", beyond_chance(reason, chance)
    return "inconclusive", in_words(reason, chance)


def chance_of_drop(pairs: Pairs) -> Chance:
    """Return how likely the drop of one comparison is by chance, tested alone."""
    p_value = stats.drop_p_value(pairs.differences, pairs.groups)
    return Chance(p_value=p_value, corrected=p_value, slices=1)


def drop_is_ruled_out(pairs: Pairs, margin: float, gate: Gate) -> bool:
    """Tell whether a true drop of ``margin`` is ruled out, one-sided at 95 %; under a guarantee by both tests."""
    if stats.margin_p_value(pairs.differences, pairs.groups, margin) > ALPHA:
        return False
    return not gate.guarantee or stats.guaranteed_margin_p_value(pairs.differences, pairs.groups, margin) <= ALPHA


def _undecided(comparison: Comparison, pairs: Pairs, delta: Estimate, gate: Gate) -> str:
    margin, needed = gate.max_drop or 0.0, cases_to_decide(pairs, gate)
    fewest = fewest_to_pass(pairs, margin, gate)
    if len(pairs.differences) < fewest:
        return never_enough(len(pairs.differences), gate, fewest, needed)
    if comparison.noise and (chance := stats.noise_floor(comparison.noise.spread, delta.n)) > margin:
        return mean_drowned(comparison.noise, delta.n, chance, margin)
    return too_few_for_drop(delta, gate, needed)


def fewest_to_pass(pairs: Pairs, margin: float, gate: Gate) -> int:
    """Return with how many cases a gate could pass at all, if they were in groups like these.

    Pass or fail needs so many cases; graded scores, and groups under a guarantee, so many groups of one size.
    """
    if pairs.flips and not gate.guarantee:
        return stats.fewest_cases(margin)
    if pairs.passfail:
        return stats.guaranteed_fewest_cases(margin)
    return math.ceil(stats.fewest_cases(margin) * len(pairs.groups) / stats.effective_clusters(pairs.groups))


def cases_to_decide(pairs: Pairs, gate: Gate) -> int | None:
    """Return how many cases like these would decide if the sides were equal; None when there is only one cluster."""
    needed = stats.guaranteed_cases_needed_like if gate.guarantee else stats.cases_needed_like
    return needed(pairs.differences, pairs.groups, gate.max_drop or 0.0)
