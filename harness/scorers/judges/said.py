"""The one verdict in what a judge said: the JSON that was asked for, alone, in a code fence, or beside words.

A wrong verdict is worse than none, so nothing is chosen here. JSON beside words may be a quotation of what the judge
had read, and the words may hold another verdict: where either can be, there is no verdict.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from harness.records.asked import Case, Response
from harness.records.record import Json
from harness.scorers.reading.reasoning import without_reasoning

Read = Callable[[], str] | None
"""Returns what the judge had read that others wrote; None where that is not known."""
Allowed = Mapping[str, Sequence[Json]]
"""What each key of a verdict may say."""
Verdict = Mapping[str, Json]
_OPENS = re.compile(r"(?<![`~])(?:`{3,}+|~{3,}+)[ \t]*+\w*+\s*+\Z")
_MARKS = " \t\r\n`~*_"
"""Fences, and what makes letters bold."""
MANY_FIGURES = 10
_SPELLED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
"""A character that can't be seen, as ``material.harmless`` writes it."""
_NUMBER = re.compile(r"(\d++)(?:\s*+(?:/|of|out of)\s*+(\d++))?")


def said_object(text: str, allowed: Allowed, read: Read) -> Verdict | None:
    """Return the verdict in a reply: an object with each key of ``allowed``, and a ``reason`` or nothing else.

    Words can stand before it or after it, not both, if ``read`` tells that nothing the judge had read looks like a
    verdict, and if the words hold no other one: none of a text's form such as "Score: 4", and no other level.
    """
    if alone := _verdict(text, allowed):
        return alone
    if read is None:
        return None
    before, found, after = _apart(text)
    if not (before or after):
        return _verdict(found, allowed)
    before, found, after = _apart(without_reasoning(text))
    verdict = _verdict(found, allowed)
    words = before or after
    if verdict is None or (before and after) or _other_verdict(words, verdict, allowed):
        return None
    return None if _looks_like_verdict(read(), allowed) else verdict


def material_of(case: Case, *answers: Response) -> str:
    """Return all that others wrote and a judge may read of a case and its answers."""
    turns = [part for message in case.messages for part in (message.text, *(call.arguments for call in message.calls))]
    told = [text for answer in answers for text in (answer.text, answer.reasoning)]
    called = [call.arguments for answer in answers for call in answer.tool_calls]
    return "\n".join([*turns, *told, *called, *_texts([case.expected, case.meta])])


def _apart(text: str) -> tuple[str, str, str]:
    """Return what is before, from, and after the first and the last brace, without fences around it."""
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0 or end <= start:
        return text, "", ""
    before, after = _OPENS.sub("", text[:start]), text[end:]
    return before.strip(_MARKS), text[start:end], after.strip(_MARKS)


def _verdict(text: str, allowed: Allowed) -> Verdict | None:
    """Return the verdict that the whole text is."""
    said = _read_object(text)
    if not allowed.keys() <= said.keys() <= {*allowed, "reason"}:
        return None
    return said if all(_is_one_of(said[key], values) for key, values in allowed.items()) else None


def _is_one_of(value: Json, values: Sequence[Json]) -> bool:
    return any(type(value) is type(one) and value == one for one in values)  # true is not 1


def _other_verdict(words: str, verdict: Verdict, allowed: Allowed) -> bool:
    """Tell whether words may say something else than the verdict beside them."""
    folded = _folded(words)
    if any(_says_other(told, verdict[key]) for key in allowed for told in folded.split(f"{_folded(key)}:")[1:]):
        return True
    levels = {one for values in allowed.values() for one in values if isinstance(one, int)}
    given = {verdict[key] for key in allowed}
    numbers = ((_figures(number), best) for number, best in _NUMBER.findall(words))
    return bool(levels) and any(number not in given and (best or number in levels) for number, best in numbers)


def _says_other(told: str, said: Json) -> bool:
    """Tell whether what follows the name of a verdict is another one; words after the name of a scale are none."""
    if isinstance(said, str):
        return bool(told)
    number = _NUMBER.match(told)
    return number is not None and _figures(number[1]) != said


def _figures(digits: str) -> int:
    """Return a number in figures of any script; of a long one any that is no level."""
    return int(digits) if len(digits) < MANY_FIGURES else -1


def _looks_like_verdict(material: str, allowed: Allowed) -> bool:
    """Tell whether a judge that quotes what it read could write a verdict, also if it puts the marks right."""
    folded = _folded(material)
    return all(
        any(f"{_folded(key)}:{_folded(str(one))}" in folded for one in values) for key, values in allowed.items()
    )


def _folded(text: str) -> str:
    """Return the letters, figures and colons of a text, in their plain form."""
    plain = _SPELLED.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return "".join(one for one in plain if one == ":" or one.isalnum())


def _texts(value: Json) -> list[str]:
    """Return all texts in a value, and its objects as JSON, since a judge reads an expected object so."""
    found = [json.dumps(value, ensure_ascii=False)]
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += [inner] if isinstance(inner, str) else _texts(inner) if isinstance(inner, dict | list) else []
    return found


def _read_object(text: str) -> Mapping[str, Json]:
    """Return the JSON object that the whole text is; an empty one when it is anything else or repeats a key."""
    try:
        value = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return {}
    # With this hook a tuple is an object, a list an array.
    pairs = cast("tuple[tuple[str, Json], ...]", value) if isinstance(value, tuple) else ()
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
