"""Readers: which part of an answer a scorer looks at. A suite names one; by default the answer is read as it is.

A reader is a plain function from text to text, so a suite can bring its own.
"""

import re
from collections.abc import Callable

from harness.errors import ScorerError

Reader = Callable[[str], str]

_FENCE = re.compile(r"(`{3,}|~{3,})")
_OPENING = re.compile(r"[{\[]")
_SPACE = re.compile(r"[ \t\n\r]*+")
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:(?P<mark>[{}\[\]:,])
    |(?P<string>"(?:[^"\\]++|\\.)*+")
    |(?P<plain>-?[0-9][0-9.eE+-]*+|-?Infinity|NaN|[Tt]rue|[Ff]alse|null|None))""",
    re.VERBOSE | re.DOTALL,
)
_VALUE: tuple[str, ...] = ("{", "[", "string", "plain")
_FIRST_VALUE: tuple[str, ...] = (*_VALUE, "]")
_KEY: tuple[str, ...] = ("string",)
_FIRST_KEY: tuple[str, ...] = ("string", "}")
_COLON: tuple[str, ...] = (":",)
_AFTER = {"{": (",", "}"), "[": (",", "]")}


def whole(text: str) -> str:
    """Return the answer as it is, without white space at its ends."""
    return text.strip()


def unfenced(text: str) -> str:
    r"""Return what is inside the code fence when the whole answer is one fence, else the whole answer.

    >>> unfenced('```json\n{"queue": "bug"}\n```')
    '{"queue": "bug"}'
    """
    first, *rest = whole(text).split("\n")
    fence = _FENCE.match(first)
    if not fence or not rest or fence[1][0] in first[fence.end() :]:
        return whole(text)
    closing = [place for place, line in enumerate(rest) if _closes(line, fence[1])]
    return whole("\n".join(rest[:-1])) if closing == [len(rest) - 1] else whole(text)


def embedded_json(text: str) -> str:
    """Return the first balanced JSON object or array in the answer; the whole answer when there is none.

    Where brackets turn out not to be JSON, the search continues after that place. JSON that is cut off at the end of
    the answer is not searched for smaller pieces, so a cut answer is not taken for a complete one. Takes time linear
    in the length of the text.

    >>> embedded_json('Sure! {"queue": "bug"} Anything else?')
    '{"queue": "bug"}'
    """
    position = 0
    while opening := _OPENING.search(text, position):
        closed, position = _follow(text, opening.start())
        if closed:
            return text[opening.start() : position]
    return whole(text)


def named(read: Reader) -> Reader:
    """Return the reader if it has a name, which a scorer's repr needs.

    Raises:
        ScorerError: it has none.
    """
    if getattr(read, "__name__", "<lambda>") == "<lambda>":
        raise ScorerError(f"the reader {read!r} has no name to tell it from others; write it with `def`")
    return read


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}


def _follow(text: str, position: int) -> tuple[bool, int]:
    """Follow JSON from an opening bracket to its end, or to the first place where it can't continue.

    Every bracket passed on the way to such a place is still open there, or closed inside one that is, so the search
    continues from that place and no text is read twice. A string that never ends leads to the end of the text. The
    parser checks what is inside strings and numbers, and words that only look like JSON.
    """
    opened: list[str] = []
    wanted = _VALUE
    while token := _TOKEN.match(text, position):
        kind = token["mark"] or token.lastgroup or ""
        if kind not in wanted:
            return False, token.start(token.lastgroup or 0)
        position = token.end()
        if kind in ("{", "["):
            opened.append(kind)
            wanted = _FIRST_KEY if kind == "{" else _FIRST_VALUE
        elif kind == ",":
            wanted = _KEY if opened[-1] == "{" else _VALUE
        elif kind == ":":
            wanted = _VALUE
        elif wanted in (_KEY, _FIRST_KEY) and kind == "string":
            wanted = _COLON
        else:
            if kind in ("}", "]"):
                opened.pop()
            if not opened:
                return True, position
            wanted = _AFTER[opened[-1]]
    stop = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    return False, len(text) if text[stop : stop + 1] == '"' else stop
