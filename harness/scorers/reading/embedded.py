"""Readers of the JSON in an answer that says more: which of its objects is the answer.

Reasoning is skipped. Of the complete objects and arrays those count that the system's and the user's messages don't
hold, then those that they do; objects, and arrays that hold one or are on lines of their own, before other arrays;
empty ones last. ``[1]`` in a sentence is a citation, and ``[]`` after an equals sign is code: both count on lines of
their own alone.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Sequence

from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.scorers.reading.json_values import AmbiguousJson, NotJson, parse_json, same_value
from harness.scorers.reading.pieces import find_pieces
from harness.scorers.reading.readers import whole
from harness.scorers.reading.reasoning import without_tags
from harness.text.visible import quoted

MOST_PIECES = 1000
"""Different objects and arrays in one answer; no honest one has as many, and each is searched for in the prompt."""
_PROMPTS_REMEMBERED = 64
_INDENT = 100
_LONE_NUMBER = re.compile(r"\[\s*\d+\s*\]")
_NO_OBJECT = re.compile(r"\[[^{]*\]|\{\s*\}")
_CODE_BEFORE = re.compile(r"(?:[=(]\s*|[\w)\]]|\b(?:return|else)\s+)\Z")
_DECORATION = " \t\r*_`"
_LINE_ENDS = re.compile(rf"[{_DECORATION}]*(?:\n|\Z)")


class _Piece(Record, frozen=True, kw_only=True):
    text: str
    value: Json
    alone: bool
    """Whether it is on lines of its own."""


def embedded_json(text: str, asked: Sequence[Message] = ()) -> str:
    """Return the JSON object or array in the answer; the whole answer when there is none.

    The same object twice is one. An answer with two different ones is refused: a reader would have to guess.
    ``asked`` are the messages of the case; what is quoted from them is no answer where there is another.

    Raises:
        AmbiguousJson: there are two different ones.
        NotJson: after the last one another begins that is not complete.

    >>> embedded_json('Sure! {"queue": "bug"} Anything else?')
    '{"queue": "bug"}'
    """
    return _choose(text, asked, _the_only_one)


def last_json(text: str, asked: Sequence[Message] = ()) -> str:
    """Return the last JSON object or array in the answer, for models that write a draft first.

    All else is as with ``embedded_json``.

    Raises:
        NotJson: after the last one another begins that is not complete.

    >>> last_json('Draft: {"queue": "bug"} Final: {"queue": "outage"}')
    '{"queue": "outage"}'
    """
    return _choose(text, asked, lambda pieces: pieces[-1].text)


def _choose(text: str, asked: Sequence[Message], pick: Callable[[Sequence[_Piece]], str]) -> str:
    found = find_pieces(text)
    places = [place for place in found.complete if not _is_aside(text, *place)]
    if not places:
        return whole(text)
    if found.broken > places[-1][1]:
        raise NotJson(f"after the last complete JSON another begins, which breaks off at character {found.broken + 1}")
    alone: dict[str, bool] = {}
    for start, end in places:
        alone[text[start:end]] = alone.get(text[start:end], False) or _is_alone(text, start, end)
    if len(alone) > MOST_PIECES:
        raise AmbiguousJson(f"more than {MOST_PIECES:,} different JSON texts; nothing says which counts")
    last = text[slice(*places[-1])]
    if not (final := _parsed(last, alone=alone.pop(last))):
        return last  # its parser says what is wrong with it
    read = [piece for other in alone if (piece := _parsed(other, alone=alone[other]))]
    return pick(_foremost([*read, final], asked))


def _the_only_one(pieces: Sequence[_Piece]) -> str:
    last = pieces[-1]
    for other in pieces:
        if not same_value(other.value, last.value):
            raise AmbiguousJson(
                f"two different JSON values, {quoted(other.text)} and {quoted(last.text)}; nothing says which counts"
            )
    return last.text


def _foremost(pieces: Sequence[_Piece], asked: Sequence[Message]) -> Sequence[_Piece]:
    """Return the pieces that count, in order."""
    filled = [piece for piece in pieces if piece.value]
    if len(filled) < 2:
        return filled or pieces
    prompt = tuple(message.text for message in asked if message.role != "assistant")
    own = [piece for piece in filled if not _is_quoted(piece, prompt)]
    system = tuple(message.text for message in asked if message.role == "system")
    known = set().union(*(_keys(piece.value) for piece in own))
    examples = [piece for piece in filled if _is_example_given(piece, system, known)] if own else filled
    chosen = {piece.text for piece in (*own, *examples)}
    counted = [piece for piece in filled if piece.text in chosen]
    return [piece for piece in counted if _holds_object(piece.value) or _is_answer_array(piece)] or counted


def _is_example_given(piece: _Piece, system: tuple[str, ...], known: set[str]) -> bool:
    """Tell whether an example of the system's message may be the answer: no other piece has any of its keys."""
    return piece.alone and known.isdisjoint(_keys(piece.value)) and _is_quoted(piece, system)


def _is_answer_array(piece: _Piece) -> bool:
    return piece.alone and not _LONE_NUMBER.fullmatch(piece.text)


def _keys(value: Json) -> set[str]:
    return {key for inner in _containers(value) if isinstance(inner, dict) for key in inner}


def _is_quoted(piece: _Piece, prompt: tuple[str, ...]) -> bool:
    return any(piece.text in message for message in prompt) or _written(piece.value) in _values_of(prompt)


@functools.lru_cache(maxsize=_PROMPTS_REMEMBERED)
def _values_of(prompt: tuple[str, ...]) -> frozenset[str]:
    """Return every object and array in some messages, also those inside others."""
    values: set[str] = set()
    for message in map(without_tags, prompt):
        for start, end in find_pieces(message).complete:
            if piece := _parsed(message[start:end], alone=False):
                values.update(map(_written, _containers(piece.value)))
    return frozenset(values)


def _containers(value: Json) -> Iterator[Json]:
    """Yield a value and all inside of it that is an object or an array."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


def _parsed(text: str, *, alone: bool) -> _Piece | None:
    try:
        return _Piece(text=text, value=parse_json(text), alone=alone)
    except NotJson:
        return None


def _written(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _holds_object(value: Json) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(inner, dict) for inner in value))


def _is_aside(text: str, start: int, end: int) -> bool:
    """Tell whether an array or ``{}`` is a citation or a part of code: no object is in it, and its line holds more."""
    piece = text[start:end]
    if not _NO_OBJECT.fullmatch(piece) or _is_alone(text, start, end):
        return False
    return bool(_CODE_BEFORE.search(text[max(0, start - _INDENT) : start]) or _LONE_NUMBER.fullmatch(piece))


def _is_alone(text: str, start: int, end: int) -> bool:
    indent = text[max(0, start - _INDENT) : start].rstrip(_DECORATION)
    return (not indent or indent.endswith("\n")) and bool(_LINE_ENDS.match(text, end))
