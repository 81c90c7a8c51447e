r"""Regular expressions as ECMA 262 means them, and which of two engines searches for each.

The linear engine of jsonschema-rs takes no look-around and no back-reference, and reads ``\b`` as Unicode does. Its
other engine, fancy-regex 0.20, finds ``a+b*a+`` in "a". So regress, made for ECMA 262, searches for what is not linear.
"""

import functools
import re
import string
from typing import NamedTuple

_DIGIT, _WORD = "0-9", "A-Za-z0-9_"
_SPACE = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_DIGIT = r"\x00-\x2f\x3a-\u{10ffff}"
_NO_WORD = r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\u{10ffff}"
_NO_SPACE = (
    r"\x00-\x08\x0e-\x1f\x21-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
    r"\u3001-\ufefe\uff00-\u{10ffff}"
)
_SETS = {"d": _DIGIT, "D": _NO_DIGIT, "w": _WORD, "W": _NO_WORD, "s": _SPACE, "S": _NO_SPACE}
_ANY, _NONE, _IN_LINE = r"[\x00-\u{10ffff}]", r"[^\x00-\u{10ffff}]", r"[^\n\r\u2028\u2029]"
_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\(?:u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c[A-Za-z]|[pP]\{[^}]*\}|k<[^>]*>|[1-9][0-9]*|.)"
    r"|\(\?(?:[:=!]|<[=!]|<[^>]*>)|.",
    re.DOTALL,
)
_PLAIN = frozenset("^$\\.*+?()[]{}|/")
"""What a backslash takes the meaning from in ECMA 262. Other punctuation after one is itself, as on the web."""


class Pattern(NamedTuple):
    """A regular expression of ECMA 262, in which nothing is left to an engine's own meaning."""

    text: str
    linear: bool
    """Whether the linear engine takes it; regress does otherwise."""


@functools.cache
def read_pattern(written: str) -> Pattern:
    r"""Return a pattern of a schema in a form that both engines read alike.

    >>> read_pattern(r"^\d+[^\w]$")
    Pattern(text='^[0-9]+[^A-Za-z0-9_]$', linear=True)

    Raises:
        ValueError: it is not a regular expression of ECMA 262.
    """
    if not _is_ecma(written):
        raise ValueError("is not a regular expression of ECMA 262 with its flag u")
    pieces = _PIECE.findall(written)
    _refuse_unsure(pieces)
    found, place, edges = list[str](), 0, False
    while place < len(pieces):
        piece = pieces[place]
        if piece == "[":
            text, place = _class(pieces, place + 1)
        else:
            text, place = _outside(piece), place + 1
        edges = edges or piece in {r"\b", r"\B"}
        found.append(text)
    text = "".join(found)
    return Pattern(text, linear=not edges and _is_linear(text))


def _refuse_unsure(pieces: list[str]) -> None:
    """Refuse what regress reads in its own way, found by comparing it with another engine of ECMA 262."""
    opened, groups, in_class = list[set[str]](), 0, False
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if in_class or piece == "[":
            in_class = piece != "]"
        elif piece == "(" and following == "?":
            raise ValueError("has a group with flags, which is not supported")
        elif piece[0] == "(":
            name = piece[3:-1] if piece.endswith(">") else ""
            groups += piece == "(" or bool(name)
            opened.append({rf"\{groups}", rf"\k<{name}>"} if piece == "(" or name else set())
        elif piece == ")":
            opened.pop()
        elif any(piece in names for names in opened):
            raise ValueError(
                f"has the back-reference {piece} inside the group that it refers to, which is not supported"
            )


def _outside(piece: str) -> str:
    if piece == ".":
        return _IN_LINE
    if piece[0] == "\\" and piece[1:] in _SETS:
        return f"[{_SETS[piece[1:]]}]"
    return _escape(piece)


def _class(pieces: list[str], place: int) -> tuple[str, int]:
    """Return a class between brackets, and the place after it."""
    negated = pieces[place] == "^"
    place += negated
    inside = list[str]()
    while pieces[place] != "]":
        piece = pieces[place]
        if pieces[place + 1] == "-" and pieces[place + 2] != "]":
            inside.append(f"{_member(piece)}-{_member(pieces[place + 2])}")
            place += 3
        else:
            inside.append(_member(piece))
            place += 1
    if not inside:
        return (_ANY if negated else _NONE), place + 1
    return f"[{'^' * negated}{''.join(inside)}]", place + 1


def _member(piece: str) -> str:
    if piece[0] == "\\" and piece[1:] in _SETS:
        return _SETS[piece[1:]]
    if piece == r"\b":
        return r"\x08"
    if piece in string.punctuation and len(piece) == 1:
        return f"\\x{ord(piece):02x}"
    return _escape(piece)


def _escape(piece: str) -> str:
    if piece == r"\0":
        return r"\x00"
    if piece.startswith(r"\u") and piece.count("\\") == 2:  # two halves of a character
        return f"\\u{{{0x10000 + (int(piece[2:6], 16) - 0xD800) * 0x400 + int(piece[8:], 16) - 0xDC00:x}}}"
    if piece.startswith(r"\c"):
        return f"\\x{ord(piece[2]) % 32:02x}"
    if piece[0] == "\\" and len(piece) == 2 and piece[1] in string.punctuation and piece[1] not in _PLAIN:
        return f"\\x{ord(piece[1]):02x}"
    return piece


def _is_ecma(text: str) -> bool:
    from jsonschema_rs import validator_for

    return validator_for({"format": "regex"}, validate_formats=True).is_valid(text)


def _is_linear(text: str) -> bool:
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for({"pattern": text}, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError:
        return False
    return True
