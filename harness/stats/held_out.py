"""How well values or kinds of now are told from those of before by a rule that is tried on what it wasn't made from.

A rule is made from one half of both groups and tried on the other half, and the other way round. Its figure is the
share of now that it takes for now, less that of before: on average 0 where both are the same, however many there are,
so days of different sizes can be charted; 1 where it is always right. It is a lower bound of the total variation
distance (Kim et al. 2021, Annals of Statistics 49:411). ``shape_change`` and ``mix_change`` bound that from above.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.stats.independent import share_change
from harness.stats.summed import Counted
from harness.stats.two_sample import Change

T = TypeVar("T")
Rule = Callable[[T], bool]
"""Whether something is taken for one of now."""
Fit = Callable[[Sequence[T], Sequence[T]], Rule[T]]
"""From a half of before and a half of now to a rule."""
FEWEST = 20
"""Of each group; with fewer no rule can be made."""


def told_apart(before: Sequence[T], now: Sequence[T], fit: Fit[T], seed: int) -> Change | None:
    """Return by how much a rule tells now from before; None with fewer than ``FEWEST`` of either."""
    if min(len(before), len(now)) < FEWEST:
        return None
    halves = _halves(before, seed), _halves(now, seed + 1)
    caught = mistaken = 0
    for place in (0, 1):
        rule = fit(halves[0][place], halves[1][place])
        mistaken += sum(map(rule, halves[0][1 - place]))
        caught += sum(map(rule, halves[1][1 - place]))
    return share_change(Counted(k=mistaken, n=len(before)), Counted(k=caught, n=len(now)))


def by_size(before: Sequence[float], now: Sequence[float]) -> Rule[float]:
    """Return the rule that splits values where both groups' distributions are furthest apart (Kolmogorov, Smirnov)."""
    from bisect import bisect_right

    one, other = sorted(before), sorted(now)

    def above(value: float) -> float:
        return bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other)

    best = max(sorted({*one, *other}), key=lambda value: abs(above(value)))
    return (lambda value: value > best) if above(best) >= 0 else (lambda value: value <= best)


def by_kind(before: Sequence[str], now: Sequence[str]) -> Rule[str]:
    """Return the rule that takes for one of now what is of a kind that is more frequent now."""
    one, other = Counter(before), Counter(now)
    more = {kind for kind in other if other[kind] / len(now) > one[kind] / len(before)}
    return lambda kind: kind in more


def _halves(values: Sequence[T], seed: int) -> tuple[list[T], list[T]]:
    order = list(values)
    random.Random(seed).shuffle(order)  # noqa: S311 - must be repeatable
    return order[::2], order[1::2]
