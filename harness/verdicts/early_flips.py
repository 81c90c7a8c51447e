"""``max_flips`` before all cases are asked: lost ones only become more."""

from harness.records.compared import RIGHT, Comparison, Finding
from harness.verdicts.early_part import Part, more_of_a_kind
from harness.verdicts.early_wording import flips_early_passed
from harness.verdicts.flips import judge_flips


def flips_early(comparison: Comparison, part: Part, allowed: int) -> Finding | None:
    """Judge the lost cases: too many already, or so few that all cases won't lose more than allowed.

    Nothing is decided where noise alone could lose more than allowed of all cases, unless lost ones were asked again.
    """
    noise, lost = comparison.noise, len(comparison.lost)
    by_chance = noise.scores_changed / noise.scored * part.of / 2 if noise and noise.scored else 0.0
    drowned = by_chance > allowed and comparison.again is None
    if drowned and lost <= allowed + 2 * by_chance:
        return None
    outcome, reason = judge_flips(comparison, allowed)
    if outcome == "failed":
        return outcome, f"{reason}; more cases don't make them fewer"
    kept = [
        not before >= RIGHT > after for before, after in zip(part.pairs.baseline, part.pairs.candidate, strict=True)
    ]
    if outcome == "passed" and more_of_a_kind(part, kept, part.of - allowed, part.pass_errors):
        return outcome, flips_early_passed(part.of, lost, allowed)
    return None
