"""What a gate asks of a figure that labels correct: how likely it is by chance, and how many labels would decide."""

import math
from collections.abc import Sequence

from harness.stats.arguments import ALPHA, SAME, z
from harness.stats.judges.corrected import Judged, sample_of
from harness.stats.judges.rectified import Sample, contributions, rectified
from harness.stats.skewed import Spread, skewed_p_value

POWER = 0.8
"""How often so many labels decide."""


def corrected_p_value(cases: Sequence[Judged], truth: float) -> float:
    """Return the one-sided p value of a corrected mean this low where people's true mean is ``truth`` or higher.

    It is at most .05 exactly where the upper end of the interval at .90 is below ``truth``; see ``corrected_mean``. The
    cases must have enough labels, and one without at least.
    """
    from scipy.special import stdtr

    sample = sample_of(cases)
    found = rectified(sample, sample.lam())
    spread = math.sqrt(found.error**2 + found.unseen)
    return float(stdtr(found.freedom, (found.mean - truth) / spread))


def passing_p_value(cases: Sequence[Judged], truth: float) -> float:
    """Return the one-sided p value of a corrected mean this high where people's true mean is ``truth`` or lower.

    A sample that has missed rare and large losses has too high a mean and too small a spread at once. So of the t of
    ``corrected_mean`` and Hall's, which knows of skewness (see ``skewed_p_value``), the larger p value counts.
    """
    import numpy as np
    from scipy.special import stdtr

    sample = sample_of(cases)
    lam = sample.lam()
    found, (_, added) = rectified(sample, lam), contributions(sample, lam)
    spread = math.sqrt(found.error**2 + found.unseen)
    clusters, sums = found.freedom + 1, np.bincount(sample.clusters, weights=added)
    skewness = float((sums**3).sum()) / spread**3 * math.sqrt(clusters)
    skewed = Spread(mean=found.mean, error=spread, skewness=skewness, clusters=clusters)
    return max(float(stdtr(found.freedom, (truth - found.mean) / spread)), skewed_p_value(skewed, truth))


def labels_needed(cases: Sequence[Judged], distance: float) -> int | None:
    """Return about how many labels would show, 4 times in 5, that people's mean is not ``distance`` from what it is.

    The labels that are there count. lam is fitted to each number of them, and errors of the judge that were not seen
    get rarer; strata keep their shares. None where even a label for each case would not be enough.
    """
    sample = sample_of(cases)
    settled = sum(case.settled for case in cases)
    have, most = sample.labels - settled, len(cases) - settled
    allowed = (distance / (z(1 - ALPHA) + z(POWER))) ** 2
    if distance <= 0 or have >= most or _variance(sample, have, most, most) > allowed:
        return None
    few, many = have - 1, most
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _variance(sample, have, middle, most) <= allowed else (middle, many)
    return many


def share_wrong(cases: Sequence[Judged], away: float, least: float) -> float:
    """Return of which share of the cases a judge must at least be wrong, to be too kind by ``away``; at most ``away``.

    ``least`` is the lowest value: 0 of a score, -1 of a difference, of which a judge that takes a loss for a win is
    wrong by 2. It is wrong by as much as can be, first of the cases to which it gave most.
    """
    import numpy as np

    most = np.cumsum(np.sort([case.judge - least for case in cases])[::-1]) / len(cases)
    return min(away, (int(np.searchsorted(most, away - SAME)) + 1) / len(cases), 1.0)


def _variance(sample: Sample, have: int, labels: int, cases: int) -> float:
    """Return the variance of the corrected mean with so many labels in place of ``have``, of so many cases."""
    import numpy as np

    others, left = cases - have, cases - labels
    lam = min(sample.lam() * (1 + have / others) / (1 + labels / left), 1.0) if left else 0.0
    unseen = rectified(sample, lam).unseen if left else 0.0
    _, added = contributions(sample, lam)
    by_people = np.zeros(len(sample.f), dtype=bool)
    by_people[sample.labelled()] = True
    told, judged = (
        float((np.bincount(sample.clusters, weights=np.where(part, added, 0.0)) ** 2).sum())
        for part in (by_people, ~by_people)
    )
    share = have / labels
    return told * share + unseen * share**2 + (judged * others / left if left else 0.0)
