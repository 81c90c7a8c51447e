"""The sentences of a text."""

import re

_END = re.compile(
    r"(?P<end>[.!?\u2026\u061f\u06d4\u0964\u0965\u1362\u0589]++)(?P<closing>[\"'\u201d\u2019\u00bb)\]*_]*+)(?=\s|\Z)"
    r"|[\u3002\uff01\uff1f\uff61]++[\u300d\u300f\u201d\u2019\uff09\"')\]]*+"
)
"""The end of a sentence: before white space, but in Chinese and Japanese anywhere."""
_OPENING = "([\"'\u201c\u2018\u00ab*_"
_NEXT = re.compile(r"\s*+[\"'\u201c\u2018\u00ab(\[*_]*+(\w?)")
_REACH = 60
"""Characters before a full stop in which its word is looked for."""
_NUMBER = re.compile(r"\d{1,3}|[A-Za-z]|[IVXivx]{1,5}")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")
_TITLE_WORDS = "mr mrs ms dr prof rev gen col capt lt sgt gov sen rep st messrs mme mlle hr fr u.s u.k u.n"
_TITLES = frozenset(_TITLE_WORDS.split())
"""A name follows."""
_SHORT_WORDS = (
    "jr sr vs etc inc ltd co corp approx est dept fig vol pp ca cf al e.g i.e a.m p.m ph.d b.c a.d"
    " jan feb mar apr jun jul aug sep sept oct nov dec bzw usw ggf z.b d.h u.a p.ej"
)
_SHORT = frozenset(_SHORT_WORDS.split())
"""A sentence can end here, if a capital letter follows."""


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, by the marks at their ends; what has none at its end is one too.

    A line's end alone ends no sentence. A full stop ends none after a title, an initial or the number of a list's entry
    (``Dr.``, ``J. Smith``, ``2. Then``), nor after an abbreviation before a small letter. Scripts that write no marks,
    such as Thai, give one sentence.

    >>> sentences("Dr. Smith left at 5 p.m. on Monday. Did he? Yes")
    ['Dr. Smith left at 5 p.m. on Monday.', 'Did he?', 'Yes']
    """
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end["end"] is None or _ends(text, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if any(map(str.isalnum, sentence))]


def _ends(text: str, end: re.Match[str]) -> bool:
    following = _NEXT.match(text, end.end())[1]  # type: ignore[index]
    if end["end"] != ".":
        return not (end["end"][0] in ".\u2026" and following.islower())
    start = max(0, end.start() - _REACH)
    reach = "\n" * (start == 0) + text[start : end.start()]
    before = reach.rsplit(maxsplit=1)[-1].lstrip(_OPENING) if reach[-1:].strip() else ""
    word = before.lower()
    if word in _TITLES or _is_numbering(reach):
        return False
    if word in _SHORT:
        return not following or following.isupper()
    return not following or word == "i" or not _INITIALS.match(before)


def _is_numbering(reach: str) -> bool:
    """Tell whether all that is on the line before a full stop is the number or the letter of a list's entry."""
    _, begins, line = reach.rpartition("\n")
    return bool(begins and _NUMBER.fullmatch(line.strip()))
