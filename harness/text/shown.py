"""Foreign text made safe for a page: in pieces, with its hidden characters named, and what differs marked.

Nothing here escapes HTML: pieces are plain text, and the template's autoescape does that.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Literal

from harness.records.record import Record
from harness.text.hidden import is_hidden, is_visible, named
from harness.text.visible import hide_paths

ANSWER_LIMIT = 4_000
NOTE_LIMIT = 1_000
PLENTY = 1 << 20
"""A limit in bytes that no text of ``ANSWER_LIMIT`` characters reaches."""
HIDDEN_BYTES = 45
"""Bytes of the page that the name of one hidden character takes."""
DIFF_TOKENS = 240
DIFF_LIKENESS = 0.35

PieceKind = Literal["plain", "changed", "control"]


class Piece(Record, frozen=True, kw_only=True):
    """A stretch of text of one kind; ``control`` names one character that could not be seen."""

    text: str
    kind: PieceKind


class Shown(Record, frozen=True, kw_only=True):
    """Text ready for a page: its pieces, and how many characters were left out at the end."""

    pieces: tuple[Piece, ...]
    left_out: int = 0

    @property
    def text(self) -> str:
        """The pieces in one line of plain text."""
        return "".join(piece.text for piece in self.pieces)


def show(text: str, limit: int = ANSWER_LIMIT, page_bytes: int = PLENTY) -> Shown:
    r"""Return at most ``limit`` characters of ``text``, and ``page_bytes`` in the page, its hidden characters named.

    >>> show("a\x1b[31m").text
    'a⟨ESC⟩[31m'
    """
    fits = fitting(text[:limit], page_bytes)
    return Shown(pieces=_pieces(text[:fits], "plain"), left_out=len(text) - fits)


def fitting(text: str, page_bytes: int) -> int:
    """Return how many characters of ``text`` fit into ``page_bytes`` of the page, where ``"`` alone takes five.

    >>> fitting("plain", 3), fitting('"quoted"', 12), fitting("plain", 99)
    (3, 6, 5)
    """
    from markupsafe import escape

    end = min(len(text), page_bytes)
    while end:
        head = text[:end]
        size = len(escape(head).encode(errors="replace"))
        if not is_visible(head):
            size += HIDDEN_BYTES * sum(not is_visible(character) for character in head.replace("\n", ""))
        if size <= page_bytes:
            break
        end = min(end - 1, end * page_bytes // size)
    return end


def show_both(baseline: str, candidate: str, page_bytes: int = PLENTY) -> tuple[Shown, Shown]:
    """Return both texts; where they are short and alike enough for it to help, the words that differ are marked."""
    left, right = _words(baseline), _words(candidate)
    plain = show(baseline, page_bytes=page_bytes), show(candidate, page_bytes=page_bytes)
    if baseline == candidate or not left or not right or max(len(left), len(right)) > DIFF_TOKENS:
        return plain
    if plain[0].left_out or plain[1].left_out:
        return plain
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < DIFF_LIKENESS:
        return plain
    equal = [block for block in matcher.get_matching_blocks() if "".join(left[block.a : block.a + block.size]).strip()]
    return (
        _marked(left, [(block.a, block.a + block.size) for block in equal]),
        _marked(right, [(block.b, block.b + block.size) for block in equal]),
    )


def fact(text: str, limit: int = NOTE_LIMIT) -> str:
    """Return a fact of the run in one string: no absolute path, no hidden character, at most ``limit`` characters.

    >>> fact("no file /home/ada/runs/7/log.txt")
    'no file …/log.txt'
    """
    whole = len(text)
    text = show(hide_paths(text[: 4 * limit]), limit).text
    return f"{text} … ({whole - limit:,} more characters)" if whole > limit else text


def _marked(words: Sequence[str], equal: Sequence[tuple[int, int]]) -> Shown:
    """Mark everything outside the stretches that are equal."""
    pieces: list[Piece] = []
    last = 0
    for start, end in [*equal, (len(words), len(words))]:
        pieces += _pieces("".join(words[last:start]), "changed") + _pieces("".join(words[start:end]), "plain")
        last = end
    return Shown(pieces=tuple(pieces))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\W+", text[: ANSWER_LIMIT + 1])


def _pieces(text: str, kind: PieceKind) -> tuple[Piece, ...]:
    text = text.replace("\r\n", "\n")
    if not text:
        return ()
    if is_visible(text.replace("\n", "")):
        return (Piece(text=text, kind=kind),)
    found, start = [], 0
    for place, character in enumerate(text):
        if not is_hidden(character, text[place - 1 : place], text[place + 1 : place + 2]):
            continue
        if place > start:
            found.append(Piece(text=text[start:place], kind=kind))
        found.append(Piece(text=named(character), kind="control"))
        start = place + 1
    if start < len(text):
        found.append(Piece(text=text[start:], kind=kind))
    return tuple(found)
