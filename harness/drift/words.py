"""How well the words of requests can be told from those of a reference, by a classifier."""

import re
import zlib
from collections.abc import Sequence

import msgspec

from harness.records.estimate import Estimate
from harness.stats.classifier import classifier_change_at
from harness.stats.held_out import FEWEST
from harness.stats.two_sample import Change

BUCKETS = 64
"""Words are told apart by their hash, modulo this."""
MOST_FIGURES = 10
"""Figures of inputs that are tested together at most."""
_WORD = re.compile(r"\w+")


def words_apart(reference: Sequence[str], now: Sequence[str], seed: int, alpha: float) -> Change | None:
    """Return how well a linear classifier on hashed words tells texts apart: 2 x area - 1, 0 by chance and 1 always.

    None with too few of either. Its p value can be below ``alpha`` among ``MOST_FIGURES`` tests.
    """
    if min(len(reference), len(now)) < FEWEST:
        return None
    then, later = ([words_of(text) for text in side] for side in (reference, now))
    found = classifier_change_at(then, later, seed, alpha / MOST_FIGURES)
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
