"""The words of a question in any script, without case, so that neighbours within a sentence make a phrase."""

import functools
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.scorers.reading.words import UNSPACED, composed

if TYPE_CHECKING:
    import regex


def stretches(text: str) -> Iterator[list[str]]:
    """Yield the words of each stretch of text without punctuation; words next to each other there are a phrase.

    A hyphen parts words, an apostrophe does not. Where a script puts no spaces between words, each two neighbouring
    characters take the place of a word, in a stretch of their own.

    >>> list(stretches("Don't charge-back, Please!")), list(stretches("退款吧"))
    ([["don't", 'charge', 'back'], ['please']], [['退款'], ['款吧']])
    """
    for part in _pattern(r"[^\p{L}\p{M}\p{N}\t '_-]++").split(composed(text).casefold().replace("\u2019", "'")):
        words = part.replace("-", " ").split()
        if "'" in part or "_" in part:
            words = [word for word in (word.strip("'_") for word in words) if word]
        if not part.isascii() and (unspaced := [word for word in words if _unspaced().search(word)]):
            yield from ([piece] for word in unspaced for piece in _pieces(word))
            words = [word for word in words if word not in unspaced]
        if words:
            yield words


def _pieces(word: str) -> Iterator[str]:
    """Yield what is written without spaces in pairs of characters, and what is between as it is."""
    last = 0
    for run in _unspaced().finditer(word):
        if run.start() > last:
            yield word[last : run.start()]
        characters = _pattern(r"\X").findall(run[0])
        yield from (first + second for first, second in pairwise(characters))
        if len(characters) == 1:
            yield characters[0]
        last = run.end()
    if last < len(word):
        yield word[last:]


def _unspaced() -> "regex.Pattern[str]":
    return _pattern(rf"(?:[[{UNSPACED}]&&\p{{L}}]\p{{M}}*+)++")


@functools.cache
def _pattern(pattern: str) -> "regex.Pattern[str]":
    import regex

    return regex.compile(pattern, regex.V1)
