"""How well requests can be told apart from those of a reference: by their length, a kind, or their words.

By words a classifier does it. Otherwise a rule is made from one half of both groups and tried on the other half, and
the other way round. Its figure is the share of requests that it takes for logged ones among those that are, less that
among the reference's: 0 where both are the same, 1 where it is always right. It is a lower bound of the total variation
distance (Kim et al. 2021, Annals of Statistics 49:411).
"""

import math
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from harness.records.estimate import Estimate
from harness.stats.classifier import classifier_change
from harness.stats.independent import share_change
from harness.stats.summed import Counted
from harness.stats.two_sample import Change

T = TypeVar("T")
Rule = Callable[[T], bool]
"""Whether something is taken for a logged one."""
Fit = Callable[[Sequence[T], Sequence[T]], Rule[T]]
"""From a half of the reference and of the logs to a rule."""
FEWEST = 20
"""Of each group; with fewer no rule can be made."""
BUCKETS = 64
"""Words are told apart by their hash, modulo this."""
FIRST_LOOK, DOUBT = 99, 0.1
"""Shuffles of the first look, and the p value up to which there is a second."""
MOST_FIGURES = 10
"""Figures of inputs that are tested together at most."""
_WORD = re.compile(r"\w+")


def told_apart(reference: Sequence[T], now: Sequence[T], fit: Fit[T], seed: int) -> Change | None:
    """Return by how much a rule tells the logs from the reference; None with too few of either."""
    if min(len(reference), len(now)) < FEWEST:
        return None
    halves = _halves(reference, seed), _halves(now, seed + 1)
    caught = mistaken = 0
    for place in (0, 1):
        rule = fit(halves[0][place], halves[1][place])
        mistaken += sum(map(rule, halves[0][1 - place]))
        caught += sum(map(rule, halves[1][1 - place]))
    return share_change(Counted(k=mistaken, n=len(reference)), Counted(k=caught, n=len(now)))


def by_size(reference: Sequence[float], now: Sequence[float]) -> Rule[float]:
    """Return the rule that splits values where both groups' distributions are furthest apart (Kolmogorov, Smirnov)."""
    from bisect import bisect_right

    one, other = sorted(reference), sorted(now)

    def above(value: float) -> float:
        return bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other)

    best = max(sorted({*one, *other}), key=lambda value: abs(above(value)))
    return (lambda value: value > best) if above(best) >= 0 else (lambda value: value <= best)


def by_kind(reference: Sequence[str], now: Sequence[str]) -> Rule[str]:
    """Return the rule that takes a request for a logged one whose kind is more frequent there."""
    one, other = Counter(reference), Counter(now)
    more = {kind for kind in other if other[kind] / len(now) > one[kind] / len(reference)}
    return lambda kind: kind in more


def words_apart(reference: Sequence[str], now: Sequence[str], seed: int, alpha: float) -> Change | None:
    """Return how well a linear classifier on hashed words tells texts apart: 2 x area - 1, 0 by chance and 1 always.

    None with too few of either. Labels are shuffled a hundred times, and where that leaves doubt, so often that a p
    value can be below ``alpha`` among ``MOST_FIGURES`` tests. One of the second look counts only where the first was at
    most a tenth, so it is right for every ``alpha`` below that.
    """
    if min(len(reference), len(now)) < FEWEST:
        return None
    then, later = ([words_of(text) for text in side] for side in (reference, now))
    found = classifier_change(then, later, seed, FIRST_LOOK)
    if found.p_value <= DOUBT:
        found = classifier_change(then, later, seed, math.ceil(MOST_FIGURES / alpha))
    seen = found.estimate
    low, mean, high = (2 * end - 1 for end in (seen.low, seen.mean, seen.high))
    estimate = Estimate(mean=mean, low=low, high=high, n=seen.n, method=seen.method)
    return msgspec.structs.replace(found, estimate=estimate, same=0.0)


def words_of(text: str) -> list[float]:
    """Return which of the hashes of words are in a text, 1 or 0 for each; letters' case doesn't count."""
    found = [0.0] * BUCKETS
    for word in _WORD.findall(text.casefold()):
        found[zlib.crc32(word.encode()) % BUCKETS] = 1.0
    return found


def _halves(values: Sequence[T], seed: int) -> tuple[list[T], list[T]]:
    order = list(values)
    random.Random(seed).shuffle(order)  # noqa: S311 - must be repeatable
    return order[::2], order[1::2]
