"""Where JSON is in a text of any kind: its complete objects and arrays, and what was begun and never completed."""

import re
from typing import NamedTuple

from harness.records.record import Record
from harness.scorers.reading.reasoning import REASONING_TAG, end_of_reasoning

_OPENING = r"""\{(?=[ \t\n\r]*+["}])|\[(?=[ \t\n\r]*+[]{["0-9IiNnTtFf-])(?!THINK\])"""
"""Most brackets in prose are not even the start of JSON."""
_LOOSE = (
    r"""(?P<loose>\{(?=[ \t\n\r]*+(?:'[^'\n]{0,100}+'|(?<![\w}]\{)[a-z_][\w-]{0,100}+)[ \t\n\r]*+"""
    r""":[ \t\n\r]*+["'\w{[-])|(?<![\w)\]])\[(?=[ \t\n\r]*+'[^'\n]{0,500}+'[ \t\n\r]*+[],]))"""
)
"""What was meant as JSON and is not: Python's quotes, or keys without any."""
_MARK = re.compile(rf"{_OPENING}|{_LOOSE}|{REASONING_TAG}", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r]*+")
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:(?P<mark>[{}\[\]:,])
    |(?P<string>"(?:[^"\\]++|\\.)*+")
    |(?P<plain>-?[0-9][0-9.eE+-]*+|-?Infinity|NaN|[Tt]rue|[Ff]alse|null|None))""",
    re.VERBOSE | re.DOTALL,
)
_KEY_BEFORE = re.compile(r'"[ \t\n\r]*:[ \t\n\r]*\Z')
_LOOSE_KEY_BEFORE = re.compile(r"['\w][ \t\n\r]*:[ \t\n\r]*\Z")
_MEMBER_AFTER = re.compile(r"""[ \t\n\r]*+,[ \t\n\r]*+["']?+[\w-]++["']?+[ \t\n\r]*+:""")
_LABEL_BEFORE = re.compile(r"\[[ \t\n\r]*[\w ]+:[ \t\n\r]*\Z")
_REACH = 100
"""Characters before a piece in which a key is looked for."""
_VALUE: tuple[str, ...] = ("{", "[", "string", "plain")
_FIRST_VALUE: tuple[str, ...] = (*_VALUE, "]")
_KEY: tuple[str, ...] = ("string",)
_FIRST_KEY: tuple[str, ...] = ("string", "}")
_COLON: tuple[str, ...] = (":",)
_AFTER = {"{": (",", "}"), "[": (",", "]")}


class Pieces(Record, frozen=True, kw_only=True):
    """The complete objects and arrays of a text as (start, end), in order, none inside another."""

    complete: tuple[tuple[int, int], ...]
    broken: int
    """Where the last object that was begun with a key can't be continued, such as at the end of a cut answer or at
    a key in single quotes; -1 for none."""


class _Walk(NamedTuple):
    """From an opening bracket to its end, or to the first place where JSON can't continue."""

    closed: bool
    stop: int
    brackets: tuple[int, ...]
    """Every opening bracket on the way, outside of strings."""
    has_key: bool


def find_pieces(text: str) -> Pieces:
    """Return the JSON of a text outside of reasoning. Takes time linear in its length.

    Where brackets turn out not to be JSON, only those inside of what looked like strings are tried again: one that is
    outside of strings is still open where the walk stopped, or is a part of one that is. So each place is walked over
    once as a part of a string, and once not. The parser checks what is inside strings and numbers.
    """
    complete: list[tuple[int, int]] = []
    tried: set[int] = set()
    broken = loose = -1
    position = 0
    while mark := _MARK.search(text, position):
        position = mark.end()
        if mark["begins"]:
            position = end_of_reasoning(text, position)
        elif mark["ends"]:  # the prompt began this reasoning
            complete, broken, loose = [], -1, -1
        elif mark["loose"]:
            loose = mark.end()
        elif mark.start() not in tried:
            walk = _walk(text, mark.start())
            if not walk.closed:
                tried.update(walk.brackets)
                broken = max(broken, walk.stop) if walk.has_key else broken
                continue
            position = walk.stop
            if (walk.has_key or broken < 0) and not _is_part(text, mark.start(), walk.stop, broken, loose):
                complete.append((mark.start(), walk.stop))
    return Pieces(complete=tuple(complete), broken=max(broken, loose))


def _is_part(text: str, start: int, end: int, broken: int, loose: int) -> bool:
    """Tell whether a complete piece belongs to something that is not JSON, as in ``{say: [1]}``."""
    following = _SPACE.match(text, end).end()  # type: ignore[union-attr]
    before = text[max(0, start - _REACH) : start]
    closing = text[following : following + 1]
    closes = closing == "}" or (closing == "]" and not _LABEL_BEFORE.search(before))
    if closes and before.rstrip()[-1:] not in ("{", "["):
        return True
    member = loose >= 0 and _LOOSE_KEY_BEFORE.search(before) and _MEMBER_AFTER.match(text, end)
    return bool(member or (broken >= 0 and _KEY_BEFORE.search(before)))


def _walk(text: str, position: int) -> _Walk:
    opened: list[str] = []
    brackets: list[int] = []
    wanted = _VALUE
    has_key = False
    while token := _TOKEN.match(text, position):
        kind = token["mark"] or token.lastgroup or ""
        if kind not in wanted:
            return _Walk(closed=False, stop=token.start(token.lastgroup or 0), brackets=(*brackets,), has_key=has_key)
        position = token.end()
        if kind in ("{", "["):
            opened.append(kind)
            brackets.append(position - 1)
            wanted = _FIRST_KEY if kind == "{" else _FIRST_VALUE
        elif kind == ",":
            wanted = _KEY if opened[-1] == "{" else _VALUE
        elif kind == ":":
            wanted = _VALUE
            has_key = True
        elif wanted in (_KEY, _FIRST_KEY) and kind == "string":
            wanted = _COLON
        else:
            if kind in ("}", "]"):
                opened.pop()
            if not opened:
                return _Walk(closed=True, stop=position, brackets=(*brackets,), has_key=has_key)
            wanted = _AFTER[opened[-1]]
    stop = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    stop = len(text) if text[stop : stop + 1] == '"' else stop
    return _Walk(closed=False, stop=stop, brackets=(*brackets,), has_key=has_key)
