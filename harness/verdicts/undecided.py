"""What an inconclusive gate is short of: how many more cases like its own would decide it."""

from collections.abc import Iterator

from harness import stats
from harness.records.compared import Comparison, Gate, Verdict
from harness.records.estimate import Estimate
from harness.text.figures import round_up
from harness.verdicts import lower_bound
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.corpus_drop import cases_for_corpus_drop
from harness.verdicts.drop import cases_to_decide, drop_is_ruled_out, fewest_to_pass
from harness.verdicts.gate import as_told
from harness.verdicts.quantity_gate import cases_for_rise


def more_cases(verdict: Verdict) -> int | None:
    """Return about how many more cases like these would decide an inconclusive gate; see the verdict's reasons for why.

    None where no number is known to do it: cases are unscored, chance alone moves more than is allowed, all cases are
    in one group, a threshold is missed by what could be chance, or only a short suite was asked.
    """
    if verdict.comparison.short is not None:
        return None
    comparison, gate = as_told(verdict.comparison), verdict.gate
    seen = comparison.delta if not comparison.unit else comparison.ratio
    if verdict.outcome != "inconclusive" or seen is None or len(comparison.unscored) > gate.max_unscored:
        return None
    needed = list(_needed(comparison, gate))
    known = [count for count in needed if count is not None]
    if len(known) < len(needed) or len(known) != _thresholds(verdict):
        return None
    most = max(known, default=0)
    return round_up(most) - seen.n if most > seen.n else None


def more_labels(verdict: Verdict) -> int | None:
    """Return about how many more labels would decide an inconclusive gate on a judge's scores that labels correct.

    None where labels correct nothing, or where it takes more than labels.
    """
    comparison, gate = as_told(verdict.comparison), verdict.gate
    judged = comparison.judged
    if verdict.outcome != "inconclusive" or judged is None or len(comparison.unscored) > gate.max_unscored:
        return None
    from harness.verdicts.labelled_gate import more_for_bound, more_for_drop

    more: list[int | None] = []
    if gate.max_drop is not None:
        more.append(more_for_drop(comparison, gate) if judged.difference is not None else None)
    if gate.lower_bound is not None:
        more.append(more_for_bound(comparison, gate) if judged.candidate is not None else None)
    known = [count for count in more if count is not None]
    short = [count for count in known if count]
    return round_up(max(short)) if short and len(known) == len(more) and len(short) == _thresholds(verdict) else None


def _thresholds(verdict: Verdict) -> int:
    """Return how many thresholds are undecided: each has a reason, and so has a judge that counts without trust."""
    judged = verdict.comparison.judged
    return len(verdict.reasons) - bool(judged and judged.waived)


def _needed(comparison: Comparison, gate: Gate) -> Iterator[int | None]:
    """Yield how many cases each threshold needs that can't be decided yet; None for one that no number decides."""
    if comparison.unit:
        if gate.max_rise is not None and comparison.ratio is not None:
            yield from _for_rise(comparison.ratio, comparison.ratio_bound or 0.0, gate.max_rise)
        return
    pairs, delta, judged = paired(comparison.rows), comparison.delta, comparison.judged
    if gate.lower_bound is not None and not (judged and judged.candidate):
        low, high = lower_bound.mean_bounds(pairs)
        if gate.guarantee or low < gate.lower_bound <= high:
            yield lower_bound.cases_to_decide(pairs, gate)
    if gate.max_drop is None or delta is None or (judged and judged.difference):
        return
    if comparison.figure is None:
        yield from _for_drop(comparison, pairs, delta, gate)
    elif comparison.drop is not None:
        never = delta.mean < -gate.max_drop or gate.guarantee
        yield None if never else cases_for_corpus_drop(comparison, delta, comparison.drop, gate.max_drop)


def _for_rise(ratio: Estimate, bound: float, allowed: float) -> Iterator[int | None]:
    if not bound < 1 + allowed:
        yield None if ratio.mean > 1 + allowed else cases_for_rise(ratio, bound, allowed)


def _for_drop(comparison: Comparison, pairs: Pairs, delta: Estimate, gate: Gate) -> Iterator[int | None]:
    margin = gate.max_drop or 0.0
    if drop_is_ruled_out(pairs, margin, gate):
        return
    noise = comparison.noise
    if delta.mean < -margin or (noise and stats.noise_floor(noise.spread, delta.n) > margin):
        yield None
        return
    needed = cases_to_decide(pairs, gate)
    yield None if needed is None else max(needed, fewest_to_pass(pairs, margin, gate))
