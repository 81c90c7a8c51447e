"""How often a value of now is above one of before: the area under the ROC curve, in parts, with ties as halves."""

import math
from typing import TYPE_CHECKING

from harness.stats.arguments import SAME, two_sided_z

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

HALVINGS = 50


def placements(before: "Numbers", now: "Numbers") -> "tuple[Numbers, Numbers]":
    """Return for each value before the share of now's above it, and for each of now the share of before's below it."""
    import numpy as np

    old, new = np.sort(before), np.sort(now)
    below = (np.searchsorted(old, now, "left") + np.searchsorted(old, now, "right")) / (2 * len(old))
    above = 1 - (np.searchsorted(new, before, "left") + np.searchsorted(new, before, "right")) / (2 * len(new))
    return above, below


def area_interval(area: float, variance: float, sizes: tuple[int, int], level: float = 0.95) -> tuple[float, float]:
    """Return the interval of an area with this variance (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837).

    On the logit scale, which keeps it in (0, 1). Where nothing varies (areas of 0, 1, or only ties) that of Newcombe
    (2006), Statistics in Medicine 25:559, method 5, whose variance at an area a is
    a (1 - a) (1 + N ((1 - a) / (2 - a) + a / (1 + a))) / (n m) with N = (n + m) / 2 - 1.
    """
    z = two_sided_z(level)
    if variance > SAME * SAME and 0 < area < 1:
        logit, reach = math.log(area / (1 - area)), z * math.sqrt(variance) / (area * (1 - area))
        return 1 / (1 + math.exp(reach - logit)), 1 / (1 + math.exp(-reach - logit))
    return _end(area, 0.0, z, sizes), _end(area, 1.0, z, sizes)


def _end(area: float, far: float, z: float, sizes: tuple[int, int]) -> float:
    """Return the area towards ``far`` that is just z standard errors away, by its own error."""
    near = area
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if abs(area - middle) > z * math.sqrt(_newcombe(middle, sizes)):
            far = middle
        else:
            near = middle
    return near


def _newcombe(area: float, sizes: tuple[int, int]) -> float:
    half = sum(sizes) / 2 - 1
    shape = (1 - area) / (2 - area) + area / (1 + area)
    return area * (1 - area) * (1 + half * shape) / (sizes[0] * sizes[1])
