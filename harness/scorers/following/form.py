"""Instructions on marks inside of an answer: bullets, highlights, sections, title, placeholders, a postscript."""

import re
from typing import Annotated

from msgspec import Meta

from harness.records.record import Record
from harness.scorers.following.bounds import Bounds, Broken, Text, miscounted

_BULLET = re.compile(r"^[^\S\n]*+[-*+][^\S\n]+\S", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*\*[^*\n]+\*\*|\*[^*\n]+\*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]*\]")
_DECORATION = r"[^\S\n]*[*_#>\"'\u201c(-]*[^\S\n]*"


class Bullets(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="bullets"):
    """So many lines that begin with ``*``, ``-`` or ``+`` and a space."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = len(_BULLET.findall(text))
        return miscounted(self, counted, "bullets", "too few bullets", "too many bullets")


class Highlights(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="highlights"):
    """So many pieces between asterisks on one line: ``*this*`` or ``**this**``."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = sum(bool(piece.strip("* \t")) for piece in _HIGHLIGHT.findall(text))
        return miscounted(self, counted, "highlights", "too few highlights", "too many highlights")


class Sections(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="sections"):
    """So many times a marker such as ``SECTION`` with a number after it."""

    marker: Text

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = len(re.findall(rf"{re.escape(self.marker)}\s?\d", text))
        what = f"{self.marker!r} with a number"
        return miscounted(self, counted, what, "too few sections", "too many sections")


class Title(Record, frozen=True, kw_only=True, tag_field="follows", tag="title"):
    """A title between double angle brackets, ``<<so>>``, on one line."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        for line in text.split("\n"):
            start, end = line.find("<<"), line.rfind(">>")
            if 0 <= start < end and line[start:end].strip("<> \t"):
                return None
        return Broken(reason="no title as in <<title>>", symptom="title missing")


class Placeholders(Bounds, frozen=True, kw_only=True, tag_field="follows", tag="placeholders"):
    """So many placeholders in square brackets, ``[address]``."""

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        counted = len(_PLACEHOLDER.findall(text))
        return miscounted(self, counted, "placeholders", "too few placeholders", "too many placeholders")


class Postscript(Record, frozen=True, kw_only=True, tag_field="follows", tag="postscript"):
    """A line that begins with a marker such as ``P.S.``; letters' case and spaces in it don't count."""

    marker: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")] = "P.S."

    def broken(self, text: str) -> Broken | None:
        """Return what is wrong."""
        letters = r"[^\S\n]?".join(re.escape(letter) for letter in "".join(self.marker.split()))
        if re.search(rf"^{_DECORATION}{letters}", text, re.IGNORECASE | re.MULTILINE):
            return None
        return Broken(reason=f"no line begins with {self.marker!r}", symptom="postscript missing")
