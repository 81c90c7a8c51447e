"""How varied texts are, in flat memory: shares of repeated texts and of distinct n-grams."""

import hashlib
import heapq
import re
from collections.abc import Iterator

TEXTS = 2_000
"""Texts whose n-grams are counted: those with the smallest digests of their places, which is a fair draw."""
KNOWN = 50_000
"""Different texts that are counted exactly; with more, an equal share of them is (Gibbons 2001, distinct sampling)."""
READ = 2_000
"""Characters of each text."""

_WORD = re.compile(r"\w+|[^\w\s]")


class Spread:
    """Counts texts; ``place`` only draws."""

    def __init__(self) -> None:
        self._drawn: list[tuple[int, str]] = []
        self._counts: dict[int, int] = {}
        self._level = 0

    def add(self, place: str, text: str) -> None:
        """Count one text."""
        drawn = (-_number(place), text[:READ])
        if len(self._drawn) < TEXTS:
            heapq.heappush(self._drawn, drawn)
        elif drawn[0] > self._drawn[0][0]:
            heapq.heapreplace(self._drawn, drawn)
        key = _number(" ".join(text.split()))
        if key % (1 << self._level) == 0:
            self._counts[key] = self._counts.get(key, 0) + 1
            while len(self._counts) > KNOWN:
                self._level += 1
                self._counts = {key: count for key, count in self._counts.items() if key % (1 << self._level) == 0}

    def repeated(self) -> float:
        """Return the share of texts that another one equals, white space apart; each text after its first counts."""
        total = sum(self._counts.values())
        return 1 - len(self._counts) / total if total else 0.0

    def distinct(self, size: int) -> float:
        """Return how many different n-grams of words there are, of all (Li et al. 2016, distinct-n)."""
        total = 0
        seen: set[int] = set()
        for gram in self._grams(size):
            total += 1
            seen.add(hash(gram))
        return len(seen) / total if total else 0.0

    def _grams(self, size: int) -> Iterator[tuple[str, ...]]:
        for _, text in sorted(self._drawn):
            words = _WORD.findall(text.lower())
            yield from zip(*(words[start:] for start in range(size)), strict=False)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
