"""Intervals that hold for several candidates at once: of each one's difference to the baseline, and to the best."""

import statistics
from typing import TYPE_CHECKING

from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA, SAME
from harness.stats.joint import LEVEL, Joint, ends_at, highest

if TYPE_CHECKING:
    from harness.stats.bca import Numbers


def simultaneous_intervals(joint: Joint, level: float = LEVEL) -> tuple[Estimate, ...]:
    """Return each candidate's mean difference to the baseline; all intervals hold at once with probability ``level``.

    Max-t with the estimated correlation: Hothorn, Bretz and Westfall (2008), Biometrical Journal 50:346, section 4,
    for many candidates and one baseline as in Dunnett (1955), JASA 50:1096. Each is the interval that a candidate would
    have alone (``paired_mean_interval``), at the higher level at which the largest of all deviations stays inside. So
    they hold for whichever candidate is chosen, by whatever rule.
    """
    import numpy as np

    reach = highest(np.abs(joint.drawn), level)
    found = []
    for differences, mean in zip(joint.differences, joint.means, strict=True):
        low, high = ends_at(differences, joint.groups, reach)
        found.append(Estimate(mean=float(mean), low=low, high=high, n=len(differences), method="max-t"))
    return tuple(found)


def each_error_rate(joint: Joint, alpha: float = ALPHA) -> float:
    """Return the error rate for one-sided tests of each candidate at which any of them errs with ``alpha`` at most.

    The single-step max-t adjustment of Hothorn, Bretz and Westfall (2008), section 4: the correlation of the candidates
    makes it higher than ``alpha`` divided by their number.
    """
    return 1 - statistics.NormalDist().cdf(highest(joint.drawn, 1 - alpha))


def behind_best(joint: Joint, level: float = LEVEL) -> tuple[Estimate, ...]:
    """Return each candidate's mean minus the best of the others', with intervals that hold at once.

    Multiple comparisons with the best: Hsu (1984), Annals of Statistics 12:1136, with unequal variances as Edwards and
    Hsu (1983), JASA 78:965. A candidate can be the best where the high end is above 0; the truly best one is among
    those with probability ``level``. No interval says by how much the best is ahead: its low end is at most 0.
    """
    count = len(joint.means)
    farthest = [_farthest_ahead(joint, place, level) for place in range(count)]
    highs = [min(each.values()) for each in farthest]
    possible = [place for place, high in enumerate(highs) if high > 0]
    found = []
    for place, mean in enumerate(joint.means):
        seen = float(mean - max(value for other, value in enumerate(joint.means) if other != place))
        low = min([0.0, seen, *(-farthest[other][place] for other in possible if other != place)])
        high = max(highs[place], seen, 0.0)
        found.append(Estimate(mean=seen, low=low, high=high, n=len(joint.groups), method="Hsu's best"))
    return tuple(found)


def _farthest_ahead(joint: Joint, place: int, level: float) -> dict[int, float]:
    """Return how far ahead of each other candidate one can be: more is ruled out for all others at once."""
    reach, mine = _reach_of(joint, place, level), joint.differences[place]
    found = {}
    for other, theirs in enumerate(joint.differences):
        if other != place:
            between = [one - two for one, two in zip(mine, theirs, strict=True)]
            scale = max(1.0, *map(abs, between))  # a preference can differ by 2
            found[other] = scale * ends_at([value / scale for value in between], joint.groups, reach)[1]
    return found


def _reach_of(joint: Joint, place: int, level: float) -> float:
    """Return how many standard errors all others together are ahead of one candidate at most."""
    import numpy as np

    covariance, drawn = joint.covariance, joint.drawn * joint.errors
    others = [one for one in range(len(joint.means)) if one != place]
    variance = (covariance[place, place] + np.diag(covariance) - 2 * covariance[place])[others]
    error = np.sqrt(np.maximum(variance, 0.0))
    apart: Numbers = (drawn[:, others] - drawn[:, [place]]) / np.where(error > SAME, error, np.inf)
    return highest(apart, level)
