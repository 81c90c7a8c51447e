"""Personal data and secrets taken out of every text of a request, as it is read: nothing else ever holds them.

In their place is the name of their kind, such as ``[E-MAIL]``, so texts that were nearly the same still are.
"""

import msgspec

from harness.data.checks.personal.replaced import replaced, replaced_in
from harness.logs.turns import decoded
from harness.records.logged import Logged
from harness.records.messages import Called, Message, TextPart, ToolCall, Tools
from harness.records.record import Json

KEPT, LONGEST_KEPT = 256, 20_000
"""Texts whose masked form is remembered, and the longest of them in characters: a prompt is in many requests."""


class Masker:
    """Masks one request after the other."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._tools: dict[bytes, Tools] = {}

    def request(self, logged: Logged) -> Logged:
        """Return a request without personal data in any of its texts."""
        return msgspec.structs.replace(
            logged,
            place=place_without(logged.place),
            messages=tuple(map(self._message, logged.messages)),
            id=text_without(logged.id),
            model=self._often(logged.model),
            text=text_without(logged.text),
            tool_calls=tuple(map(self._called, logged.tool_calls)),
            finish_reason=self._often(logged.finish_reason),
            error=self._often(logged.error),
            tools=self._tools_of(logged.tools),
            comment=text_without(logged.comment),
            corrected=text_without(logged.corrected),
            tags=tuple(map(self._often, logged.tags)),
            meta={self._often(key): replaced_in(value, text_without) for key, value in logged.meta.items()},
        )

    def _often(self, text: str) -> str:
        """Return a text masked that is probably in other requests too."""
        if not text or len(text) > LONGEST_KEPT:
            return text_without(text)
        if (known := self._texts.get(text)) is None:
            known = text_without(text)
            if len(self._texts) >= KEPT:
                self._texts.clear()
            self._texts[text] = known
        return known

    def _message(self, message: Message) -> Message:
        mask = self._often if message.role == "system" else text_without
        content, calls = message.content, message.tool_calls
        if isinstance(content, str):
            content = mask(content)
        elif content is not None:
            content = tuple(TextPart(type="text", text=mask(part.text)) for part in content)
        key, name = message.tool_call_id, message.name
        return Message(
            role=message.role,
            content=content,
            tool_calls=calls if isinstance(calls, msgspec.UnsetType) else tuple(map(self._call, calls)),
            tool_call_id=key if isinstance(key, msgspec.UnsetType) else text_without(key),
            name=name if isinstance(name, msgspec.UnsetType) else self._often(name),
        )

    def _call(self, call: ToolCall) -> ToolCall:
        given = call.function.arguments
        arguments = text_without(given) if isinstance(given, str) else replaced_in(given, text_without)
        function = msgspec.structs.replace(call.function, name=self._often(call.function.name), arguments=arguments)
        return ToolCall(function=function, id=text_without(call.id))

    def _called(self, call: Called) -> Called:
        return Called(name=self._often(call.name), arguments=text_without(call.arguments))

    def _tools_of(self, tools: Tools) -> Tools:
        if tools == Tools():
            return tools
        written = msgspec.json.encode(tools)
        if (known := self._tools.get(written)) is None:
            functions = tuple(replaced_in(dict(one), text_without) for one in tools.functions)
            known = msgspec.convert({"functions": functions, "choice": replaced_in(tools.choice, text_without)}, Tools)
            if len(self._tools) >= KEPT:
                self._tools.clear()
            self._tools[written] = known
        return known


def place_without(place: str) -> str:
    """Return a place, ``file:line``, without personal data in the names of the file and its folders.

    >>> place_without("logs/ada.byron@tidewell.io.jsonl:2")
    'logs/[E-MAIL]:2'
    """
    return "/".join(map(text_without, place.split("/"))) if "@" in place else place


def text_without(text: str) -> str:
    r"""Return a text without personal data; of one that is JSON with escapes, what the escapes stand for is looked at.

    >>> text_without('{"to": "ada.byron\\u0040tidewell.io"}'), text_without("To ada.byron@tidewell.io")
    ('{"to":"[E-MAIL]"}', 'To [E-MAIL]')
    """
    if "\\" in text and text.lstrip()[:1] in {"{", "["}:
        value: Json = decoded(text)
        if not isinstance(value, str) and (clean := replaced_in(value, text_without)) != value:
            text = msgspec.json.encode(clean).decode()
    return replaced(text)
