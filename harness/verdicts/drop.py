"""The threshold ``max_drop``: a larger drop of the mean must be ruled out."""

import math

from harness import stats
from harness.records.compared import Comparison, Estimate, Finding
from harness.stats.ratios import ONE_SIDED
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.quantity_gate import SLACK
from harness.verdicts.wording import drop_ruled_out, dropped, mean_drowned, too_few_for_drop


def judge_drop(comparison: Comparison, delta: Estimate, margin: float) -> Finding:
    """Judge the paired difference ``delta`` of a comparison by the largest allowed drop."""
    pairs, noise = paired(comparison.rows), comparison.noise
    chance = stats.noise_floor(noise.spread, delta.n) if noise else 0.0
    if noise and chance > margin and delta.mean >= -margin - chance:
        return "inconclusive", mean_drowned(noise, delta.n, chance, margin)
    if delta.mean < -margin - SLACK:
        return "failed", dropped(-delta.mean, margin)
    if _rules_out(pairs, margin):
        return "passed", drop_ruled_out(margin)
    return "inconclusive", too_few_for_drop(delta, margin, cases_to_decide(pairs, margin))


def _rules_out(pairs: Pairs, margin: float) -> bool:
    if pairs.passfail:
        lost, won = pairs.differences.count(-1), pairs.differences.count(1)
        return stats.noninferiority_score(lost, won, len(pairs.differences), margin).passed
    return stats.paired_mean_interval(pairs.differences, pairs.groups, ONE_SIDED).low > -margin


def cases_to_decide(pairs: Pairs, margin: float) -> int | None:
    """Return how many cases like these would decide if the sides were equal; None when there is only one cluster."""
    n = len(pairs.differences)
    share = math.fsum(abs(difference) for difference in pairs.differences) / n
    if pairs.passfail:
        return stats.cases_needed_passfail(share, margin)
    sd = stats.effective_sd(pairs.differences, pairs.groups)
    if sd is None:
        return None
    needed = stats.cases_needed(sd, margin)
    if stats.mostly_equal(pairs.differences, pairs.groups):
        # The interval is then the score interval, on the number of cases that the design effect leaves.
        effect = stats.design_effect(pairs.differences, pairs.groups)
        needed = max(needed, math.ceil(stats.cases_needed_passfail(min(share, 1.0), margin) * effect))
    return needed
