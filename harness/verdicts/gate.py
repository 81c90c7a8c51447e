"""Turn a comparison and a gate into a verdict, with its reasons. A comparison with no scored case never passes."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from harness import stats
from harness.records.compared import Comparison, Estimate, Gate, Noise, Outcome, Row, Verdict
from harness.records.record import Record
from harness.stats.ratios import ONE_SIDED
from harness.text.figures import count_cases, round_up, tell_apart, too_few_cases
from harness.text.visible import for_terminal
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.quantity_gate import SLACK, judge_quantity
from harness.verdicts.thresholds import check_gate

ALARM = 0.05
"""A drop in one of several slices fails only when its corrected p value is at most this."""
SHOWN = 3
"""Number of case ids, or of kinds of reasons, that are named."""
ORDER: tuple[Outcome, ...] = ("failed", "inconclusive", "passed")
"""The worst first."""

Finding = tuple[Outcome, str]


class Chance(Record, frozen=True, kw_only=True):
    """How likely the drop of one slice is by chance: its p value alone, and corrected for all slices of its gate."""

    p_value: float
    corrected: float
    slices: int


def decide(test_id: str, comparison: Comparison, gate: Gate, chance: Chance | None = None) -> Verdict:
    """Judge a comparison by a gate's thresholds: failed beats inconclusive, which beats passed.

    The reasons are those of each threshold that did not pass, failed ones first; or of all thresholds when all passed.
    An advisory gate is decided in the same way; the caller makes sure that it fails no test.

    ``chance`` is None except for a slice. With it, a drop or flips beyond the threshold fail only where the corrected
    p value is at most 0.05, and are inconclusive otherwise.

    Raises:
        InputError: a threshold is outside its range, or the gate has none.
    """
    check_gate(gate, comparison)
    findings = tuple(_findings(comparison, gate, chance))
    outcome = next(one for one in ORDER if any(found == one for found, _ in findings))
    shown = ORDER[2:] if outcome == "passed" else ORDER[:2]
    reasons = tuple(for_terminal(reason, None) for one in shown for found, reason in findings if found == one)
    return Verdict(test_id=test_id, comparison=comparison, gate=gate, outcome=outcome, reasons=reasons)


def _findings(comparison: Comparison, gate: Gate, chance: Chance | None) -> Iterator[Finding]:
    delta, candidate = comparison.delta, comparison.candidate_mean
    if delta is None or candidate is None:
        yield "inconclusive", _nothing_scored(comparison.rows)
        return
    if not math.isfinite(delta.mean + candidate.mean):
        yield "inconclusive", "a mean of this comparison is not a number; score the answers again"
        return
    if len(comparison.unscored) > gate.max_unscored:
        yield "inconclusive", _too_many_unscored(comparison, gate.max_unscored)
    yield from judge_quantity(comparison, gate)
    if gate.floor is not None:
        yield _judge_floor(candidate.mean, gate.floor)
    if gate.max_drop is not None:
        yield _beyond(chance, _judge_drop(paired(comparison.rows), delta, gate.max_drop, comparison.noise))
    if gate.max_flips is not None:
        yield _beyond(chance, _judge_flips(comparison, gate.max_flips))


def _beyond(chance: Chance | None, finding: Finding) -> Finding:
    """Return a finding; a slice that failed stays failed only where chance does not explain it."""
    outcome, reason = finding
    if chance is None or outcome != "failed":
        return finding
    said = f"p {_p(chance.p_value)} for this slice alone, {_p(chance.corrected)} corrected for {chance.slices} slices"
    if chance.corrected <= ALARM:
        return outcome, f"{reason}; beyond chance: {said}"
    return "inconclusive", f"{reason}, which can be chance: {said}; more cases with this tag would show whether it is"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "below 0.001"


def _nothing_scored(rows: Sequence[Row]) -> str:
    if not rows:
        return "no cases, so nothing was measured; check the case file and which tests were selected"
    return f"none of {count_cases(len(rows))} is scored on both sides: {_unscored_reasons(rows)}"


def _too_many_unscored(comparison: Comparison, allowed: int) -> str:
    count = len(comparison.unscored)
    return f"{count} unscored, more than the allowed {allowed}: {_unscored_reasons(comparison.rows)}"


def _unscored_reasons(rows: Sequence[Row]) -> str:
    """Name the most frequent reasons, each with its number of cases where there are several."""
    counted = Counter(row.unscored for row in rows if row.unscored)
    if len(counted) == 1:
        return for_terminal(next(iter(counted)))
    named = [f"{for_terminal(reason)} ({count_cases(count)})" for reason, count in counted.most_common(SHOWN)]
    left = len(counted) - len(named)
    return "; ".join([*named, f"and {left} more kinds"] if left else named)


def _judge_floor(mean: float, floor: float) -> Finding:
    got, wanted = tell_apart(mean, floor)
    if mean >= floor - SLACK:
        return "passed", f"candidate {got} reaches the floor {wanted}"
    return "failed", f"candidate {got} is below the floor {wanted}"


def _judge_drop(pairs: Pairs, delta: Estimate, margin: float, noise: Noise | None) -> Finding:
    chance = stats.noise_floor(noise.spread, delta.n) if noise else 0.0
    if noise and chance > margin and delta.mean >= -margin - chance:
        return "inconclusive", _drowned(
            noise, f"moves a mean over {count_cases(delta.n)} by {chance:.3f}", f"{margin:g}"
        )
    if delta.mean < -margin - SLACK:
        got, allowed = tell_apart(-delta.mean, margin)
        return "failed", f"dropped by {got}, more than the allowed {allowed}"
    if _rules_out(pairs, margin):
        return "passed", f"a drop of more than {margin:g} is ruled out (one-sided 95 %)"
    return "inconclusive", _too_few(pairs, delta, margin)


def _drowned(noise: Noise, effect: str, allowed: str) -> str:
    return (
        f"asking the baseline again changed {noise.scores_changed} of {noise.scored} scores: chance alone {effect}, "
        f'more than the allowed {allowed}; make the engine steadier (dtype = "float32", temperature 0), or add cases'
    )


def _rules_out(pairs: Pairs, margin: float) -> bool:
    if pairs.passfail:
        lost, won = pairs.differences.count(-1), pairs.differences.count(1)
        return stats.noninferiority_score(lost, won, len(pairs.differences), margin).passed
    return stats.paired_mean_interval(pairs.differences, pairs.groups, ONE_SIDED).low > -margin


def _too_few(pairs: Pairs, delta: Estimate, margin: float) -> str:
    said = f"rule out a drop of {margin:g}"
    needed = cases_to_decide(pairs, margin)
    if needed is None:
        return (
            f"{count_cases(delta.n)} cannot {said}: all are in one group, which can't show how much groups differ; "
            "add cases of other groups"
        )
    if needed > delta.n:
        return (
            f"{too_few_cases(delta.n)} to {said}; about {round_up(needed)} would be enough. "
            "Or limit the number of lost cases with max_flips"
        )
    return (
        f"{count_cases(delta.n)} cannot {said}, though about {round_up(needed)} would be enough if the sides were "
        f"equal: the difference seen is {delta.mean:z.3f}; more cases tell a real drop from chance"
    )


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


def _judge_flips(comparison: Comparison, allowed: int) -> Finding:
    lost, noise = len(comparison.lost), comparison.noise
    # Half of the cases that flip by chance are lost, half are won.
    chance = noise.scores_changed / noise.scored * scored_cases(comparison) / 2 if noise and noise.scored else 0.0
    if noise and chance > allowed and lost <= allowed + 2 * chance:
        return "inconclusive", _drowned(noise, f"loses about {chance:.0f} of {scored_cases(comparison)}", f"{allowed}")
    if lost > allowed:
        return "failed", f"lost {count_cases(lost)}, more than the allowed {allowed}"
    return "passed", f"lost {count_cases(lost)} of the allowed {allowed}"


def scored_cases(comparison: Comparison) -> int:
    """Return how many cases both sides have a score for."""
    return comparison.delta.n if comparison.delta else 0
