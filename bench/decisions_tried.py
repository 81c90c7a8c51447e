"""Rules that were tried and are not used: what the grid of bench/decisions.py compares with."""

import math

import numpy as np
from decisions_cells import Numbers
from scipy.special import stdtrit

from harness.records.asked import ModelRef
from harness.stats.passfail import score_statistic

NOBODY = ModelRef(base="invented", base_digest="", template_digest="")
NORMAL_95 = 1.6448536269514722
UNSEEN = 0.25
FEW = 10


def first_version(differences: Numbers, groups: list[str | None], margin: float) -> bool:
    """Tell whether version 0.1 passed: a cluster-robust t, or the score test where few clusters differ."""
    n = len(differences)
    places = np.arange(n) if groups[0] is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(places)
    sums = np.bincount(places, weights=differences)
    clusters, mean = len(sizes), differences.mean()
    means = sums / sizes
    away = int((np.abs(means - np.median(means)) > 1e-9).sum())
    if away < FEW and 2 * away < clusters:
        effect = _design_effect(differences, sums - mean * sizes, sizes)
        lost, won = -differences[differences < 0].sum() / effect, differences[differences > 0].sum() / effect
        return score_statistic(lost, won, n / effect, -margin) > NORMAL_95
    error = math.sqrt(clusters / (clusters - 1) * ((sums - mean * sizes) ** 2).sum()) / n
    return bool(mean - stdtrit(clusters - 1, 0.95) * error > -margin)


def _design_effect(differences: Numbers, parts: Numbers, sizes: Numbers) -> float:
    away = (differences - differences.mean()) ** 2
    if away.sum() <= 1e-15:
        return len(differences) / len(sizes)
    copies = (sizes**2).sum() / len(differences)
    added = UNSEEN * away.max()
    return float(min(max(((parts**2).sum() + added * copies) / (away.sum() + added), 1.0), copies))
