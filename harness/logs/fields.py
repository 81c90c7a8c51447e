"""Single values of logs: numbers, finish reasons, errors, and a field wherever one of several paths leads."""

import ast
from collections.abc import Iterable, Mapping

import msgspec

from harness.logs.turns import decoded, text_of
from harness.records.record import Json
from harness.scorers.reading.json_values import look_up

LONGEST_LITERAL = 1 << 20
"""Characters of a value that Python wrote, as pandas leaves it in CSV, which is read."""
MOST = 1e15
"""The largest number of tokens, seconds or money that is taken for one."""
REASONS = {
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "tool-calls": "tool_calls",
    "function_call": "tool_calls",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "streaming_complete": "",
    "none": "",
    "null": "",
}
"""What providers call the finish reasons of OpenAI's API."""
ANSWERED = ("text", "output", "answer", "response", "completion")
"""What a table calls an answer that it is only wrapped around."""
TURN_TYPES = ("text", "output_text", "message", "ai", "AIMessage", "AIMessageChunk")
"""The types of turns and of their parts."""


def first(values: Mapping[str, Json], *paths: str) -> Json:
    """Return what is at the first of some dotted paths that has a value; None when none has.

    >>> first({"usage": {"input_tokens": 3}}, "prompt_tokens", "usage.prompt_tokens", "usage.input_tokens")
    3
    """
    for path in paths:
        if (found := at(values, path)) not in (None, ""):
            return found
    return None


def at(values: Mapping[str, Json], path: str) -> Json:
    """Return what is at a dotted path, also inside of JSON in a text; None where nothing is."""
    if path in values:
        return values[path]
    name, _, rest = path.partition(".")
    if not rest or name not in values:
        return None
    inner = decoded(values[name])
    try:
        return look_up(inner, rest)
    except LookupError:
        return at(inner, rest) if isinstance(inner, dict) else None


def loose(value: Json) -> Json:
    """Return what a cell of a table holds: JSON, or a list or table as Python writes it; else the cell as it is."""
    made = decoded(value)
    if made is value and isinstance(value, str) and value[:1] in {"[", "{"} and len(value) <= LONGEST_LITERAL:
        try:
            return ast.literal_eval(value)  # type: ignore[no-any-return]
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return value
    return made


def table(value: Json) -> dict[str, Json]:
    """Return a value as a table; an empty one where it is none."""
    value = loose(value)
    return value if isinstance(value, dict) else {}


def rows(value: Json) -> list[Json]:
    """Return a value as a list; an empty one where it is none."""
    value = loose(value)
    return value if isinstance(value, list) else []


def words(value: Json) -> str:
    """Return a value as text: of a table or a list its JSON, of nothing an empty one."""
    if value is None or isinstance(value, str):
        return value or ""
    return str(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


def number(value: Json) -> float | None:
    """Return a number, also one in a text; None for anything else, below 0, and beyond what a log can mean.

    >>> number("0.5"), number(-1), number(1e300)
    (0.5, None, None)
    """
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    try:
        made = float(value)
    except ValueError:
        return None
    return made if 0 <= made <= MOST else None


def whole(value: Json) -> int | None:
    """Return a number of tokens, as ``number`` does."""
    made = number(value)
    return None if made is None else int(made)


def reason_of(value: Json) -> str:
    """Return a finish reason as OpenAI's API calls it, also of a list of one; those of no provider's stay."""
    value = loose(value)
    value = value[0] if isinstance(value, list) and value else value
    said = str(value).strip().lower() if isinstance(value, str) else ""
    return REASONS.get(said, said)


def error_of(value: Json) -> str:
    """Return why there is no answer, in words; empty where there is no error."""
    value = loose(value)
    if isinstance(value, dict):
        said = first(value, "message", "error.message", "detail", "error", "error_message", "type", "code")
        return words(said) or (words(value) if any(one not in (None, "", [], {}) for one in value.values()) else "")
    return "" if value in (None, False, [], 0) else words(value)


def span_s(start: float | None, end: float | None) -> float | None:
    """Return the seconds between two times; None where one is missing or they are in the wrong order."""
    return end - start if start is not None and end is not None and end >= start else None


def texts(values: Iterable[Json]) -> tuple[str, ...]:
    """Return texts that are not blank, such as tags."""
    return tuple(said for value in values if (said := words(value).strip()))


def answer_text(value: Json) -> str:
    """Return the text of an answer: of a turn, of parts, or a text; of another value its JSON.

    A text that is JSON stays as it is, since models answer in JSON too; only a turn, or parts of one, are taken out.

    >>> answer_text('{"answer": 42}'), answer_text('{"role": "assistant", "content": "42"}')
    ('{"answer": 42}', '42')
    """
    if isinstance(value, str):
        inner = loose(value) if value.lstrip()[:2] in {"[{", '{"'} else value
        if not _is_turn(inner):
            return value
        value = inner
    if isinstance(value, dict):
        held = next((value[name] for name in ("content", "parts") if isinstance(value.get(name), str | list)), None)
        if held is None and len(value) == 1:
            held = next((value[name] for name in ANSWERED if isinstance(value.get(name), str | list)), None)
        if held is not None:
            return text_of(held)
    if isinstance(value, list) and (said := text_of(value)):
        return said
    return words(value)


def _is_turn(value: Json) -> bool:
    """Tell whether a value is a turn, or parts of one, rather than an answer in JSON."""
    one = value[0] if isinstance(value, list) and value else value
    if not isinstance(one, dict):
        return False
    kind = one.get("type")
    return ("role" in one or kind in TURN_TYPES) and any(name in one for name in ("content", "parts", "text"))
