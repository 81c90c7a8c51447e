"""Messages as the tokens that a model reads: its own chat template, as transformers renders it, within a limit."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Template, TemplateError

from harness.errors import NoSuchModel
from harness.models.foreign import reading
from harness.records.messages import Message, ToolCall, Tools, only_text
from harness.records.record import Json
from harness.text.templates import BoundedEnvironment, charged, compiled, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NO_VALUES: Mapping[str, Json] = {}
_NO_TOOLS = Tools()
_PROBE = "a part"


class ChatTemplate:
    """A chat template, the tokenizer's own where no ``text`` is given. It renders for one thread at a time.

    ``values`` are further values for the template, ``ends`` further tokens that end an answer (``ends_of``).

    Raises:
        TemplateError: the template can't be compiled.
        ValueError: the tokenizer has none.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        text: str | None = None,
        values: Mapping[str, Json] = NO_VALUES,
        ends: Sequence[int] = (),
    ) -> None:
        self._tokenizer = tokenizer
        self._ends = tuple(ends)
        self._values = values
        self._is_own = text is None
        self._template = compiled(_environment(), tokenizer.get_chat_template() if text is None else text)

    @property
    def stop_tokens(self) -> tuple[int, ...]:
        """The tokens at which an engine ends an answer: the tokenizer's, then the model's own."""
        own = self._tokenizer.eos_token_id
        return tuple(dict.fromkeys([*([] if own is None else [own]), *self._ends]))

    def text(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = _NO_TOOLS) -> str:
        """Return a conversation as text, ready for the assistant's answer if wanted, with the tools that it can call.

        Raises:
            TemplateError: the template refuses the messages; ``TooMuchWork`` where it does more than any chat needs.
            ValueError: there are no messages.
        """
        if not messages:
            raise ValueError("there are no messages for the chat template")
        values = {
            "messages": [self.shown(message) for message in messages],
            "tools": shown_tools(tools),
            "documents": None,
            "add_generation_prompt": answer_next,
            **self._tokenizer.special_tokens_map,
            **self._values,
        }
        return render(self._for_tools if tools.functions else self._template, values)

    @functools.cached_property
    def _for_tools(self) -> Template:
        """The template for messages with tools: some tokenizers have one of its own for them."""
        if not self._is_own:
            return self._template
        own = self._tokenizer.get_chat_template(tools=[{}])
        return self._template if own == self._tokenizer.get_chat_template() else compiled(_environment(), own)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = _NO_TOOLS) -> list[int]:
        """Return a conversation as tokens; raises as ``text`` does."""
        return self.encoded(self.text(messages, answer_next=answer_next, tools=tools))

    def encoded(self, text: str) -> list[int]:
        """Return a text that the template made, or that follows one, as tokens."""
        # The tokenizer warns of long texts by itself; callers have limits of their own.
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, special ones by their names."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text

    def shown(self, message: Message) -> dict[str, Json]:
        """Return a message as vLLM gives it to a template: arguments as objects, parts only where it shows parts."""
        shown: dict[str, Json] = {"role": message.role, "content": self._content(message)}
        if not isinstance(message.tool_calls, msgspec.UnsetType):
            shown["tool_calls"] = [_shown_call(call) for call in message.tool_calls]
        if not isinstance(message.tool_call_id, msgspec.UnsetType):
            shown["tool_call_id"] = message.tool_call_id
        if not isinstance(message.name, msgspec.UnsetType):
            shown["name"] = message.name
        return shown

    def _content(self, message: Message) -> Json:
        content = message.content
        if content is None or isinstance(content, str):
            return content or ""
        if message.role != "tool" and self._shows_parts:
            return [{"type": part.type, "text": part.text} for part in content]
        return "\n".join(part.text for part in content)

    @functools.cached_property
    def _shows_parts(self) -> bool:
        """Whether the template takes a content apart: one that doesn't fails at a list, or prints it as it is."""
        parts = [{"type": "text", "text": _PROBE}]
        values = {"messages": [{"role": "user", "content": parts}], "tools": None, "documents": None}
        given = {**values, "add_generation_prompt": True, **self._tokenizer.special_tokens_map, **self._values}
        try:
            text = render(self._template, given)
        except TemplateError:
            return False
        return _PROBE in text and "'type'" not in text and '"type"' not in text


class _Generation(msgspec.Struct):
    eos_token_id: int | list[int] | None = None


def ends_of(base: Path) -> tuple[int, ...]:
    """Return the tokens that end an answer by a base model's generation_config.json; none where it names none.

    Raises:
        NoSuchModel: the file can't be read.
    """
    path = base / "generation_config.json"
    if not path.is_file():
        return ()
    with reading(f"{path}: not readable as a model's settings:", NoSuchModel):
        told = msgspec.json.decode(path.read_bytes(), type=_Generation).eos_token_id
    return tuple(told) if isinstance(told, list) else () if told is None else (told,)


def shown_tools(tools: Tools) -> list[dict[str, Json]] | None:
    """Return tools as vLLM gives them to a template: with a name, a description and parameters, each null if unset."""
    shown: list[dict[str, Json]] = []
    for tool in tools.functions:
        given = tool["function"]
        assert isinstance(given, dict)  # noqa: S101 - checked when the suite was read
        function = {
            "name": given["name"],
            "description": given.get("description"),
            "parameters": given.get("parameters"),
        }
        if given.get("strict") is not None:
            function["strict"] = given["strict"]
        shown.append({"type": "function", "function": function})
    return shown or None


def _shown_call(call: ToolCall) -> dict[str, Json]:
    arguments = msgspec.json.decode(call.function.text)
    return {"id": call.id, "type": call.type, "function": {"name": call.function.name, "arguments": arguments}}


class PlainText:
    """Takes the place of a chat template where the text of the only message is read as it is."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer

    def text(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = _NO_TOOLS) -> str:
        """Return the text of the message; ``answer_next`` changes nothing.

        Raises:
            ValueError: the conversation is not one message of the user's, or there are tools, which no text shows.
        """
        del answer_next
        return only_text(messages, tools)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = _NO_TOOLS) -> list[int]:
        """Return the message as tokens; raises as ``text`` does."""
        return self.encoded(self.text(messages, answer_next=answer_next, tools=tools))

    def encoded(self, text: str) -> list[int]:
        """Return a text as tokens, with those that the tokenizer puts around every text."""
        return list(self._tokenizer(text, verbose=False)["input_ids"])


Chat = ChatTemplate | PlainText


def _environment() -> BoundedEnvironment:
    """Return an environment with the options, filters and functions that transformers gives chat templates."""
    from transformers.utils.chat_template_utils import _compile_jinja_template

    theirs = _compile_jinja_template("").environment
    own = BoundedEnvironment(
        trim_blocks=theirs.trim_blocks,
        lstrip_blocks=theirs.lstrip_blocks,
        extensions=[type(extension) for extension in theirs.extensions.values()],
    )
    own.filters.update(theirs.filters)
    own.tests.update(theirs.tests)
    own.globals.update({name: value for name, value in theirs.globals.items() if name != "lipsum"})
    return charged(own)
