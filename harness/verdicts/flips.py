"""The threshold ``max_flips``: how many cases may be lost, and which of the lost ones are to be asked again."""

from harness import stats
from harness.records.compared import Comparison, Finding, Gate, Noise
from harness.stats.arguments import ALPHA
from harness.verdicts.compare import scored_cases
from harness.verdicts.flip_wording import confirmed_flips, flips_drowned, lost_cases, maybe_unsteady, not_asked_again
from harness.verdicts.steadiness import ASKINGS, lost_again

MOST = 50
"""How many lost cases are asked again, beyond those that are allowed: so many don't come back by chance."""


def to_ask_again(comparison: Comparison, gate: Gate) -> tuple[str, ...] | None:
    """Return the lost cases on which a ``max_flips`` gate depends; None where it doesn't need to ask again.

    It needs to when it would fail, when one more lost case would make it fail, or when noise would leave it
    inconclusive.
    """
    allowed = gate.max_flips
    if allowed is None or comparison.unit:
        return None
    if len(comparison.lost) < max(allowed, 1) and _drowned(comparison, allowed) is None:
        return None
    return comparison.lost[: allowed + MOST]


def judge_flips(comparison: Comparison, allowed: int) -> Finding:
    """Judge the number of lost cases.

    Where they were asked again, unsteady ones are not counted. The gate fails when more than allowed were lost each
    time, and chance doesn't explain them: false alarms of equal sides stay below 5 % where one is allowed, whatever the
    noise. See docs/decisions/0015-flips-are-asked-again.md.
    """
    lost = len(comparison.lost)
    if comparison.again is None:
        return _judge_once(comparison, allowed)
    again = lost_again(comparison, allowed + MOST)
    if lost - again.unsteady <= allowed:
        return "passed", confirmed_flips(lost, again, allowed)
    clear = again.each_time == again.split  # nothing looks like chance
    if again.each_time > allowed and (
        clear or stats.repeated_flips_p_value(again.each_time, again.split, ASKINGS) <= ALPHA
    ):
        return "failed", confirmed_flips(lost, again, allowed)
    return "inconclusive", maybe_unsteady(lost, again, allowed)


def _judge_once(comparison: Comparison, allowed: int) -> Finding:
    """Judge lost cases that were not asked again: chance can have lost them, as far as the noise sample shows."""
    lost, drowned = len(comparison.lost), _drowned(comparison, allowed)
    if drowned is not None:
        noise, chance = drowned
        return "inconclusive", flips_drowned(noise, scored_cases(comparison), chance, allowed)
    if lost > allowed:
        return "failed", not_asked_again(lost_cases(lost, allowed))
    return "passed", lost_cases(lost, allowed)


def _drowned(comparison: Comparison, allowed: int) -> tuple[Noise, float] | None:
    """Return the noise, and how many cases it loses, where it alone could lose more than allowed; else None."""
    noise = comparison.noise
    # Half of the cases that flip by chance are lost, half are won.
    chance = noise.scores_changed / noise.scored * scored_cases(comparison) / 2 if noise and noise.scored else 0.0
    if noise and chance > allowed and len(comparison.lost) <= allowed + 2 * chance:
        return noise, chance
    return None
