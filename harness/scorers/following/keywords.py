"""Instructions on words and letters: those that are wanted, how often, and those that are not."""

import re
from typing import Annotated, Literal

from msgspec import Meta

from harness.records.record import Record
from harness.scorers.following.bounds import Bounds, Broken, Text, Texts, listed, miscounted
from harness.scorers.reading.normal import normalized
from harness.scorers.reading.words import is_unspaced
from harness.text.visible import for_terminal

Match = Literal["anywhere", "words"]
"""Whether a keyword is found inside of longer words too, or alone as a word."""
_COMMAS = ",\u060c\u3001\ufe50\ufe51\uff0c\uff64"
_CAPITALS = re.compile(r"\w+(?:[-'\u2019.]\w+)*+")


class Keywords(Record, frozen=True, kw_only=True, tag_field="follows", tag="keywords"):
    """Each of these is in the answer; letters' case does not count."""

    words: Texts
    match: Match = "anywhere"

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        answer = _form(text)
        if missing := tuple(word for word in self.words if not occurrences(answer, word, self.match)):
            return Broken(reason=f"not in the answer: {listed(missing)}", symptom="keyword missing")
        return None


class ForbiddenWords(Record, frozen=True, kw_only=True, tag_field="follows", tag="forbidden_words"):
    """None of these is in the answer; letters' case does not count."""

    words: Texts
    match: Match = "words"

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        answer = _form(text)
        if found := tuple(word for word in self.words if occurrences(answer, word, self.match)):
            return Broken(reason=f"in the answer: {listed(found)}", symptom="forbidden word")
        return None


class KeywordCount(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="keyword_count"):
    """A keyword is so often in the answer; letters' case does not count."""

    word: Text
    match: Match = "anywhere"

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = occurrences(_form(text), self.word, self.match)
        return miscounted(
            self, counted, f"times {for_terminal(self.word, 40)!r}", "keyword too seldom", "keyword too often"
        )


class LetterCount(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="letter_count"):
    """A letter, or another character, is so often in the answer; letters' case does not count."""

    letter: Annotated[str, Meta(min_length=1, max_length=1, pattern=r"\S")]

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = _form(text).count(_form(self.letter))
        return miscounted(self, counted, f"times {self.letter!r}", "letter too seldom", "letter too often")


class CapitalWords(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="capital_words"):
    """So many words in capital letters alone, such as NASA, COVID-19 and I."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = sum(word.isupper() for word in _CAPITALS.findall(text))
        return miscounted(self, counted, "words in capitals", "too few capital words", "too many capital words")


class NoCommas(Record, frozen=True, kw_only=True, tag_field="follows", tag="no_commas"):
    """No comma, of any script."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = sum(text.count(comma) for comma in _COMMAS)
        return Broken(reason=f"commas: {counted}, wanted none", symptom="has a comma") if counted else None


def occurrences(answer: str, word: str, match: Match) -> int:
    """Return how often a word is in an answer that has the form of ``_form``."""
    wanted = _form(word)
    if match == "anywhere":
        return answer.count(wanted)
    before = r"(?<!\w)" if _has_borders(wanted[0]) else ""
    after = r"(?!\w)" if _has_borders(wanted[-1]) else ""
    return len(re.findall(f"{before}{re.escape(wanted)}{after}", answer))


def _has_borders(letter: str) -> bool:
    """Tell whether a letter next to this one makes it a longer word: not in scripts without spaces."""
    return letter.isalnum() and not is_unspaced(letter)


def _form(text: str) -> str:
    return normalized(text, ("NFC", "case"))
