"""The cases asked so far, as a part of all: what they say of a count and of a mean of all cases."""

import math
import statistics
from collections.abc import Sequence

from harness import stats
from harness.records.record import Record
from harness.stats.arguments import ALPHA, SAME
from harness.stats.skewed import Spread, skewed_interval
from harness.verdicts.compare import Pairs

ROUNDS = 4
"""How often a mean and the spread under it are found from one another: by then neither moves."""


class Part(Record, frozen=True, kw_only=True):
    """The scored cases in the order of asking, ``of`` how many can be scored in all, and ``look``: the last look.

    Counts are judged at looks, ``pass_errors`` and ``fail_errors`` standard errors away; means at any time, with an
    error of at most ``pass_error`` and ``fail_error``.
    """

    pairs: Pairs
    of: int
    look: int
    pass_errors: float
    fail_errors: float
    pass_error: float
    fail_error: float

    @property
    def asked(self) -> int:
        """How many cases were asked and scored."""
        return len(self.pairs.groups)

    @property
    def grouped(self) -> bool:
        """Whether cases belong together."""
        return any(group is not None for group in self.pairs.groups)


def more_of_a_kind(part: Part, kind: Sequence[bool], least: int, errors: float) -> bool:
    """Tell whether ``least`` of all cases are of a kind, given which of the asked are."""
    if sum(kind) >= least:
        return True
    if not part.look or least < 1:
        return least < 1
    seen = sum(kind[: part.look])
    chance = stats.drawn_chance(seen, part.look, min(least, part.of + 1) - 1, part.of)
    return chance <= statistics.NormalDist().cdf(-errors)


def mean_above(values: Sequence[float], of: int, mean: float, error: float) -> bool:
    """Tell whether the mean of all ``of`` scores is above ``mean``, given the asked ``values`` in [0, 1]."""
    if mean < 0:
        return True
    return mean <= 1 and stats.betting_p_value(values, of, mean) <= error


def ruling_out(values: Sequence[float], of: int, at: float) -> float:
    """Return the mean of all cases from which on they would rule out a true mean of ``at``, if they vary like these.

    By Hall's t, one-sided at 95 %, of at least two values. The spread is the one around that mean, which is larger
    where it is far from what was seen.
    """
    import numpy as np

    seen = np.asarray(values, dtype=float)
    away, mean = seen - seen.mean(), float(seen.mean())
    variance = float(away @ away) / (len(values) - 1)
    skewness = float((away**3).mean()) / variance**1.5 if variance > SAME * SAME else 0.0
    needed = at
    for _ in range(ROUNDS):
        error = math.sqrt((variance + (mean - needed) ** 2) / of)
        spread = Spread(mean=0.0, error=error, skewness=skewness, clusters=of)
        needed = at - skewed_interval(spread, 1 - 2 * ALPHA)[0]
    return needed
