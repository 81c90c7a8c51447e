"""Turns, calls and tools as any log writes them: of OpenAI's APIs, of OpenTelemetry, OpenInference, Anthropic.

Unlike the reader of training rows it takes what it can: a picture becomes ``[image]``, an unknown field is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from harness.records.messages import CalledFunction, Message, ToolCall, Tools
from harness.records.record import UNREADABLE, Json

Role = Literal["system", "user", "assistant", "tool"]
ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
}
ASKED = ("messages", "contents", "input", "inputs", "question", "query", "prompt", "text", "content")
"""Where an object has the conversation, or what the user asked."""
WORDS = ("text", "content", "input_text", "output_text", "refusal", "value")
"""Where a part of a content has its text."""
THOUGHTS = ("reasoning", "thinking", "redacted_thinking", "reasoning_content")
"""Parts that are no part of the answer."""
ANSWERS = ("tool_call_response", "tool_result", "function_call_output", "tool-result")
CALLS = ("tool_call", "tool-call", "tool_use", "function_call", "function")


def decoded(value: Json) -> Json:
    """Return a value that is JSON in a text; any other as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return msgspec.json.decode(value)  # type: ignore[no-any-return]
        except UNREADABLE:
            return value
    return value


def turns_of(value: Json) -> tuple[Message, ...]:
    """Return the turns in a list of them, in one turn, or in a text, which the user said; also from JSON in a text."""
    if isinstance(value, str):
        inner = decoded(value)
        if not holds_turns(inner):
            return (Message(role="user", content=value),) if value.strip() else ()
        value = inner
    if isinstance(value, dict) and not ("role" in value or "message" in value):
        inner = next((value[name] for name in ASKED if value.get(name)), None)
        return () if inner is None else turns_of(inner)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return ()
    if value and all(isinstance(one, str) for one in value):
        return (Message(role="user", content="\n".join(value)),)
    while value and all(isinstance(one, list) for one in value):
        value = [inner for one in value for inner in one]
    made = [turn for item in value if isinstance(item, dict) for turn in _turns(item)]
    return tuple(_joined(made))


def holds_turns(value: Json) -> bool:
    """Tell whether a value is a conversation: what users write can be JSON too."""
    if isinstance(value, dict):
        return isinstance(value.get("messages"), list) or ("role" in value and "content" in value)
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, list):
        return holds_turns(first)
    return isinstance(first, dict) and not first.keys().isdisjoint(("role", "from", "message", "parts", "content"))


def _turns(item: Mapping[str, Json]) -> Iterable[Message]:
    """Yield the turns that an item of a conversation is: one, or of parts with results of tools several."""
    inner = item.get("message")
    item = inner if isinstance(inner, dict) and "role" not in item else item
    kind = item.get("type")
    if kind in CALLS and "role" not in item:
        yield Message(role="assistant", content=None, tool_calls=(_call(item),))
        return
    if kind in ANSWERS and "role" not in item:
        yield _result(item)
        return
    role = ROLES.get(str(item.get("role", item.get("from", "assistant" if kind == "ai" else kind or "user"))).lower())
    if role is None:
        return
    content = next((item[name] for name in ("content", "parts", "contents", "value", "text") if item.get(name)), "")
    parts = content if isinstance(content, list) else [content]
    results = [part for part in parts if isinstance(part, dict) and part.get("type") in ANSWERS]
    yield from (_result(part) for part in results)
    calls = (*_calls_in(parts), *_listed_calls(item))
    text = text_of(content)
    if results and not text and not calls:
        return
    name, answered = item.get("name"), item.get("tool_call_id")
    yield Message(
        role=role,
        content=text if text or not calls else None,
        tool_calls=calls if calls and role == "assistant" else msgspec.UNSET,
        tool_call_id=answered if isinstance(answered, str) and role == "tool" else msgspec.UNSET,
        name=name if isinstance(name, str) and role == "tool" else msgspec.UNSET,
    )


def _joined(turns: list[Message]) -> Iterable[Message]:
    """Yield turns in which calls that follow each other, as the Responses API lists them, are one turn."""
    held: Message | None = None
    for turn in turns:
        is_bare = turn.role == "assistant" and turn.content is None
        if held is not None and is_bare and held.role == "assistant":
            calls = () if isinstance(held.tool_calls, msgspec.UnsetType) else held.tool_calls
            more = () if isinstance(turn.tool_calls, msgspec.UnsetType) else turn.tool_calls
            held = msgspec.structs.replace(held, tool_calls=(*calls, *more))
            continue
        if held is not None:
            yield held
        held = turn
    if held is not None:
        yield held


def text_of(content: Json) -> str:
    """Return the text of a content: a text, a part, or a list of parts; what is none is named, such as ``[image]``."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        kind = content.get("type")
        if kind in (*CALLS, *ANSWERS, *THOUGHTS):
            return ""
        inner = content.get("message_content")
        if isinstance(inner, dict):
            return text_of(inner)
        said = next((content[name] for name in WORDS if isinstance(content.get(name), str)), None)
        if said is not None:
            return str(said)
        return f"[{str(kind).removesuffix('_url').removeprefix('input_')}]" if isinstance(kind, str) else ""
    return "\n".join(filter(None, map(text_of, content))) if isinstance(content, list) else ""


def _result(part: Mapping[str, Json]) -> Message:
    given = next((part[name] for name in ("response", "result", "output", "content") if part.get(name) is not None), "")
    text = given if isinstance(given, str) else text_of(given) or msgspec.json.encode(given).decode()
    key = next(
        (one for name in ("id", "tool_use_id", "call_id", "toolCallId") if isinstance(one := part.get(name), str)), None
    )
    return Message(role="tool", content=text, tool_call_id=msgspec.UNSET if key is None else key)


def _calls_in(parts: Iterable[Json]) -> tuple[ToolCall, ...]:
    return tuple(_call(part) for part in parts if isinstance(part, dict) and part.get("type") in CALLS)


def _listed_calls(item: Mapping[str, Json]) -> tuple[ToolCall, ...]:
    listed = item.get("tool_calls")
    old = item.get("function_call")
    calls = listed if isinstance(listed, list) else [old] if isinstance(old, dict) else []
    return tuple(_call(call) for call in calls if isinstance(call, dict))


def _call(call: Mapping[str, Json]) -> ToolCall:
    inner = call.get("tool_call")
    call = inner if isinstance(inner, dict) else call
    function = call.get("function")
    given = function if isinstance(function, dict) else call
    arguments = next((given[name] for name in ("arguments", "input", "args", "parameters") if name in given), {})
    key = call.get("id") or call.get("call_id") or call.get("toolCallId")
    return ToolCall(
        function=CalledFunction(
            name=str(given.get("name") or given.get("toolName") or ""),
            arguments=arguments if isinstance(arguments, dict | str) else msgspec.json.encode(arguments).decode(),
        ),
        id=key if isinstance(key, str) else "",
    )


def _function(item: Json) -> dict[str, Json]:
    """Return a function that can be called, out of what is around it; an empty table where there is none."""
    inner = item.get("tool") if isinstance(item, dict) else None
    item = decoded(inner.get("json_schema")) if isinstance(inner, dict) else item
    if not isinstance(item, dict):
        return {}
    if isinstance(item.get("function"), dict):
        return dict(item["function"])
    function = {name: one for name, one in item.items() if name not in ("type", "strict", "input_schema", "parameters")}
    return {**function, "parameters": decoded(item.get("input_schema") or item.get("parameters") or {})}


def tools_of(value: Json, choice: Json = None) -> Tools:
    """Return the functions in a list of them, wrapped or not, or in JSON in a text; what is none is left out."""
    value = decoded(value)
    found: list[dict[str, Json]] = []
    for item in value if isinstance(value, list) else []:
        function = _function(decoded(item))
        if isinstance(function.get("name"), str):
            found.append({"type": "function", "function": function})
    return Tools(functions=tuple(found), choice=choice if isinstance(choice, str | dict) and found else None)
