"""JSON in answers: parse it strictly, find a field in it, compare two values."""

import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NoReturn

from harness.records.record import Json
from harness.scorers.reading.outcome import NotReadable, Symptom

DEEPEST = 64
"""Levels. No honest answer nests deeper, and code that walks through values stays far below Python's limit."""

MOST_DIGITS = 1_000
"""Digits and decimals of a number that is kept as it is written: arithmetic with many more takes minutes."""


class NotJson(NotReadable):
    """The text is not strict JSON; the message says why. Scorers turn it into a score, with the symptom."""

    symptom: Symptom = "invalid JSON"


class AmbiguousJson(NotJson):
    """The text holds different JSON values, and nothing says which is the answer."""

    symptom: Symptom = "ambiguous JSON"


def parse_json(text: str) -> Json:
    """Return the value of a JSON text.

    Refused beyond the grammar: NaN and Infinity, numbers outside the range of a double, a key that is in an object
    twice, and more than ``DEEPEST`` levels.

    Raises:
        NotJson: the text is refused.
    """
    return _parsed(text, _float_in_range)


def parse_json_exactly(text: str) -> Json:
    """Return the value of a JSON text as ``parse_json`` does, but with a ``Decimal`` for what no double is.

    >>> parse_json_exactly("[0.1, 0.30000000000000000001]")
    [0.1, Decimal('0.30000000000000000001')]

    Raises:
        NotJson: the text is refused.
    """
    return _parsed(text, _as_written)


def on_one_line(value: Json) -> str:
    """Return the JSON text of what ``parse_json_exactly`` returned, with each number as it was written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{on_one_line(key)}:{on_one_line(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(on_one_line, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _parsed(text: str, parse_float: Callable[[str], Json]) -> Json:
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object_of_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=parse_float,
            parse_int=_int_in_range,
        )
    except json.JSONDecodeError as problem:
        raise NotJson(f"{problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    except RecursionError:
        raise NotJson(f"nested deeper than {DEEPEST} levels") from None
    _refuse_depth(value)
    return value


def look_up(value: Json, field: str) -> Json:
    """Return the field at a dotted path; a number steps into an array. Keys are compared in NFC.

    >>> look_up({"lines": [{"price": 3}]}, "lines.0.price")
    3

    Raises:
        LookupError: there is no such field.
    """
    for step in field.split("."):
        if isinstance(value, dict) and (key := _key(value, step)) is not None:
            value = value[key]
        elif isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
            value = value[int(step)]
        else:
            raise LookupError(f"no field `{field}`")
    return value


def _key(value: Mapping[str, Json], step: str) -> str | None:
    """Return the key that a step of a path names: the same one, or the only one that is the same in NFC."""
    if step in value:
        return step
    alike = [key for key in value if _composed(key) == _composed(step)]
    return alike[0] if len(alike) == 1 else None


def same_value(one: Json, other: Json) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, but true is not 1; texts and keys are compared in NFC."""
    if isinstance(one, dict) and isinstance(other, dict):
        ours, theirs = _composed_keys(one), _composed_keys(other)
        if len(ours) < len(one) or len(theirs) < len(other):  # keys that differ in nothing else are told apart
            ours, theirs = one, other
        return ours.keys() == theirs.keys() and all(same_value(ours[key], theirs[key]) for key in ours)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return _composed(one) == _composed(other)
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _composed_keys(value: Mapping[str, Json]) -> dict[str, Json]:
    return {_composed(key): inner for key, inner in value.items()}


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _object_of_unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson(f"the key {twice[:80]!r} is twice in one object")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


def _float_in_range(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotJson("a number is too large for a double")
    return number


def _as_written(digits: str) -> Json:
    number, written = _float_in_range(digits), Decimal(digits)
    if Decimal(repr(number)) == written:
        return number
    if written.adjusted() < -MOST_DIGITS or len(digits) > MOST_DIGITS:
        raise NotJson(f"a number has more than {MOST_DIGITS} decimals")
    return written  # type: ignore[return-value]


def _int_in_range(digits: str) -> int:
    _float_in_range(digits)
    return int(digits)


def _refuse_depth(value: Json) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise NotJson(f"nested deeper than {DEEPEST} levels")
