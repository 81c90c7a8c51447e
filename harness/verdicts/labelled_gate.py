"""Thresholds on what a judge scored, decided by the figures that people's labels correct (PPI++).

A pass needs so many labels that a judge which misses the whole distance to the threshold would have been seen to err in
19 of 20 samples. No test guarantees a corrected figure, so under a guarantee nothing passes by one.
"""

import math
from collections.abc import Sequence

from harness import stats
from harness.records.compared import Comparison, Finding, Gate
from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA
from harness.stats.judges.corrected import Judged
from harness.stats.judges.deciding import corrected_p_value, labels_needed, passing_p_value, share_wrong
from harness.verdicts.by_labels import corrected_candidate, corrected_drop, labelled_clusters
from harness.verdicts.chance_wording import Chance, beyond_chance, maybe_chance
from harness.verdicts.drop_wording import drop_ruled_out, dropped
from harness.verdicts.label_wording import (
    corrected_by,
    too_few_labels_for_bound,
    too_few_labels_for_drop,
    without_guarantee,
)
from harness.verdicts.mean_wording import below_bound, floor_met, floor_missed, lower_mean_ruled_out
from harness.verdicts.quantity_gate import SLACK

LOST, WRONG = -1.0, 0.0
"""The lowest difference, and the lowest score."""


def judge_labelled_drop(comparison: Comparison, gate: Gate, chance: Chance | None) -> Finding:
    """Judge the corrected paired difference by ``max_drop``.

    As of any scores, a drop that is larger and beyond chance fails, and one that may be chance is inconclusive.
    ``chance`` is that of a slice; None tests the drop alone.
    """
    found, cases = corrected_drop(comparison)
    outcome, reason = _drop(cases, found.corrected, gate, chance)
    return outcome, corrected_by(reason, found)


def _drop(cases: Sequence[Judged], seen: Estimate, gate: Gate, chance: Chance | None) -> Finding:
    margin = gate.max_drop or 0.0
    if seen.mean < -margin - SLACK:
        chance, reason = chance or _alone(cases, 0.0), dropped(-seen.mean, margin)
        if chance.corrected <= ALPHA:
            return "failed", beyond_chance(reason, chance)
        return "inconclusive", maybe_chance(reason, chance)
    if gate.guarantee:
        return "inconclusive", without_guarantee(f"a drop of more than {margin:g}")
    if _is_above(cases, seen.mean, -margin, LOST):
        return "passed", drop_ruled_out(margin, gate)
    have, needed = _labels(cases), labels_for(cases, margin, seen.mean + margin, LOST)
    return "inconclusive", too_few_labels_for_drop(seen, have, margin, needed)


def judge_labelled_floor(comparison: Comparison, floor: float) -> Finding:
    """Judge the candidate's corrected mean by ``floor``."""
    found, _ = corrected_candidate(comparison)
    seen = found.corrected
    if seen.mean >= floor - SLACK:
        return "passed", corrected_by(floor_met(seen, floor, seen.low), found)
    return "failed", corrected_by(floor_missed(seen, floor, seen.high), found)


def judge_labelled_bound(comparison: Comparison, gate: Gate) -> Finding:
    """Judge the candidate's corrected mean by ``lower_bound``."""
    found, cases = corrected_candidate(comparison)
    outcome, reason = _bound(cases, found.corrected, gate)
    return outcome, corrected_by(reason, found)


def _bound(cases: Sequence[Judged], seen: Estimate, gate: Gate) -> Finding:
    bound = gate.lower_bound or 0.0
    if seen.high < bound:
        return "failed", below_bound(seen, bound, seen.high)
    if gate.guarantee:
        return "inconclusive", without_guarantee(f"a true mean below {bound:g}")
    if _is_above(cases, seen.mean, bound, WRONG):
        return "passed", lower_mean_ruled_out(bound, seen.low, gate)
    end = seen.low if seen.mean >= bound else seen.high
    needed = labels_for(cases, abs(seen.mean - bound), seen.mean - bound, WRONG)
    return "inconclusive", too_few_labels_for_bound(seen, _labels(cases), (bound, end), needed)


def rules_out_drop(comparison: Comparison, margin: float, rate: float) -> bool:
    """Tell whether labels rule out a drop of ``margin`` at an error rate, as when several candidates share one."""
    found, cases = corrected_drop(comparison)
    return _is_above(cases, found.corrected.mean, -margin, LOST, rate)


def rules_out_below(comparison: Comparison, bound: float, rate: float) -> bool:
    """Tell whether labels rule out a mean of the candidate below ``bound`` at an error rate."""
    found, cases = corrected_candidate(comparison)
    return _is_above(cases, found.corrected.mean, bound, WRONG, rate)


def drop_p_value(comparison: Comparison) -> float:
    """Return the one-sided p value of a drop by the corrected difference."""
    return corrected_p_value(corrected_drop(comparison)[1], 0.0)


def below_p_value(comparison: Comparison, bound: float) -> float:
    """Return the one-sided p value of a mean below ``bound`` by the candidate's corrected mean."""
    return corrected_p_value(corrected_candidate(comparison)[1], bound)


def more_for_drop(comparison: Comparison, gate: Gate) -> int | None:
    """Return how many labels more would decide a ``max_drop`` that can't be decided yet; 0 where it is decided.

    None where no number of labels is known to do it.
    """
    found, cases = corrected_drop(comparison)
    outcome, _ = _drop(cases, found.corrected, gate, None)
    if outcome != "inconclusive":
        return 0
    margin, away = gate.max_drop or 0.0, found.corrected.mean + (gate.max_drop or 0.0)
    return None if gate.guarantee or away < 0 else _more(cases, labels_for(cases, margin, away, LOST))


def more_for_bound(comparison: Comparison, gate: Gate) -> int | None:
    """Return that of a ``lower_bound``."""
    found, cases = corrected_candidate(comparison)
    outcome, _ = _bound(cases, found.corrected, gate)
    away = found.corrected.mean - (gate.lower_bound or 0.0)
    if outcome != "inconclusive":
        return 0
    return None if gate.guarantee else _more(cases, labels_for(cases, abs(away), away, WRONG))


def _more(cases: Sequence[Judged], needed: int | None) -> int | None:
    more = 0 if needed is None else needed - _labels(cases)
    return more if more > 0 else None


def labels_for(cases: Sequence[Judged], distance: float, away: float, least: float) -> int | None:
    """Return how many labels would show ``distance``, and rule out a judge that misses all that a mean is ``away``.

    None where even a label for each case would not be enough.
    """
    needed, most = labels_needed(cases, distance), sum(not case.settled for case in cases)
    if needed is None or away <= 0:
        return needed
    clusters = labelled_clusters(cases)
    fewest = (
        math.ceil(stats.fewest_cases(share_wrong(cases, away, least)) * _labels(cases) / clusters)
        if clusters
        else most + 1
    )
    return max(needed, fewest) if fewest <= most else None


def _is_above(cases: Sequence[Judged], mean: float, limit: float, least: float, rate: float = ALPHA) -> bool:
    """Tell whether a true mean of ``limit`` is ruled out at an error rate, given the corrected mean.

    So many labels must be there as would have shown errors of a judge that misses the whole distance. ``least`` is the
    lowest value that a case can have.
    """
    away = mean - limit
    shown = away > 0 and labelled_clusters(cases) >= stats.fewest_cases(share_wrong(cases, away, least), rate)
    return shown and passing_p_value(cases, limit) <= rate


def _labels(cases: Sequence[Judged]) -> int:
    return sum(case.people is not None and not case.settled for case in cases)


def _alone(cases: Sequence[Judged], truth: float) -> Chance:
    p_value = corrected_p_value(cases, truth)
    return Chance(p_value=p_value, corrected=p_value, slices=1)
