"""A message over HTTP: how its calls are sent, and the text, reasoning and calls in one that comes back."""

from collections.abc import Iterator
from typing import Any

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.failure import clean
from harness.engines.http.faults import Fault
from harness.records.messages import Called, CalledFunction, Message
from harness.text.visible import for_terminal

REASONING_PARTS = frozenset({"thinking", "reasoning"})
"""Types of content parts that come before the answer and are not part of it."""
_TEXTS = ("thinking", "reasoning", "summary", "text", "content")
"""Under which key a part has its text, or the list of its parts."""
_DEEPEST = 4


class SaidMessage(msgspec.Struct):
    """The part of an assistant's message that is read."""

    content: str | list[Any] | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: list[Any] | None = None


def sent_message(message: Message) -> Message:
    """Return a message as it is sent: arguments of calls are text there, however the case writes them."""
    if isinstance(message.tool_calls, msgspec.UnsetType):
        return message
    calls = tuple(
        msgspec.structs.replace(call, function=CalledFunction(name=call.function.name, arguments=call.function.text))
        for call in message.tool_calls
    )
    return msgspec.structs.replace(message, tool_calls=calls)


def read_text(said: SaidMessage, endpoint: Endpoint) -> str:
    """Return the text of a message, whose content can come in parts; a refusal is the text where there is no other.

    Raises:
        Fault: a part is neither text nor reasoning.
    """
    content = said.content
    if isinstance(content, str) or content is None:
        return content or said.refusal or ""
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        text = part if isinstance(part, str) else part.get("text", part.get("refusal")) if kind else None
        if kind in REASONING_PARTS:
            continue
        if not isinstance(text, str):
            shown = for_terminal(clean(str(kind or part), endpoint), 40)
            raise Fault("refused", f"a part of the server's answer is not text but {shown!r}, which can't be scored")
        texts.append(text)
    return "".join(texts) or said.refusal or ""


def read_reasoning(said: SaidMessage) -> tuple[bool, str]:
    """Return whether the model reasoned apart from the text, and what, as far as the server tells."""
    parts = said.content if isinstance(said.content, list) else ()
    apart = said.reasoning_content or said.reasoning
    if not parts and not apart:
        return False, ""
    thoughts = [part for part in parts if isinstance(part, dict) and part.get("type") in REASONING_PARTS]
    texts = [text for one in (apart, *thoughts) for text in _texts_in(one, _DEEPEST)]
    return bool(thoughts or apart), "\n".join(texts)


def read_calls(said: SaidMessage, endpoint: Endpoint) -> tuple[Called, ...]:
    """Return the calls in a message. Arguments that a server sends as an object are written as JSON, none as ``{}``.

    Raises:
        Fault: one calls something else than a function, or names none.
    """
    return tuple(_read_call(call, endpoint) for call in said.tool_calls or ())


def _read_call(call: object, endpoint: Endpoint) -> Called:
    function = call.get("function") if isinstance(call, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str) or not name:
        kind = call.get("type") if isinstance(call, dict) else None
        shown = for_terminal(clean(str(kind or call), endpoint), 40)
        raise Fault("refused", f"a call in the server's answer is of {shown!r}, not of a function with a name")
    given = function.get("arguments")
    if given is None:
        return Called(name=name, arguments="{}")
    return Called(name=name, arguments=given if isinstance(given, str) else msgspec.json.encode(given).decode())


def _texts_in(value: object, deepest: int) -> Iterator[str]:
    """Yield the texts in what a server sends as reasoning: a text, or parts that hold texts, or lists of parts."""
    if isinstance(value, str):
        if value:
            yield value
    elif deepest and isinstance(value, dict):
        yield from _texts_in(next((value[key] for key in _TEXTS if value.get(key)), ""), deepest - 1)
    elif deepest and isinstance(value, list):
        for one in value:
            yield from _texts_in(one, deepest - 1)
