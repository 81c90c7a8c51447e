"""Citations in an answer: [1], (1), 【1】, [1, 3], [2-4], and the names of passages in such brackets.

What stands in square brackets is a citation where it is a number of up to three digits, a passage's name, or written
like one (``doc-9`` beside ``doc-1``). Round brackets hold many other things, so there only passages that exist are
cited, and never at the start of a line, where (1) numbers a list.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

LONGEST_RANGE = 50
"""Passages that one range, such as [1-9], can cite."""
_BRACKETS = re.compile(r"\[\^?([^\[\]\n]{1,120})\]|【([^【】\n]{1,120})】|\(([^()\n]{1,120})\)")
_NUMBER = re.compile(
    r"(?:(?:sources?|passages?|documents?|docs?|refs?|references?)[ .]*)?[#^]?(\d{1,3})", re.IGNORECASE
)
_RANGE = re.compile(r"(\d{1,3})\s?[-\u2013]\s?(\d{1,3})")
_LINE_START = re.compile(r"[^\S\n]*(?:[-*\u2022>]\s)?[^\S\n]*")


class Citation(NamedTuple):
    """A place in a text where passages are cited, with their names in small letters."""

    start: int
    end: int
    ids: tuple[str, ...]


def citations_in(text: str, ids: Collection[str]) -> Iterator[Citation]:
    """Yield the citations in a text, in order; ``ids`` are the names of the passages that exist.

    >>> [one.ids for one in citations_in("Yes [1, 9], see (2) and [sic]", ["1", "2"])]
    [('1', '9'), ('2',)]
    """
    known = {one.casefold() for one in ids}
    shapes = {_shape(one) for one in known}
    for found in _BRACKETS.finditer(text):
        square, wide, rounded = found.groups()
        cited = tuple(_cited(square or wide or rounded, known, shapes))
        if not cited or None in cited:
            continue
        if rounded and (not known.issuperset(map(str, cited)) or _begins_line(text, found.start())):
            continue
        yield Citation(found.start(), found.end(), tuple(map(str, cited)))


def _cited(inner: str, known: Collection[str], shapes: set[str]) -> Iterator[str | None]:
    """Yield what is cited in brackets, None for what is no citation."""
    whole = inner.partition("\u2020")[0].strip().casefold()
    if whole in known:
        yield whole
        return
    for part in re.split(r"[,;]", whole):
        one = part.strip()
        if found := _RANGE.fullmatch(one):
            first, last = int(found[1]), int(found[2])
            yield from (str(number) for number in range(first, min(last, first + LONGEST_RANGE) + 1))
            if last < first:
                yield None
        elif one in known or (_shape(one) in shapes - {"0"} and any(map(str.isdigit, one))):
            yield one
        else:
            number = _NUMBER.fullmatch(one)
            yield str(int(number[1])) if number else None


def _shape(name: str) -> str:
    """Return a name with each number as 0, so that ``doc-9`` is written like ``doc-12``."""
    return re.sub(r"\d+", "0", name)


def _begins_line(text: str, place: int) -> bool:
    start = text.rfind("\n", 0, place) + 1
    return place - start < 12 and _LINE_START.fullmatch(text, start, place) is not None
