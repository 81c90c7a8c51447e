"""The mean of all cases of a suite, from those asked so far, by betting against it: right however often one looks.

Of scores with known ends it assumes nothing but the random order of asking.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

BOLD = 0.9
"""Share of the capital that a bet can lose at most."""


def betting_p_value(values: Sequence[float], of: int, mean: float) -> float:
    """Return how likely values as high as these are when the mean of all ``of`` is ``mean`` or less, at any look.

    ``values`` in [0, 1] are those asked so far, drawn in random order without replacement. Waudby-Smith and Ramdas
    (2023), J. Royal Statistical Society B 86:1, section 4 and 5.2: a capital of 1 is bet on each value being above what
    would be left on average, K = prod_i (1 + l_i (x_i - m_i)) with m_i = (N m - S_(i-1)) / (N - i + 1). With a mean of
    m or less it is a supermartingale, so that it ever reaches 1 / p with probability p at most (Ville 1939). Bets are
    those of aGRAPA (their section B.3): l_i = (a - m_i) / (v + (a - m_i)^2), with mean a and variance v of the values
    before, from 0 to 0.9 / m_i.

    >>> betting_p_value([1.0, 1.0], 4, 0.0)
    0.0
    """
    if len(values) > of or not 0 <= mean <= 1:
        raise ValueError(f"needs at most {of} values and a mean in [0, 1], got {len(values)} and {mean}")
    if not values:
        return 1.0
    import numpy as np

    x = np.asarray(values, dtype=float)
    if x.min() < 0 or x.max() > 1:
        raise ValueError("values must be in [0, 1]")
    before = np.arange(len(x))
    seen = np.concatenate(([0.0], np.cumsum(x)))
    if seen[-1] > of * mean + 1e-9 * of:
        return 0.0
    expected = np.clip((of * mean - seen[:-1]) / (of - before), 0, 1)
    capital = float(np.cumsum(np.log1p(_bets(x, seen, expected) * (x - expected))).max())
    return math.exp(-max(capital, 0.0))


def _bets(x: "Numbers", seen: "Numbers", expected: "Numbers") -> "Numbers":
    """Return each bet, from the values before it alone: 1/2 and 1/4 are their mean and variance before the first."""
    import numpy as np

    before = np.arange(len(x))
    means = (0.5 + seen) / (np.arange(len(x) + 1) + 1)
    spread = np.concatenate(([0.0], np.cumsum((x - means[1:]) ** 2)))[:-1]
    variance = (0.25 + spread) / (before + 1)
    edge = means[:-1] - expected
    with np.errstate(divide="ignore"):
        return np.clip(edge / (variance + edge * edge), 0, BOLD / expected)
