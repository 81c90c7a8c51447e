"""A bound on a mean of bounded values that errs no more often than it says, whatever their distribution.

For those who must prove it. It costs power: what was not seen counts as if it were as bad as it can be.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.stats.arguments import SAME, check_values
from harness.stats.clusters import clustered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TAIL = 40.0
"""Standard deviations, and means of the longest tail, beyond which a sum lies less often than once in 1e16."""
GONE = 1e-9
"""A characteristic function this small adds nothing more that a p value shows."""
CHUNK = 1 << 19
"""Values of the characteristic function's factors that are computed at once."""
MOST_STEPS = 1 << 22


def guaranteed_p_value(differences: Sequence[float], groups: Sequence[str | None], margin: float) -> float:
    """Return how likely differences as good as these are when the true mean is ``-margin``, at most.

    Gaffke (2005), Sankhya 67:1, as a lower bound; Learned-Miller and Thomas (2020), arXiv:1905.06208, section 3: the
    chance that sum_g E_g x_g + E_0 x_0 <= 0, with independent standard exponential E, x_g = what cluster g is above
    -margin, and x_0 one more cluster as large as the largest, in which every case is lost. Cases are differences in
    [-1, 1]. No distribution is known for which the bound errs more often than it says; a proof for all is missing.

    >>> round(guaranteed_p_value([0.0] * 59, [None] * 59, 0.05), 4)  # 0.95 ** 59
    0.0485
    """
    check_values(differences, groups, -1.0)
    if not 0 < margin < 1:
        raise ValueError(f"margin must be in (0, 1), got {margin}")
    clusters = clustered(differences, groups)
    largest = max(map(len, clusters))
    above = [(math.fsum(cluster) + margin * len(cluster)) / largest for cluster in clusters]
    if max(above) <= SAME:
        return 1.0
    return _below_zero([*above, margin - 1])


def _below_zero(weights: Sequence[float]) -> float:
    """Return the chance that a sum of independent standard exponentials with these weights is below 0.

    Gil-Pelaez (1951), Biometrika 38:481: 1/2 - 1/pi int_0^inf Im(phi(t)) / t dt, where phi(t) is the product of all
    1 / (1 - i w_j t), by the midpoint rule, which is exact but for what lies beyond pi over its step.
    """
    import numpy as np

    counted = Counter(round(weight, 12) for weight in weights if abs(weight) > SAME)
    w, times = np.array(list(counted)), np.array(list(counted.values()), dtype=float)
    width = abs(w @ times) + TAIL * (math.sqrt(w * w @ times) + float(np.abs(w).max()))
    step, count, total, start = 2 * math.pi / width, min(max(16, CHUNK // len(w)), 1024), 0.0, 0
    while True:
        t = (np.arange(start, start + count) + 0.5) * step
        turned = np.outer(t, w)
        size = np.exp(-0.5 * (np.log1p(turned * turned) @ times))
        total += float((size * np.sin(np.arctan(turned) @ times) / t).sum()) * step
        start += count
        if size[-1] < GONE or start > MOST_STEPS:
            return float(min(max(0.5 - total / math.pi, 0.0), 1.0))
