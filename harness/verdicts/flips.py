"""The threshold ``max_flips``: how many cases may be lost."""

from harness.records.compared import Comparison, Finding
from harness.verdicts.compare import scored_cases
from harness.verdicts.wording import flips_drowned, lost_cases


def judge_flips(comparison: Comparison, allowed: int) -> Finding:
    """Judge the number of lost cases."""
    lost, noise = len(comparison.lost), comparison.noise
    # Half of the cases that flip by chance are lost, half are won.
    chance = noise.scores_changed / noise.scored * scored_cases(comparison) / 2 if noise and noise.scored else 0.0
    if noise and chance > allowed and lost <= allowed + 2 * chance:
        return "inconclusive", flips_drowned(noise, scored_cases(comparison), chance, allowed)
    return ("failed" if lost > allowed else "passed"), lost_cases(lost, allowed)
