"""Sentences that are in a large share of the answers: a model learns to say them always.

Counted in flat memory by lossy counting (Manku, Motwani 2002): a sentence in a larger share of answers than ``SHARE``
is never missed.
"""

import re
from collections.abc import Iterator

from harness.records.record import Record

SHARE = 0.1
"""Of the answers with two sentences or more. The same sentence in more of them is boilerplate."""
FEWEST = 20
"""Answers with two sentences or more, from which a share means something."""
WORDS = 4
"""Words of a sentence that is counted: shorter ones repeat by chance."""
MANY = 20_000
"""Sentences that are counted at a time."""
NAMED = 2_000
"""Rows that are named for each sentence."""
READ = 1_000
"""Characters at the start and at the end of an answer that are read: boilerplate opens and closes."""

_SENTENCE = re.compile(r"[^.!?\n。\uff01\uff1f]+[.!?。\uff01\uff1f]*")
_CODE = re.compile(r"[{};=]|\w\(|^\s*(?:#include|import|from|@|//|<)")
"""What a line of code has: programs of one language begin alike."""
_LETTERS = re.compile(r"[^\W\d_]+")


class Repeated(Record, frozen=True, kw_only=True):
    """A sentence that many answers have, in how many of how many, and the places of the first of them."""

    sentence: str
    count: int
    answers: int
    places: tuple[str, ...]


class Sentences:
    """Counts in how many answers each sentence is."""

    def __init__(self) -> None:
        self._answers = 0
        self._counts: dict[str, int] = {}
        self._missed: dict[str, int] = {}
        self._places: dict[str, list[str]] = {}
        self._round = 0

    def add(self, place: str, text: str) -> None:
        """Count the sentences of one answer, each once. One of a single sentence has no boilerplate."""
        text = text if len(text) <= 2 * READ else f"{text[:READ]}\n{text[-READ:]}"
        if text[:1] in {"{", "[", "<", "`"}:
            return
        sentences = {" ".join(one.split()) for one in _SENTENCE.findall(text)}
        sentences.discard("")
        if len(sentences) < 2:
            return
        self._answers += 1
        for sentence in sentences:
            if len(_LETTERS.findall(sentence)) < WORDS or _CODE.search(sentence):
                continue
            if sentence not in self._counts:
                self._counts[sentence], self._missed[sentence], self._places[sentence] = 0, self._round, []
            self._counts[sentence] += 1
            if len(self._places[sentence]) < NAMED:
                self._places[sentence].append(place)
        if len(self._counts) > MANY:
            self._forget()

    def repeated(self) -> Iterator[Repeated]:
        """Yield what is boilerplate, the most frequent first."""
        if self._answers < FEWEST:
            return
        least = max(SHARE * self._answers, 5)
        for sentence, count in sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0])):
            if count + self._missed[sentence] >= least and count > self._missed[sentence]:
                yield Repeated(
                    sentence=sentence, count=count, answers=self._answers, places=tuple(self._places[sentence])
                )

    def _forget(self) -> None:
        """Forget the rarest, until at most half as many are counted; what comes again can have been missed."""
        while len(self._counts) > MANY // 2:
            self._round += 1
            for sentence in [one for one, count in self._counts.items() if count + self._missed[one] <= self._round]:
                del self._counts[sentence], self._missed[sentence], self._places[sentence]
