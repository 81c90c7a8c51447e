"""One turn of a conversation, as the OpenAI API, its earlier versions, Hugging Face and ShareGPT write it.

A field that would be lost is a misfit, unless it is empty: columnar files have every field in every turn.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from harness.asking.tools import problem_in
from harness.data.checks.structure import BROKEN_CALL, UNKNOWN_ROLE, WRONG_FORMAT
from harness.data.formats.format import Misfit, listed
from harness.records.messages import CalledFunction, Message, TextPart, ToolCall
from harness.records.record import UNREADABLE, Json
from harness.text.visible import quoted

Role = Literal["system", "user", "assistant", "tool"]
Turn = Mapping[str, Json]
ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
"""What each role of the OpenAI API, now and earlier, is here."""
SPEAKERS: Mapping[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "observation": "tool",
    "tool": "tool",
    "tool_response": "tool",
    "function_response": "tool",
}
"""What ``from`` is in ShareGPT."""
CALLS = ("function_call", "tool_call")
"""Speakers whose words are a call, as JSON: of Hermes' tags they differ in that they are no text of the answer."""
CHAT_FIELDS = ("role", "content", "tool_calls", "tool_call_id", "name", "function_call", "weight")
SHARE_FIELDS = ("from", "value", "weight")
CALL_FIELDS = ("id", "type", "function", "index")
EMPTY: tuple[Json, ...] = (None, "", [], {})
"""Values of fields that lose nothing."""


def chat_turns(items: Sequence[Json]) -> tuple[Message, ...]:
    """Return turns with ``role`` and ``content``.

    Raises:
        Misfit: a turn can't be read; the text names it by its number.
    """
    turns = tuple(_numbered(number, _chat_turn, item) for number, item in enumerate(items, start=1))
    has_old_calls = any(isinstance(item, dict) and item.get("function_call") is not None for item in items)
    return with_ids(turns) if has_old_calls else turns


def share_turns(items: Sequence[Json]) -> tuple[Message, ...]:
    """Return turns with ``from`` and ``value``; calls and their results get the ids call_1, call_2, ...

    Raises:
        Misfit: a turn can't be read; the text names it by its number.
    """
    return with_ids(tuple(_numbered(number, _share_turn, item) for number, item in enumerate(items, start=1)))


def with_ids(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    """Give calls and results the ids call_1, call_2, ... in their order."""
    made: list[Message] = []
    called = answered = 0
    for turn in turns:
        if turn.role == "tool":
            answered += 1
            made.append(msgspec.structs.replace(turn, tool_call_id=f"call_{answered}"))
        elif isinstance(turn.tool_calls, msgspec.UnsetType):
            made.append(turn)
        else:
            calls = []
            for call in turn.tool_calls:
                called += 1
                calls.append(msgspec.structs.replace(call, id=f"call_{called}"))
            made.append(msgspec.structs.replace(turn, tool_calls=tuple(calls)))
    return tuple(made)


def read_tools(value: Json) -> tuple[dict[str, Json], ...]:
    """Return the functions that a row names, each as the OpenAI API writes it; also from JSON in a text.

    Raises:
        Misfit: they are not usable.
    """
    if value is None or value == "":
        return ()
    items = listed(value)
    if items is None:
        raise Misfit(WRONG_FORMAT, f"`tools` is {quoted(value)}; expected a list of functions")
    tools = [_tool(_without_nulls(item)) for item in items]
    if wrong := problem_in(tools):
        raise Misfit(WRONG_FORMAT, f"`tools`: {wrong}")
    return tuple(tool for tool in tools if isinstance(tool, dict))


def _numbered(number: int, read: Callable[[Turn], Message], item: Json) -> Message:
    if not isinstance(item, dict):
        raise Misfit(WRONG_FORMAT, f"message {number}: expected an object, got {quoted(item)}")
    try:
        return read(item)
    except Misfit as wrong:
        raise Misfit(wrong.kind, f"message {number}: {wrong}") from None


def _chat_turn(item: Turn) -> Message:
    _refuse_others(item, CHAT_FIELDS, "role")
    role = _role(item.get("role"), ROLES, "role")
    calls = _calls(item)
    if calls and role != "assistant":
        raise Misfit(BROKEN_CALL, f"a turn of role {role!r} has tool calls; only the assistant calls")
    name, answered = _text_or_none(item, "name"), _text_or_none(item, "tool_call_id")
    if answered is not None and role != "tool":
        raise Misfit(BROKEN_CALL, f"a turn of role {role!r} has a `tool_call_id`; only a tool's result has one")
    content = _content(item.get("content"))
    return Message(
        role=role,
        content="" if content is None and not calls else content,
        tool_calls=calls or msgspec.UNSET,
        tool_call_id=msgspec.UNSET if answered is None else answered,
        name=msgspec.UNSET if name is None else name,
    )


def _share_turn(item: Turn) -> Message:
    _refuse_others(item, SHARE_FIELDS, "from")
    role = _role(item.get("from"), SPEAKERS, "from")
    value = item.get("value")
    if item["from"] in CALLS:
        return Message(role=role, content=None, tool_calls=tuple(map(_share_call, _share_calls(value))))
    if not isinstance(value, str):
        raise Misfit(WRONG_FORMAT, f"`value` is {quoted(value)}; expected a text")
    return Message(role=role, content=value)


def _share_calls(value: Json) -> list[Json]:
    try:
        made = msgspec.json.decode(value) if isinstance(value, str) else value
    except UNREADABLE:
        raise Misfit(BROKEN_CALL, f"the call is not JSON: {quoted(value)}") from None
    return made if isinstance(made, list) else [made]


def _share_call(call: Json) -> ToolCall:
    return ToolCall(function=_function(call))


def _refuse_others(item: Turn, known: Sequence[str], first: str) -> None:
    other = next((field for field, value in item.items() if field not in known and value not in EMPTY), None)
    if other is not None and first not in item:
        raise Misfit(WRONG_FORMAT, f"a turn without `{first}`; it has {', '.join(map(quoted, item))}")
    if other is not None:
        raise Misfit(WRONG_FORMAT, f"unknown field {quoted(other)}, which would be lost; remove it or leave it empty")
    if item.get("weight", 1) not in (1, None):
        raise Misfit(
            WRONG_FORMAT,
            f"`weight` is {quoted(item['weight'])}: every answer is trained alike; split the row, so that it ends "
            "with an answer to train",
        )


def _text_or_none(item: Turn, field: str) -> str | None:
    value = item.get(field)
    if not isinstance(value, str | None):
        raise Misfit(WRONG_FORMAT, f"`{field}` is {quoted(value)}; expected a text")
    return value


def _role(value: Json, known: Mapping[str, Role], field: str) -> Role:
    role = known.get(value) if isinstance(value, str) else None
    if role is None:
        got = "no role" if value is None else f"the role {quoted(value)}"
        raise Misfit(UNKNOWN_ROLE, f"{got} in `{field}`; expected one of {', '.join(known)}")
    return role


def _content(value: Json) -> str | tuple[TextPart, ...] | None:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise Misfit(WRONG_FORMAT, f"`content` is {quoted(value)}; expected a text, or a list of parts")
    return tuple(map(_part, value))


def _part(part: Json) -> TextPart:
    given = {field: one for field, one in part.items() if one is not None} if isinstance(part, dict) else {}
    text = given.get("text")
    if given.keys() != {"type", "text"} or given["type"] != "text" or not isinstance(text, str):
        raise Misfit(
            WRONG_FORMAT, f'a part of the content is {quoted(part)}; only {{"type": "text"}} can be trained on'
        )
    return TextPart(type="text", text=text)


def _calls(item: Turn) -> tuple[ToolCall, ...]:
    old, value = item.get("function_call"), item.get("tool_calls")
    if old is not None:
        return (ToolCall(function=_function(old)),)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Misfit(BROKEN_CALL, f"`tool_calls` is {quoted(value)}; expected a list of calls")
    return tuple(map(_call, value))


def _call(call: Json) -> ToolCall:
    if not isinstance(call, dict):
        raise Misfit(BROKEN_CALL, f"a call is {quoted(call)}; expected an object")
    if other := next((field for field, one in call.items() if field not in CALL_FIELDS and one is not None), None):
        raise Misfit(BROKEN_CALL, f"a call has an unknown field {quoted(other)}")
    name = call.get("id")
    if call.get("type", "function") not in ("function", None) or not isinstance(name, str | None):
        raise Misfit(BROKEN_CALL, f"a call is {quoted(call)}; expected one of a function")
    return ToolCall(function=_function(call.get("function")), id=name or "")


def _function(value: Json) -> CalledFunction:
    given = value if isinstance(value, dict) else {}
    name, arguments = given.get("name"), given.get("arguments", given.get("parameters", {}))
    arguments = {} if arguments is None else arguments
    if not isinstance(name, str) or not isinstance(arguments, dict | str):
        raise Misfit(BROKEN_CALL, f'a call is {quoted(value)}; expected {{"name": "...", "arguments": {{...}}}}')
    return CalledFunction(name=name, arguments=arguments)


def _tool(item: Json) -> Json:
    """Return a function wrapped as the API wants it; many files name it alone."""
    return {"type": "function", "function": item} if isinstance(item, dict) and "name" in item else item


def _without_nulls(value: Json) -> Json:
    """Return a schema without keys that are null, as columnar files fill them in; a default can really be null."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None or key == "default"}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
