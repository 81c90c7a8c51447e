"""Instructions on length: words, sentences, paragraphs, and the word that a paragraph begins with."""

import re
from typing import Literal

from harness.records.record import Record
from harness.scorers.following.bounds import Bounds, Broken, Positive, Text, miscounted
from harness.scorers.following.sentences import sentences
from harness.scorers.reading.normal import normalized
from harness.scorers.reading.words import words
from harness.text.visible import for_terminal

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_DIVIDER = "***"
_QUOTES = "'\"\u2018\u2019\u201c\u201d"
_AFTER_WORD = re.compile(r"[.,:;?!'\"\u2018\u2019\u201c\u201d\u3002\uff0c\uff1f\uff01]")


class Words(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="words"):
    """So many words: runs of letters and digits; each character of a script without spaces."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        return miscounted(self, len(words(text)), "words", "too few words", "too many words")


class Sentences(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="sentences"):
    """So many sentences."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        return miscounted(self, len(sentences(text)), "sentences", "too few sentences", "too many sentences")


class Paragraphs(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="paragraphs"):
    """So many paragraphs, between blank lines or between dividers."""

    separator: Literal["blank line", "***"] = "blank line"

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong: also that nothing is between two dividers."""
        if self.separator == "blank line":
            found = paragraphs(text)
        else:
            found = [part.strip() for part in text.split(_DIVIDER)]
            if not all(found[1:-1]):
                return Broken(reason="nothing is between two dividers ***", symptom="empty paragraph")
            found = [part for part in found if part]
        return miscounted(self, len(found), "paragraphs", "too few paragraphs", "too many paragraphs")


class FirstWord(Record, frozen=True, kw_only=True, tag_field="follows", tag="first_word"):
    """A paragraph begins with a word. ``paragraphs``, where given, is how many there are."""

    word: Text
    paragraph: Positive = 1
    paragraphs: Positive | None = None

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong. Letters' case and quotation marks don't count."""
        found = paragraphs(text)
        if self.paragraphs is not None and len(found) != self.paragraphs:
            few = len(found) < self.paragraphs
            return Broken(
                reason=f"paragraphs: {len(found)}, wanted exactly {self.paragraphs}",
                symptom="too few paragraphs" if few else "too many paragraphs",
            )
        if self.paragraph > len(found):
            return Broken(reason=f"there is no paragraph {self.paragraph}", symptom="too few paragraphs")
        word = _AFTER_WORD.split(found[self.paragraph - 1].split(maxsplit=1)[0].lstrip(_QUOTES), maxsplit=1)[0]
        if normalized(word, ("NFC", "case")) == normalized(self.word, ("NFC", "case")):
            return None
        begins = f"paragraph {self.paragraph} begins with {for_terminal(word, 40)!r}, wanted {self.word!r}"
        return Broken(reason=begins, symptom="wrong first word")


def paragraphs(text: str) -> list[str]:
    """Return what is between blank lines."""
    return [part.strip() for part in _BLANK_LINE.split(text) if part.strip()]
