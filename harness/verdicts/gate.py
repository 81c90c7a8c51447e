"""Turn a comparison and a gate into a verdict, with its reasons. A comparison with no scored case never passes."""

import math
from collections.abc import Callable, Iterator

import msgspec

from harness.records.compared import OUTCOMES, Comparison, Finding, Gate, Verdict
from harness.text.visible import for_terminal
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.chance_wording import Chance, Chances, maybe_chance, maybe_chance_flips
from harness.verdicts.compare import over
from harness.verdicts.corpus_drop import judge_corpus_drop
from harness.verdicts.drop import judge_drop, unless_chance
from harness.verdicts.flips import judge_flips
from harness.verdicts.floor import judge_floor
from harness.verdicts.lower_bound import below_at_best, judge_lower_bound
from harness.verdicts.quantity_gate import judge_quantity
from harness.verdicts.short_figures import unscored_in_all
from harness.verdicts.short_gate import cannot_estimate, flips_of_part, judge_short
from harness.verdicts.thresholds import check_gate
from harness.verdicts.unscored_wording import (
    NOT_A_NUMBER,
    could_change,
    nothing_scored,
    too_many_unscored,
    whatever_answered,
)


def decide(test_id: str, comparison: Comparison, gate: Gate, chances: Chances | None = None) -> Verdict:
    """Judge a comparison by a gate's thresholds: failed beats inconclusive, which beats passed.

    The reasons are those of each threshold that did not pass, failed ones first; or of all thresholds when all passed.
    An advisory gate is decided in the same way; the caller makes sure that it fails no test.

    With more unscored cases than allowed it never passes, and a threshold fails only where the scored cases miss it and
    the whole would miss it with the best missing answers too. Of a quantity nothing can be said then: a missing amount
    of the baseline has no upper end.

    A drop beyond ``max_drop``, or a mean below ``lower_bound``, fails only where its one-sided p value is at most 0.05,
    and is inconclusive otherwise. ``chances`` is None except for a slice, whose p values are corrected for all slices;
    that of the drop counts for its flips too.

    Raises:
        InputError: a threshold is outside its range, or the gate has none.
    """
    check_gate(gate, comparison)
    findings = tuple(_findings(comparison, gate, chances or Chances()))
    outcome = next(one for one in OUTCOMES if any(found == one for found, _ in findings))
    shown = OUTCOMES[2:] if outcome == "passed" else OUTCOMES[:2]
    reasons = tuple(for_terminal(reason, None) for one in shown for found, reason in findings if found == one)
    return Verdict(test_id=test_id, comparison=comparison, gate=gate, outcome=outcome, reasons=reasons)


def _findings(comparison: Comparison, gate: Gate, chances: Chances) -> Iterator[Finding]:
    if unknown := cannot_estimate(comparison, gate):
        yield "inconclusive", unknown
        return
    delta, candidate = comparison.delta, comparison.candidate_mean
    if delta is None or candidate is None:
        yield "inconclusive", nothing_scored(comparison.rows)
        return
    if not math.isfinite(delta.mean + candidate.mean):
        yield "inconclusive", NOT_A_NUMBER
        return
    if unscored_in_all(comparison) <= gate.max_unscored:
        yield from _judge_each(comparison, gate, chances)
        return
    yield "inconclusive", too_many_unscored(comparison, gate.max_unscored)
    yield from _judge_incomplete(comparison, gate, chances)


def _judge_each(comparison: Comparison, gate: Gate, chances: Chances) -> Iterator[Finding]:
    """Yield one finding for each threshold. Means can be those of people; a flip is what the scorer saw in a case."""
    if comparison.short is not None:
        yield from judge_short(comparison, gate, chances)
        if gate.max_flips is not None:
            flips = _beyond(chances.drop, judge_flips(comparison, gate.max_flips), maybe_chance_flips)
            yield flips_of_part(comparison, flips)
        return
    yield from judge_quantity(comparison, gate)
    told = as_told(comparison)
    delta, candidate = told.delta, told.candidate_mean
    if delta is None or candidate is None:
        return
    if gate.floor is not None:
        yield judge_floor(told, candidate, gate.floor)
    if gate.lower_bound is not None:
        yield _beyond(chances.below, judge_lower_bound(told, candidate, gate), maybe_chance)
    if gate.max_drop is not None:
        judge = judge_drop if comparison.figure is None else judge_corpus_drop
        yield judge(told, delta, gate, chances.drop)
    if gate.max_flips is not None:
        yield _beyond(chances.drop, judge_flips(comparison, gate.max_flips), maybe_chance_flips)


def as_told(comparison: Comparison) -> Comparison:
    """Return a judged comparison as people scored it, where each case has its label; any other as it is."""
    if comparison.judged is None:
        return comparison
    from harness.verdicts.by_labels import rows_by_people

    rows = rows_by_people(comparison)
    return comparison if rows is None else over(msgspec.structs.replace(comparison, judged=None), rows)


def _judge_incomplete(comparison: Comparison, gate: Gate, chances: Chances) -> Iterator[Finding]:
    """Judge the scored cases, and let a threshold fail only where the best missing answers would not save it.

    That chance explains the drop of a slice is asked only with those best answers; so it is of a mean below the bound,
    of slices or not.
    """
    seen = tuple(_judge_each(comparison, gate, Chances()))
    if gate.lower_bound is not None and chances.below is None:
        p_value = below_at_best(comparison, gate.lower_bound)
        chances = Chances(drop=chances.drop, below=Chance(p_value=p_value, corrected=p_value, slices=1))
    best = () if comparison.unit else tuple(_judge_each(with_best_answers(comparison), gate, chances))
    for place, (outcome, reason) in enumerate(seen):
        if outcome != "failed":
            yield outcome, reason
        elif best and best[place][0] == "failed":
            yield "failed", whatever_answered(reason, best[place][1], comparison)
        else:
            yield "inconclusive", could_change(reason, comparison)


def _beyond(chance: Chance | None, finding: Finding, in_words: Callable[[str, Chance], str]) -> Finding:
    """Return a finding about flips or a bound; a slice that failed stays so only where chance does not explain it."""
    outcome, reason = finding
    if chance is None or outcome != "failed":
        return finding
    return unless_chance(reason, chance, in_words)
