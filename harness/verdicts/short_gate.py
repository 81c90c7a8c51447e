"""Thresholds on a short suite: they pass and fail only where the whole suite would, at the promised rate.

A drop and a lower bound are of all cases that there could be, so their intervals have the error of the estimate and
that of the suite. A floor is of the suite's own mean, and has the error of the estimate alone; so has the drop of the
suite itself, which must be more than is allowed before a gate fails.
"""

from collections.abc import Iterator

from harness import stats
from harness.records.compared import Comparison, Finding, Gate
from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA
from harness.stats.ratios import ONE_SIDED
from harness.text.figures import count_cases, of_all
from harness.verdicts.chance_wording import Chance, Chances, beyond_chance, maybe_chance
from harness.verdicts.drop_wording import dropped
from harness.verdicts.quantity_gate import SLACK
from harness.verdicts.short_figures import part_of

WHOLE = "ask the whole suite (leave --anchors out)"


def cannot_estimate(comparison: Comparison, gate: Gate) -> str:
    """Say why a short suite says nothing of a gate's figure; empty where it does."""
    return "" if comparison.short is None else next(_unknown(comparison, gate), "")


def _unknown(comparison: Comparison, gate: Gate) -> Iterator[str]:
    said = "a short suite does not estimate"
    if not comparison.rows:
        yield f"this slice has {count_cases(comparison.in_all)}, of which none was asked; {WHOLE}"
    if comparison.unit:
        yield f"{said} {comparison.unit} of the whole; {WHOLE}"
    if comparison.figure is not None:
        yield f"{said} {comparison.figure}, a figure of all answers; {WHOLE}"
    if comparison.judged is not None and comparison.judged.difference is not None:
        yield f"{said} figures that people's labels correct; {WHOLE}"
    if gate.guarantee and (gate.max_drop is not None or gate.lower_bound is not None):
        yield f"no test guarantees an estimate; {WHOLE}"


def judge_short(comparison: Comparison, gate: Gate, chances: Chances) -> Iterator[Finding]:
    """Yield one finding for each threshold on means; ``chances`` are those of a slice."""
    if gate.floor is not None:
        yield _floor(comparison, gate.floor)
    if gate.lower_bound is not None:
        yield _lower_bound(comparison, gate.lower_bound, chances.below)
    if gate.max_drop is not None:
        yield _drop(comparison, gate.max_drop, chances.drop)


def flips_of_part(comparison: Comparison, finding: Finding) -> Finding:
    """Return what the lost cases of a short suite say of the whole: too many there are too many, few prove nothing."""
    outcome, reason = finding
    if outcome != "passed":
        return outcome, f"{reason}; {_asked(comparison)}"
    return "inconclusive", f"{reason}, but {_asked(comparison)} were asked, and max_flips counts all; {WHOLE}"


def drop_p_value(comparison: Comparison) -> float:
    """Return the one-sided p value of a drop."""
    return stats.part_drop_p_value(part_of(comparison))


def below_p_value(comparison: Comparison, bound: float) -> float:
    """Return a p value of a mean below ``bound``: 0.05 where the interval says so, else 1."""
    return ALPHA if _candidate(comparison, stats.of_all).high < bound else 1.0


def _drop(comparison: Comparison, margin: float, chance: Chance | None) -> Finding:
    part = part_of(comparison)
    seen = stats.part_difference(part)
    if seen.mean < -margin - SLACK:
        p_value = stats.part_drop_p_value(part)
        found = chance or Chance(p_value=p_value, corrected=p_value, slices=1)
        reason = f"{dropped(-seen.mean, margin)}, {_estimated(comparison)}"
        if found.corrected > ALPHA:
            return "inconclusive", maybe_chance(reason, found)
        highest = stats.part_difference(part, stats.of_suite, ONE_SIDED).high
        if highest < -margin - SLACK:
            return "failed", beyond_chance(reason, found)
        return "inconclusive", f"{reason}, but the whole suite's difference can be {highest:z.3f}; {WHOLE}"
    if stats.part_margin_p_value(part, margin) <= ALPHA:
        return "passed", f"a drop of more than {margin:g} is ruled out (one-sided 95 %), {_estimated(comparison)}"
    smallest = stats.smallest_drop(part)
    few = f"{_asked(comparison)} can't rule out a drop of {margin:g}"
    why = f"none below {smallest:.3f}, whatever the answers" if smallest > margin else _interval(seen)
    return "inconclusive", f"{few}: {why}; {WHOLE}, or choose more with --keep"


def _floor(comparison: Comparison, floor: float) -> Finding:
    seen = _candidate(comparison, stats.of_suite)
    reason = (
        f"candidate {seen.mean:.3f} [{seen.low:.3f}, {seen.high:.3f}] for the whole suite, {_estimated(comparison)}"
    )
    if seen.low >= floor - SLACK:
        return "passed", f"{reason}, reaches the floor {floor:g}"
    if seen.high < floor - SLACK:
        return "failed", f"{reason}, is below the floor {floor:g}"
    return "inconclusive", f"{reason}: on which side of the floor {floor:g} the suite is can't be told; {WHOLE}"


def _lower_bound(comparison: Comparison, bound: float, chance: Chance | None) -> Finding:
    seen = _candidate(comparison, stats.of_all)
    low = min(seen.low, _unseen_low(comparison, seen))
    if low >= bound:
        return (
            "passed",
            f"a true mean below {bound:g} is ruled out (one-sided 95 %: {low:.3f}), {_estimated(comparison)}",
        )
    if seen.high < bound:
        reason = f"candidate {seen.mean:.3f}, at most {seen.high:.3f}, below {bound:g}, {_estimated(comparison)}"
        if chance is None or chance.corrected <= ALPHA:
            return "failed", reason
        return "inconclusive", maybe_chance(reason, chance)
    return (
        "inconclusive",
        f"{_asked(comparison)} can't rule out a true mean below {bound:g}: {_interval(seen)}; {WHOLE}",
    )


def _candidate(comparison: Comparison, scope: stats.Scope) -> Estimate:
    return stats.part_mean(part_of(comparison, "candidate"), scope, ONE_SIDED)


def _unseen_low(comparison: Comparison, seen: Estimate) -> float:
    """Return the mean where some cases, of which none was asked, would have lost everything."""
    return max(seen.mean, 0.0) * (1 - stats.smallest_drop(part_of(comparison, "candidate")))


def _interval(seen: Estimate) -> str:
    return f"estimated {seen.mean:z.3f} [{seen.low:z.3f}, {seen.high:z.3f}]"


def _estimated(comparison: Comparison) -> str:
    return f"estimated from {_asked(comparison)}"


def _asked(comparison: Comparison) -> str:
    return f"{of_all(len(comparison.rows), comparison.in_all)} cases"
