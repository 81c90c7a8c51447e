"""Which exact scorer would do in a judge's place: where the expected answers of all cases are of one exact kind."""

import json
import math
from collections.abc import Sequence

from harness.records.record import Json
from harness.text.figures import count
from harness.text.visible import quoted

FEWEST = 6
"""Expected answers that can show what all of them are."""
MOST_LABELS = 12
USES = 3
"""How often a label is expected on average; what is expected once can be an answer in words."""
LONGEST = 30
MOST_WORDS = 3
NAMED = 3
"""Labels and fields that are named in what is said."""


def exact_scorer(expected: Sequence[Json]) -> str | None:
    """Return what the expected answers are and the scorer that decides them, in words; None where that is not sure.

    >>> exact_scorer(["yes", "no"] * 5)
    "one of 2 labels: predicts_label(['no', 'yes']) decides them"
    >>> exact_scorer([1, 2.5, "3", 4, 5, 6])
    'a number: number_equals() decides them'
    >>> exact_scorer(["It is in the menu.", "Under Settings."] * 5) is None
    True
    """
    if len(expected) < FEWEST:
        return None
    if all(map(_is_number, expected)):
        return "a number: number_equals() decides them"
    objects = [_object_in(one) for one in expected]
    found = [one for one in objects if one]
    if len(found) == len(expected):
        return _fields(found, as_text=any(isinstance(one, str) for one in expected))
    return _labels([one.strip() for one in expected if isinstance(one, str)], len(expected))


def _labels(texts: Sequence[str], cases: int) -> str | None:
    labels = sorted(set(texts))
    if len(texts) < cases or not 2 <= len(labels) <= MOST_LABELS or len(labels) * USES > cases:
        return None
    if not all(map(_is_short, labels)):
        return None
    named = ", ".join(quoted(label, LONGEST + 2) for label in labels[:NAMED])
    more = ", ..." if len(labels) > NAMED else ""
    return f"one of {count(len(labels), 'label')}: predicts_label([{named}{more}]) decides them"


def _fields(objects: Sequence[dict[str, Json]], *, as_text: bool) -> str | None:
    if not all(_is_plain(one) for one in objects):
        return None
    shared = [key for key in objects[0] if all(key in one for one in objects)]
    if not shared:
        return None
    named = ", ".join(f"field_equals({quoted(key, LONGEST)})" for key in shared[:NAMED])
    decide = "decides them" if len(shared) == 1 else "decide them, and so on" if len(shared) > NAMED else "decide them"
    return f"JSON: {named} {decide}{', with the object itself as `expected`' if as_text else ''}"


def _is_number(value: Json) -> bool:
    if isinstance(value, str):
        try:
            return "_" not in value and math.isfinite(float(value))
        except ValueError:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object_in(value: Json) -> dict[str, Json]:
    """Return the JSON object that a value is, or that its text holds; an empty one where it is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _is_plain(value: Json) -> bool:
    """Tell whether a value holds no text that could be worded in another way."""
    match value:
        case str():
            return _is_short(value)
        case dict():
            return all(map(_is_plain, value.values()))
        case list():
            return all(map(_is_plain, value))
    return True


def _is_short(text: str) -> bool:
    return 0 < len(text) <= LONGEST and len(text.split()) <= MOST_WORDS
