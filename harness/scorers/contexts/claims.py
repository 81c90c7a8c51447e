"""What an answer claims, sentence by sentence, each with what it cites.

Lists and lines of tables are taken apart. Left out are headings, questions, sentences that end in a colon, those of
fewer than three words, and those that say that the context doesn't hold something.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from harness.scorers.contexts.absent import says_absent
from harness.scorers.contexts.citations import Citation, citations_in
from harness.scorers.following.sentences import sentences
from harness.scorers.reading.words import words

LONGEST_READ = 100_000
"""Characters of an answer that are taken apart."""
FEWEST_WORDS = 3
_FIRST_MARK, _MARKS = 0xF0000, 60_000
"""Characters of a private plane of Unicode, which stand for citations while sentences are looked for."""
_MARK = "[\U000f0000-\U000fea5f]"
_END = r"(?<![.!?\u2026\u3002\uff01\uff1f])([.!?\u2026\u3002\uff01\uff1f]++[\"'\u201d\u2019\u00bb]*+)"
_AT_LINE_END = re.compile(rf"{_END}((?:[ \t]*+{_MARK})++)[ \t]*+(?=\n|\Z)")
_TOUCHING = re.compile(rf"{_END}({_MARK}++)")
_LEADING = re.compile(rf"((?:{_MARK}\s*+)++)")
_BLOCK = re.compile(r"\n\s*\n|\n(?=[^\S\n]*(?:[-*\u2022|]|\d{1,3}[.)]\s|#))")
_BULLET = re.compile(r"\s*(?:[-*\u2022]|\d{1,3}[.)])\s+")


class Claim(NamedTuple):
    """A sentence without its citations, and the names of the passages that it cites."""

    text: str
    ids: tuple[str, ...]


def claims_of(answer: str, ids: Collection[str] = ()) -> tuple[Claim, ...]:
    """Return what an answer claims; ``ids`` are the names of the passages. Of an answer of a few words they are all.

    A citation right after the end of a sentence, or between two of which the first has none, belongs to the first one.

    >>> claims_of("It rains today. [1] Take an umbrella [2].", ["1", "2"])
    (Claim(text='It rains today.', ids=('1',)), Claim(text='Take an umbrella.', ids=('2',)))
    """
    text = re.sub(rf"(?:{_MARK}|[^\S\n])++", " ", answer[:LONGEST_READ])  # long runs would take minutes
    text = re.sub(r"\n(?: ?\n)++", "\n\n", text)
    found = list(citations_in(text, ids))[:_MARKS]
    marked = _with_marks(text, found)
    parts = [part for block in _BLOCK.split(marked) for part in _sentences(block)]
    claims = [Claim(_plain(part), _cited(part, found)) for part in parts]
    held = tuple(claim for claim in claims if _is_claim(claim.text))
    if held or any(map(_leaves_open, parts)):
        return held
    rest = Claim(_plain(marked), _cited(marked, found))
    return (rest,) if words(rest.text) else ()


def _with_marks(text: str, found: list[Citation]) -> str:
    """Return a text with one character for each citation, those after the end of a sentence moved into it."""
    pieces, last = [], 0
    for number, one in enumerate(found):
        pieces += [text[last : one.start], chr(_FIRST_MARK + number)]
        last = one.end
    marked = "".join([*pieces, text[last:]])
    return _TOUCHING.sub(r"\2\1", _AT_LINE_END.sub(r"\2\1", marked))


def _sentences(block: str) -> list[str]:
    parts = sentences(_BULLET.sub("", block, count=1) if _BULLET.match(block) else block)
    for place in range(1, len(parts)):
        leading = _LEADING.match(parts[place])
        if leading and not re.search(_MARK, parts[place - 1]):
            parts[place - 1] += leading[1].strip()
            parts[place] = parts[place][leading.end() :]
    return parts


def _is_claim(text: str) -> bool:
    if text.startswith("#") or text.rstrip("*_ ").endswith(("?", "\uff1f", ":", "\uff1a")):
        return False
    return len(words(text)) >= FEWEST_WORDS and not says_absent(text)


def _leaves_open(part: str) -> bool:
    return says_absent(_plain(part))


def _cited(part: str, found: list[Citation]) -> tuple[str, ...]:
    marks = re.findall(_MARK, part)
    return tuple(dict.fromkeys(name for mark in marks for name in found[ord(mark) - _FIRST_MARK].ids))


def _plain(part: str) -> str:
    return re.sub(rf"\s*+{_MARK}", "", part).strip()
