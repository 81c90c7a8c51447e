"""Foreign text made safe to show: ``show`` and ``fact`` for pages, ``for_terminal`` and ``quoted``, Markdown, CSV.

Nothing here escapes HTML: pieces are plain text, and the template's autoescape does that. A judge's tokenizer is the
fifth reader; scorers/judges/material.py speaks to it.
"""

import difflib
import errno
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from harness.errors import HarnessError
from harness.records.record import Json, Record

LONGEST_EXCERPT = 80
"""Characters."""

LONGEST = 120
"""Most characters of a name or a reason that came from outside."""

ANSWER_LIMIT = 4_000
NOTE_LIMIT = 1_000
PLENTY = 1 << 20
"""A limit in bytes that no text of ``ANSWER_LIMIT`` characters reaches."""
HIDDEN_BYTES = 45
"""Bytes of the page that the name of one hidden character takes."""
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a spreadsheet can read as the start of a formula, in half and full width, or what can hide one."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no cell of a spreadsheet holds."""
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point: what leaves no mark on the page."""
EMOJI_MARKS = "\u203c\u2049\u2139\u3030"
"""Emoji that are not symbols by their category."""
DIFF_TOKENS = 240
DIFF_LIKENESS = 0.35
ABSOLUTE_PATH = re.compile(
    r"(?:file://|(?<![\w.:/\\~…-]))/(?:[^\s/\\:'\"<>|,;()\[\]{}]+/)+([^\s/\\:'\"<>|,;()\[\]{}]*)"
    r"|\b[A-Za-z]:\\(?:[^\s\\'\"<>|,;]+\\)+([^\s\\'\"<>|,;]*)"
)
NAMES = {
    "\x00": "NUL",
    "\x07": "BEL",
    "\x08": "BS",
    "\r": "CR",
    "\x1b": "ESC",
    "\x7f": "DEL",
    "\u200b": "ZWSP",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}

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
        if not _is_visible(head):
            size += HIDDEN_BYTES * sum(not _is_visible(character) for character in head.replace("\n", ""))
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


def hide_paths(text: str) -> str:
    """Replace each absolute path by its last part, so that no user name or home folder is left."""
    return ABSOLUTE_PATH.sub(lambda match: f"…/{match.group(1) or match.group(2) or ''}".rstrip("/"), text)


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
    if _is_visible(text.replace("\n", "")):
        return (Piece(text=text, kind=kind),)
    found, start = [], 0
    for place, character in enumerate(text):
        if not _is_hidden(character, text[place - 1 : place], text[place + 1 : place + 2]):
            continue
        if place > start:
            found.append(Piece(text=text[start:place], kind=kind))
        found.append(Piece(text=_named(character), kind="control"))
        start = place + 1
    if start < len(text):
        found.append(Piece(text=text[start:], kind=kind))
    return tuple(found)


def _named(character: str) -> str:
    return f"⟨{NAMES.get(character, f'U+{ord(character):04X}')}⟩"


def _is_visible(text: str) -> bool:
    return text.isprintable() and not IGNORABLE.search(text)


def _is_hidden(character: str, before: str, after: str) -> bool:
    if character in "\n\t" or " " <= character <= "~":
        return False
    if character in "\u200c\u200d" and before > "\x7f":
        return False  # joiners belong to emoji and to several scripts
    if character in "\ufe0e\ufe0f" and _is_emoji(before, after):
        return False
    return bool(IGNORABLE.match(character)) or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_emoji(character: str, second_after: str) -> bool:
    """Tell whether a character can be told to look like text or in colour: a symbol, or what a keycap is put around."""
    if character <= "\x7f":
        return character != "" and character in "0123456789#*" and second_after == "\u20e3"
    return character in EMOJI_MARKS or unicodedata.category(character) in {"So", "Sm", "Sk"}


def for_terminal(text: str, limit: int | None = LONGEST) -> str:
    r"""Return foreign text on one line; what a terminal could obey, or what could mislead a reader, becomes an escape.

    At most ``limit`` characters are kept, including three dots at the end; with None, nothing is cut.

    >>> for_terminal("no\x1b[31m such\n  model"), for_terminal("abcdefgh", 6)
    ('no\\x1b[31m such model', 'abc...')
    """
    line = " ".join(filter(None, (part.strip() for part in text.splitlines())))
    line = _escaped(line)
    return line if limit is None or len(line) <= limit else f"{line[: limit - 3]}..."


def lines_for_terminal(text: str) -> list[str]:
    r"""Return foreign text line by line, with the white space of each line as it is, and what can't be seen as escapes.

    >>> lines_for_terminal("def f():\n    return\x1b[31m")
    ['def f():', '    return\\x1b[31m']
    """
    return [_escaped(line) for line in text.split("\n")]


def _escaped(line: str) -> str:
    """Return a line with everything that can't be seen as an escape."""
    if _is_visible(line):
        return line
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if not char.isprintable() or _is_hidden(char, line[place - 1 : place], line[place + 1 : place + 2])
        else char
        for place, char in enumerate(line)
    )


FULL = (errno.ENOSPC, errno.EDQUOT)


def error_in_words(problem: Exception) -> str | None:
    """Return the words of an error that its reader can fix, each line safe for a terminal; None for any other error.

    A name that is too long for the file system can come from any setting, so it is one of them. So is a full disk under
    something that is written without a name, such as the standard output.
    """
    if isinstance(problem, HarnessError):
        return "\n".join(lines_for_terminal(str(problem).expandtabs()))
    if isinstance(problem, OSError) and problem.errno == errno.ENAMETOOLONG:
        return f"{for_terminal(str(problem.filename))}: {problem.strerror}"
    if isinstance(problem, OSError) and problem.errno in FULL and problem.filename is None:
        return f"could not write: {problem.strerror}; make room, and run the command again"
    return None


def quoted(value: Json, limit: int | None = LONGEST_EXCERPT) -> str:
    r"""Return the start of a value between quotes for a terminal, so that a reader sees where it begins and ends.

    >>> quoted("two\nlines"), quoted(["no", None], 6)
    ("'two\\nlines'", '["no",...')
    """
    text = value if isinstance(value, str) else json.dumps(value)
    start = text if limit is None or len(text) <= limit else f"{text[:limit]}..."
    return _escaped(repr(start)) if isinstance(value, str) else start


def for_markdown(text: str) -> str:
    r"""Return text that GitHub shows as it is: no markup, no link, no mention, no new line.

    An "@", the "#" of an issue's number and "GH-" are looked for in the page that GitHub makes, so that no escape
    helps: a character without width follows them.

    >>> for_markdown("a|b <script> [x](y) @all #12")
    'a\\|b &lt;script&gt; \\[x\\]\\(y\\) &#64;&#8203;all \\#&#8203;12'
    """
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    text = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", text)
    text = text.replace("\\#36;", "#36;").replace("://", "&#58;//").replace("www.", "www&#46;")
    text = re.sub(r"(\\#|\bgh-)(?=\d)", r"\1&#8203;", text, flags=re.IGNORECASE)
    return text.replace("@", "&#64;&#8203;")


def for_csv(text: str) -> str:
    r"""Return a cell that no spreadsheet takes for a formula: an apostrophe is put before what could be one.

    Control characters other than tabs and ends of lines are named.

    >>> for_csv("=1+1"), for_csv("refund-031"), for_csv("\x1b[31m")
    ("'=1+1", 'refund-031', '⟨ESC⟩[31m')
    """
    text = CONTROL.sub(lambda found: _named(found[0]), text)
    return f"'{text}" if text.startswith(FORMULA) else text
