"""The best of several candidates: its figure with the choice taken into account.

Whoever is chosen for the highest mean was more often lucky than not, so its own interval is too high. What is inverted
here is the distribution of the highest mean, given that it was the highest.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.records.estimate import Estimate
from harness.stats.arguments import SAME
from harness.stats.joint import LEVEL, Joint, ends_at, highest

PROJECTED = 0.1
"""Part of the error rate that goes to the interval within which the conditional one stays: beta = alpha / 10, as
Andrews, Kitagawa and McCloskey recommend."""
HALVINGS = 40


class _Truncation(NamedTuple):
    """Between which values the highest mean can be while it is the highest, in standard errors from the one seen."""

    below: float
    above: float


def winner_of(differences: Sequence[Sequence[float]]) -> int:
    """Return which candidate has the highest mean; of equal ones the first."""
    sums = [math.fsum(each) for each in differences]
    return next(place for place, value in enumerate(sums) if value >= max(sums) - SAME)


def winners_interval(joint: Joint, level: float = LEVEL) -> Estimate:
    """Return the highest mean difference, with an interval that holds although it was chosen for being the highest.

    The hybrid interval of Andrews, Kitagawa and McCloskey (2024), Inference on Winners, Quarterly Journal of Economics
    139:305, section 5: the interval that is right given which candidate won and what the others showed, within the
    simultaneous one at a tenth of the error rate. It covers with a probability from 1 - alpha to
    (1 - alpha) / (1 - alpha / 10). Its ends are put on the scale of the winner's own interval
    (``paired_mean_interval``), so both can be below the mean that was seen.

    Where several share the highest mean, as pass or fail often makes them, the winner counts as 1 - 2 ** (-1 / ties) of
    a step ahead: the median distance of the two highest of so many values that are spread evenly over one step.
    """
    import numpy as np

    best, alpha = winner_of(joint.differences), 1 - level
    within = highest(np.abs(joint.drawn), 1 - PROJECTED * alpha)
    tail = alpha * (1 - PROJECTED) / (1 - PROJECTED * alpha) / 2
    cut = _truncation(joint, best)
    low, high = sorted(_end(joint, best, _solve(cut, within, share)) for share in (1 - tail, tail))
    method = f"hybrid after choosing from {len(joint.means)}"
    return Estimate(mean=float(joint.means[best]), low=low, high=high, n=len(joint.groups), method=method)


def _end(joint: Joint, best: int, distance: float) -> float:
    """Return the point so many standard errors above the winner's mean, or below if negative."""
    low, high = ends_at(joint.differences[best], joint.groups, abs(distance))
    return high if distance > 0 else low


def _truncation(joint: Joint, best: int) -> _Truncation:
    """Return how far the winner's mean could move, the part of the others that is independent of it held."""
    covariance, error = joint.covariance, float(joint.errors[best])
    ahead = joint.means[best] - joint.means
    ties = int((ahead < SAME).sum())
    least = _step(joint.differences) / len(joint.groups) * (1 - 2 ** (-1 / ties))
    below, above = math.inf, math.inf
    for other, gap in enumerate(ahead):
        rate = 1 - float(covariance[best, other] / covariance[best, best])
        if other == best or abs(rate) < SAME:
            continue
        away = max(float(gap) / abs(rate), least) / error
        if rate > 0:
            below = min(below, away)
        else:
            above = min(above, away)
    return _Truncation(below=below, above=above)


def _step(differences: Sequence[Sequence[float]]) -> float:
    """Return the smallest change of a single case: 1 for pass or fail."""
    return min((abs(value) for each in differences for value in each if abs(value) > SAME), default=1.0)


def _solve(cut: _Truncation, within: float, share: float) -> float:
    """Return the true mean, in standard errors above the one seen, that leaves ``share`` of the chances below it."""
    low, high = -within, within
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _chance_below(cut, within, middle) > share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _chance_below(cut: _Truncation, within: float, true: float) -> float:
    """Return how likely a winning mean below the one seen is if ``true`` is right and not farther than ``within``."""
    least, most = max(-cut.below - true, -within), min(cut.above - true, within)
    seen = min(max(-true, least), most)
    if most - least < SAME:
        return 0.5
    return _between(least, seen) / _between(least, most)


def _between(low: float, high: float) -> float:
    """Return the chance of a standard normal value between two ends, precise in either tail."""
    if low > 0:
        low, high = -high, -low
    return (math.erfc(-high / math.sqrt(2)) - math.erfc(-low / math.sqrt(2))) / 2
