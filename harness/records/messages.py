"""What is said in a conversation: messages, the tools that are offered, and calls of them."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.records.record import UNREADABLE, Json, Record


class TextPart(Record, frozen=True, kw_only=True):
    """A part of a message, where its content is a list of parts; text is the only type."""

    type: Literal["text"]
    text: str


class CalledFunction(Record, frozen=True, kw_only=True):
    """Which function an assistant called, and with what; ``arguments`` is an object, or its JSON as text."""

    name: str
    arguments: dict[str, Json] | str

    @property
    def text(self) -> str:
        """The arguments as JSON."""
        given = self.arguments
        return given if isinstance(given, str) else msgspec.json.encode(given).decode()


class ToolCall(Record, frozen=True, kw_only=True):
    """One call in an assistant's turn, as the OpenAI API writes it."""

    function: CalledFunction
    id: str = ""
    type: Literal["function"] = "function"


class Message(Record, frozen=True, kw_only=True):
    """One turn of a conversation, in the shape of the OpenAI API. What is not set is not sent, nor digested."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | tuple[TextPart, ...] | None
    """None is for an assistant's turn that only calls tools."""
    tool_calls: tuple[ToolCall, ...] | msgspec.UnsetType = msgspec.UNSET
    """What the assistant called in this turn."""
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET
    """Which call a message of role "tool" answers."""
    name: str | msgspec.UnsetType = msgspec.UNSET
    """The function whose result a message of role "tool" is; some templates print it."""

    @property
    def text(self) -> str:
        """The content as one text."""
        content = self.content or ""
        return content if isinstance(content, str) else "".join(part.text for part in content)

    @property
    def calls(self) -> "tuple[Called, ...]":
        """What was called in this turn, each with its arguments as text."""
        made = () if isinstance(self.tool_calls, msgspec.UnsetType) else self.tool_calls
        return tuple(Called(name=call.function.name, arguments=call.function.text) for call in made)


class Tools(Record, frozen=True, kw_only=True):
    """The functions that a model can call, each as the OpenAI API writes it, and whether it must.

    ``choice`` is "auto", "none", "required", or names one function; None leaves it to the server.
    """

    functions: tuple[dict[str, Json], ...] = ()
    choice: str | dict[str, Json] | None = None


def only_text(messages: Sequence[Message], tools: Tools) -> str:
    """Return the text that is sent where messages aren't rendered.

    Raises:
        ValueError: the conversation is not one message of the user's, or there are tools, which no text shows.
    """
    if tools.functions:
        raise ValueError('prompt_format = "raw" sends the text of one user message, in which no tools are shown')
    if [message.role for message in messages] != ["user"]:
        raise ValueError('prompt_format = "raw" sends the text of one user message')
    return messages[0].text


class Called(Record, frozen=True, kw_only=True):
    """A function that a model called. ``arguments`` is its own text: JSON if the model did it right."""

    name: str
    arguments: str

    @property
    def text(self) -> str:
        """The call as code writes it."""
        return f"{self.name}({self.arguments})"

    def laid_out(self, indent: int) -> str | None:
        """Return the arguments laid out, on one line with indent 0; None where they are not JSON.

        Numbers, repeated keys and their order stay as they are written. With an indent, deep ones take up to a
        thousand times the space.
        """
        try:
            return msgspec.json.format(self.arguments, indent=indent)
        except (*UNREADABLE, UnicodeEncodeError):
            return None


def in_lines(text: str, calls: Sequence[Called]) -> str:
    """Return what was said as one text, with a line for each call."""
    return "\n".join(filter(None, (text, *(call.text for call in calls))))
