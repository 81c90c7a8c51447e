"""``max_flips`` before all cases are asked: lost ones only become more."""

import statistics

from harness import stats
from harness.records.compared import RIGHT, Comparison, Finding
from harness.verdicts.early_part import Part, more_of_a_kind
from harness.verdicts.early_wording import flips_early_passed
from harness.verdicts.flips import MOST, judge_flips
from harness.verdicts.steadiness import ASKINGS, lost_again


def flips_early(comparison: Comparison, part: Part, allowed: int) -> Finding | None:
    """Judge the lost cases: too many already, or so few that all cases won't lose more than allowed.

    Nothing is decided where noise alone could lose more than allowed of all cases, unless lost ones were asked again.
    Then those that were lost each time must be more than chance explains, at every look; see ``_by_chance``.
    """
    noise, lost = comparison.noise, len(comparison.lost)
    by_chance = noise.scores_changed / noise.scored * part.of / 2 if noise and noise.scored else 0.0
    drowned = by_chance > allowed and comparison.again is None
    if drowned and lost <= allowed + 2 * by_chance:
        return None
    outcome, reason = judge_flips(comparison, allowed)
    if outcome == "failed":
        if _by_chance(comparison, part, allowed):
            return None
        return outcome, f"{reason}; more cases don't make them fewer"
    kept = [
        not before >= RIGHT > after for before, after in zip(part.pairs.baseline, part.pairs.candidate, strict=True)
    ]
    if outcome == "passed" and more_of_a_kind(part, kept, part.of - allowed, part.pass_errors):
        return outcome, flips_early_passed(part.of, lost, allowed)
    return None


def _by_chance(comparison: Comparison, part: Part, allowed: int) -> bool:
    """Tell whether chance can have lost cases each time they were asked: then it will explain more of all cases.

    All cases fail also where nothing looks like chance so far. Of a part that says little: the next cases can.
    """
    if comparison.again is None:
        return False
    again = lost_again(comparison, allowed + MOST)
    p_value = stats.repeated_flips_p_value(again.each_time, again.split, ASKINGS)
    return p_value > statistics.NormalDist().cdf(-part.fail_errors)
