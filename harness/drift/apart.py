"""How well requests can be told apart from those of a reference: by their length, a kind, or their words.

A rule is made from one half of both groups and tried on the other half, and the other way round. Its figure is the
share of requests that it takes for logged ones among those that are, less that among the reference's: 0 where both are
the same, 1 where it is always right. It is a lower bound of the total variation distance (Kim et al. 2021, Annals of
Statistics 49:411, on classifiers as two-sample tests; Lopez-Paz and Oquab 2017, arXiv 1610.06545).
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.drift.unpaired import At, change_at, share_at

T = TypeVar("T")
Rule = Callable[[T], bool]
"""Whether something is taken for a logged one."""
Fit = Callable[[Sequence[T], Sequence[T]], Rule[T]]
"""From a half of the reference and of the logs to a rule."""
FEWEST = 20
"""Of each group; with fewer no rule can be made."""
BUCKETS = 1 << 16
"""Words are told apart by their hash, modulo this."""
_WORD = re.compile(r"\w+")


def told_apart(reference: Sequence[T], now: Sequence[T], fit: Fit[T], seed: int) -> At | None:
    """Return by how much a rule tells the logs from the reference; None with too few of either."""
    if min(len(reference), len(now)) < FEWEST:
        return None
    halves = _halves(reference, seed), _halves(now, seed + 1)
    caught = mistaken = 0
    for place in (0, 1):
        rule = fit(halves[0][place], halves[1][place])
        mistaken += sum(map(rule, halves[0][1 - place]))
        caught += sum(map(rule, halves[1][1 - place]))
    return change_at(share_at(caught, len(now)), share_at(mistaken, len(reference)))


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


def by_words(reference: Sequence[frozenset[int]], now: Sequence[frozenset[int]]) -> Rule[frozenset[int]]:
    """Return the rule of naive Bayes: each word speaks for the group that has it more often, as much as it is so."""
    from math import log

    one, other = Counter[int](), Counter[int]()
    for counts, texts in ((one, reference), (other, now)):
        for words in texts:
            counts.update(words)
    weights = {
        word: log((other[word] + 0.5) / (len(now) + 1)) - log((one[word] + 0.5) / (len(reference) + 1))
        for word in one.keys() | other.keys()
    }
    return lambda words: sum(weights.get(word, 0.0) for word in words) > 0


def words_of(text: str) -> frozenset[int]:
    """Return the hashes of a text's words; letters' case doesn't count."""
    return frozenset(zlib.crc32(word.encode()) % BUCKETS for word in _WORD.findall(text.casefold()))


def _halves(values: Sequence[T], seed: int) -> tuple[list[T], list[T]]:
    order = list(values)
    random.Random(seed).shuffle(order)  # noqa: S311 - must be repeatable
    return order[::2], order[1::2]
