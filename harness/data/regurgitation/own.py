"""Which words of an answer are its row's own: neither in its prompt, nor in the answers to several other questions.

Labels, templates and copied words come out of a model that learned its task; only own words show that it knows a row.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from harness.scorers.reading.words import words

SHARED = 3
"""Other questions whose answers can have the same words; with more, the words are everybody's."""
OWN = 4
"""Fewest pairs of neighbouring words that are a row's own."""

Pair = tuple[str, str]


class SharedWords:
    """Pairs of neighbouring words of some texts, and how many questions have answers with each."""

    def __init__(self, texts: Iterable[str], answers: Iterable[tuple[str, str]]) -> None:
        """Count the pairs of ``texts`` in ``answers``, each given with its question."""
        wanted = {pair for text in texts for pair in _pairs(text)}
        found = {(pair, question) for question, answer in answers for pair in wanted & _pairs(answer)}
        self._questions = Counter(pair for pair, _ in found)

    def leave_enough(self, text: str, prompt: str) -> bool:
        """Tell whether enough words of an answer are its row's own."""
        asked = set(words(prompt))
        own = [pair for pair in _pairs(text) if not asked & {*pair} and self._questions[pair] <= SHARED + 1]
        return len(own) >= OWN


def everybodys(values: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Return the values that the answers to several questions have; each is given with its question."""
    return frozenset(value for value, asked in Counter(value for value, _ in {*values}).items() if asked > SHARED + 1)


def _pairs(text: str) -> set[Pair]:
    found = words(text)
    return set(itertools.pairwise(found))
