"""The threshold ``max_drop`` on a figure of all answers: a larger drop of macro F1 or of BLEU must be ruled out."""

import math

from harness import stats
from harness.records.compared import Comparison, DropBound, Finding, Gate
from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA, z
from harness.verdicts.chance_wording import Chance, maybe_chance
from harness.verdicts.drop import unless_chance
from harness.verdicts.drop_wording import drop_ruled_out, dropped, too_few_for_corpus_drop, without_guarantee
from harness.verdicts.quantity_gate import SLACK
from harness.verdicts.unscored_wording import NOT_A_NUMBER


def judge_corpus_drop(comparison: Comparison, delta: Estimate, gate: Gate, chance: Chance | None) -> Finding:
    """Judge a figure of all answers, whose paired difference is ``delta``, by the largest allowed drop.

    A drop that is larger and beyond chance fails; one that may be chance is inconclusive. ``chance`` is that of a
    slice; None tests the drop alone. Under a guarantee nothing passes, since no test of such a figure gives one.
    """
    margin, drop = gate.max_drop or 0.0, comparison.drop
    if drop is None or not math.isfinite(drop.low + drop.p_value):
        return "inconclusive", NOT_A_NUMBER
    if delta.mean < -margin - SLACK:
        chance = chance or Chance(p_value=drop.p_value, corrected=drop.p_value, slices=1)
        return unless_chance(dropped(-delta.mean, margin), chance, maybe_chance)
    if gate.guarantee:
        return "inconclusive", without_guarantee(comparison.figure or "")
    if drop.low > -margin and _clusters(comparison) >= stats.fewest_cases(margin):
        return "passed", drop_ruled_out(margin, gate)
    return "inconclusive", too_few_for_corpus_drop(delta, gate, cases_for_corpus_drop(comparison, delta, drop, margin))


def cases_for_corpus_drop(comparison: Comparison, delta: Estimate, drop: DropBound, margin: float) -> int | None:
    """Return how many cases like these would decide if the sides were equal; None when all are in one group."""
    clusters, fewest = _clusters(comparison), stats.fewest_cases(margin)
    sd = (delta.mean - drop.low) / z(1 - ALPHA) * math.sqrt(delta.n)
    return None if clusters < 2 else max(stats.cases_needed(sd, margin), math.ceil(fewest * delta.n / clusters))


def _clusters(comparison: Comparison) -> int:
    return stats.count_clusters([row.group for row in comparison.rows if not row.unscored])
