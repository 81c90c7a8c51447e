"""The one verdict in what a judge said: the JSON that was asked for, alone, in a code fence, or beside words.

A wrong verdict is worse than none, so nothing is chosen here. JSON beside words may be a quotation of what the judge
had read, and the words may hold another verdict: where either can be, there is no verdict.
"""

import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import cast
from urllib.parse import unquote

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.scorers.judges.prompt import ANSWER_LIMIT, FACTS
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
_SPELLED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5}))")
"""A character as JSON escapes it, or as ``material.harmless`` writes one that can't be seen."""
_TAG_CHARACTER = re.compile("[\U000e0020-\U000e007e]")
"""ASCII that nobody sees, and that models read."""
_DROPPED = re.compile(r"[^\w:]+|_+")
_ASCII_DROPPED = {code: None for code in range(128) if _DROPPED.match(chr(code))}
_FOREIGN_FIGURE = re.compile(r"[^\D0-9]")
_CHOICE = re.compile(
    r"\[\[(A|B|C|tie)\]\]"
    r"|\b(?i:prefer|choose|pick|winner|verdict|better)(?: is)?:? (?i:answer |response |assistant )?(A|B)\b"
    r"|\b(A|B) (?:is|was|wins)(?: much| far| clearly| slightly| the)?(?: better| best| winner|(?<=wins))\b"
)
"""How judges name a choice in words."""
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
    told = [text[:ANSWER_LIMIT] for answer in answers for text in (answer.text, answer.reasoning)]
    called = [call.arguments[:ANSWER_LIMIT] for answer in answers for call in answer.tool_calls]
    return "\n".join([*turns, *told, *called, *_texts([case.expected, case.meta.get(FACTS)])])


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
    if not levels:
        return any(
            not str(verdict[key]).startswith("".join(found)) for key in allowed for found in _CHOICE.findall(words)
        )
    given = {verdict[key] for key in allowed}
    numbers = [(_figures(number), best) for number, best in _NUMBER.findall(words)]
    top = max(levels)
    return any(number not in given and number in levels for number, best in numbers if not best) or any(
        number not in given or _figures(best) != top for number, best in numbers if best
    )


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
    texts = [_folded(text) for text in {material, _decoded(material)}]
    return any(
        all(any(f"{_folded(key)}:{_folded(str(one))}" in text for one in values) for key, values in allowed.items())
        for text in texts
    )


def _folded(text: str) -> str:
    """Return the letters, figures and colons of a text, in their plain form."""
    if text.isascii():
        return text.lower().translate(_ASCII_DROPPED)
    shown = _TAG_CHARACTER.sub(lambda found: chr(ord(found.group()) - 0xE0000), unicodedata.normalize("NFKC", text))
    letters = _DROPPED.sub("", shown.casefold())
    return _FOREIGN_FIGURE.sub(lambda found: str(unicodedata.decimal(found.group())), letters)


def _decoded(text: str) -> str:
    """Return a text without the escapes of JSON, HTML and addresses, which a judge may leave out when it quotes."""
    return unquote(html.unescape(_SPELLED.sub(lambda found: chr(int("".join(filter(None, found.groups())), 16)), text)))


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
