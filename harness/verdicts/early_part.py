"""The cases asked so far, as a part of all: what they say of a count and of a mean of all cases."""

import statistics
from collections.abc import Sequence

from harness import stats
from harness.records.record import Record
from harness.verdicts.compare import Pairs


class Part(Record, frozen=True, kw_only=True):
    """The scored cases in the order of asking, ``of`` how many can be scored in all, and ``look``: the last look.

    Counts are judged at looks, ``pass_errors`` and ``fail_errors`` standard errors away; means at any time, with an
    error of at most ``pass_error`` and ``fail_error``.
    """

    pairs: Pairs
    grouped: bool
    """Whether cases belong together, asked or not."""
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
