"""Which texts are nearly the same: exact Jaccard similarity of their character 5-grams, found by an inverted index.

The index is searched by prefixes (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): where the grams of all
texts have one order, the rarest first, two sets with a similarity of at least t share one of the first
n - ceil(t n) + 1 grams of each, n being its size; and the place of the first one that they share limits how many
more they can share (Xiao, Wang, Lin, Yu 2008). What can't be similar is not compared, and nothing is missed.
"""

import functools
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.text.hidden import IGNORABLE
from harness.text.later import pattern_later

if TYPE_CHECKING:
    import regex

T = TypeVar("T")
GRAM = 5
"""Characters."""
SIGNS = frozenset("+-*/=<>%^$\u20ac\u00a3\u00a5\u2212\u00d7\u00f7")
"""What can change the meaning of the numbers beside it."""
_NUMBER = pattern_later(r"\d+")
FEW = 5
"""Similar texts of which the most similar one is told."""


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A text of an index, by its place, and how similar another text is to it: 1 has the same grams."""

    place: int
    similarity: float


def folded(text: str) -> str:
    r"""Return a text without what doesn't count here: case, widths, how white space is written, what can't be seen.

    >>> folded(" Char\u00adged  TWICE\n")
    'charged twice'
    """
    seen = text if text.isascii() else IGNORABLE.sub("", text)
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


@functools.lru_cache(maxsize=16)
def worded(text: str) -> str:
    r"""Return a text without punctuation and symbols too; one of nothing else keeps them.

    >>> worded("Charged TWICE?! (in May)")
    'charged twice in may'
    """
    plain = folded(text)
    return " ".join(_not_in_words().sub(" ", plain).split()) or plain


def told(text: str) -> str:
    """Return what a text tells: ``worded``, and where it has numbers the signs that change them.

    >>> told("Refund: 5 EUR.") == told("refund 5 eur"), told("5 - 3") == told("5 + 3")
    (True, False)
    """
    figures = figures_of(text)
    return "\n".join((worded(text), *figures[-1:]))


def figures_of(text: str) -> tuple[str, ...]:
    """Return the numbers in a text in their order, and then the signs beside them; nothing where it has no number.

    >>> figures_of("5 - 3 is 2"), figures_of("top-up")
    (('5', '3', '2', '-'), ())
    """
    plain = folded(text)
    numbers = _NUMBER().findall(plain)
    return (*numbers, "".join(filter(SIGNS.__contains__, plain))) if numbers else ()


def grams(text: str) -> frozenset[str]:
    """Return the character 5-grams of a text; a shorter one is a gram itself.

    >>> sorted(grams("charged"))
    ['arged', 'charg', 'harge']
    """
    return grams_of(folded(text))


def grams_of(plain: str) -> frozenset[str]:
    """Return the character 5-grams of a text that is folded already."""
    return frozenset(plain[start : start + GRAM] for start in range(max(len(plain) - GRAM + 1, 1)))


def similarity(one: AbstractSet[T], other: AbstractSet[T]) -> float:
    """Return the Jaccard similarity of two sets: what they share, of all that is in either (Jaccard 1901)."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def always(_place: int, _near: Near) -> bool:
    """Count every pair."""
    return True


def near_earlier(
    texts: Sequence[str], threshold: float, counts: Callable[[int, Near], bool] = always
) -> Iterator[tuple[int, Near]]:
    """Yield for each text that is similar to an earlier one its place, and one such earlier text.

    ``threshold`` is above 0 and at most 1. Of several earlier ones that ``counts`` it is a most similar one among the
    first few that are found, so that thousands of texts that are all alike take no square of time.

    >>> [(later, near.place) for later, near in near_earlier(["charged twice", "How?", "Charged  twice!"], 0.8)]
    [(2, 0)]
    """
    sets = [grams(text) for text in texts]
    index = NearIndex(threshold, sets)
    for place, one in enumerate(sets):
        if (found := _nearest(near for near in index.near(one) if counts(place, near))) is not None:
            yield place, found
        index.add(one)


def near_among(
    texts: Sequence[str], others: Sequence[str], threshold: float, counts: Callable[[int, Near], bool] = always
) -> Iterator[tuple[int, Near]]:
    """Yield for each text that is similar to one of the others its place, and one such other, as ``near_earlier``."""
    sets, known = [grams(text) for text in texts], [grams(text) for text in others]
    index = NearIndex(threshold, [*known, *sets])
    for one in known:
        index.add(one)
    for place, one in enumerate(sets):
        if (found := _nearest(near for near in index.near(one) if counts(place, near))) is not None:
            yield place, found


class NearIndex:
    """Sets of grams, searched for those to which a set is similar by at least ``threshold``.

    ``expected`` are the sets that it will be used with: their rarest grams come first in the prefixes. Sets beside
    these are found as surely, only slower.
    """

    def __init__(self, threshold: float, expected: Iterable[frozenset[str]]) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"a threshold is above 0 and at most 1, got {threshold}")
        self._threshold = threshold
        counted = Counter(gram for one in expected for gram in one)
        self._ranks = {gram: rank for rank, (gram, _) in enumerate(sorted(counted.items(), key=lambda pair: pair[1]))}
        self._sets: list[frozenset[int]] = []
        self._postings: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        """By gram, the sets that have it in their prefix, and how many of their grams don't come before it."""

    def add(self, one: frozenset[str]) -> None:
        """Add a set, at the next place."""
        ranked = self._ranked(one)
        for position, gram in enumerate(self._prefix(ranked)):
            self._postings[gram].append((len(self._sets), len(ranked) - position))
        self._sets.append(frozenset(ranked))

    def near(self, wanted: frozenset[str]) -> Iterator[Near]:
        """Yield every set of the index that is similar enough, once, in no order that matters."""
        seen: set[int] = set()
        ranked = self._ranked(wanted)
        as_set, share = frozenset(ranked), self._threshold / (1 + self._threshold)
        for position, gram in enumerate(self._prefix(ranked)):
            left = len(ranked) - position
            for place, left_there in self._postings.get(gram, ()):
                if place in seen:
                    continue
                seen.add(place)
                found = self._sets[place]
                if min(left, left_there) < share * (len(ranked) + len(found)) - 1e-9:
                    continue
                if (alike := similarity(as_set, found)) >= self._threshold:
                    yield Near(place=place, similarity=alike)

    def _ranked(self, one: frozenset[str]) -> list[int]:
        """Return the grams as their ranks, the rarest first; one that was not expected is the rarest of all."""
        ranks = self._ranks
        for gram in one:
            if gram not in ranks:
                ranks[gram] = -len(ranks) - 1
        return sorted(ranks[gram] for gram in one)

    def _prefix(self, ranked: list[int]) -> list[int]:
        """Return the rarest grams, as many as two similar sets share at least one of."""
        # A product of floats can be a hair too large; a longer prefix misses nothing.
        return ranked[: len(ranked) - math.ceil(self._threshold * len(ranked) - 1e-9) + 1]


@functools.cache
def _not_in_words() -> "regex.Pattern[str]":
    import regex

    return regex.compile(r"[^\w\p{M}\s]")


def _nearest(found: Iterator[Near]) -> Near | None:
    """Return the most similar of the first few; of equal ones the earliest."""
    return max(islice(found, FEW), key=lambda near: (near.similarity, -near.place), default=None)
