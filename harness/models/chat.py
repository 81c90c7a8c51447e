"""Messages as the tokens that a model reads: its own chat template, as transformers renders it, within a limit."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.records.asked import Message, only_text
from harness.records.record import Json
from harness.text.templates import BoundedEnvironment, charged, compiled, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NO_VALUES: Mapping[str, Json] = {}


class ChatTemplate:
    """A chat template, the tokenizer's own where no ``text`` is given. It renders for one thread at a time.

    ``values`` are further values for the template.

    Raises:
        TemplateError: the template can't be compiled.
        ValueError: the tokenizer has none.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        text: str | None = None,
        values: Mapping[str, Json] = NO_VALUES,
    ) -> None:
        self._tokenizer = tokenizer
        self._values = values
        self._template = compiled(_environment(), tokenizer.get_chat_template() if text is None else text)

    @property
    def eos_token_id(self) -> int:
        """The token that ends a turn."""
        eos: int = self._tokenizer.eos_token_id
        return eos

    def text(self, messages: Sequence[Message], *, answer_next: bool) -> str:
        """Return a conversation as text, ready for the assistant's answer if wanted.

        Raises:
            TemplateError: the template refuses the messages; ``TooMuchWork`` where it does more than any chat needs.
            ValueError: there are no messages.
        """
        if not messages:
            raise ValueError("there are no messages for the chat template")
        values = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "tools": None,
            "documents": None,
            "add_generation_prompt": answer_next,
            **self._tokenizer.special_tokens_map,
            **self._values,
        }
        return render(self._template, values)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool) -> list[int]:
        """Return a conversation as tokens; raises as ``text`` does."""
        return self.encoded(self.text(messages, answer_next=answer_next))

    def encoded(self, text: str) -> list[int]:
        """Return a text that the template made, or that follows one, as tokens."""
        # The tokenizer warns of long texts by itself; callers have limits of their own.
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


class PlainText:
    """Takes the place of a chat template where the text of the only message is read as it is."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer

    def text(self, messages: Sequence[Message], *, answer_next: bool) -> str:  # noqa: ARG002 - as a template's
        """Return the text of the message.

        Raises:
            ValueError: the conversation is not one message of the user's.
        """
        return only_text(messages)

    def tokens(self, messages: Sequence[Message], *, answer_next: bool) -> list[int]:
        """Return the message as tokens; raises as ``text`` does."""
        return self.encoded(self.text(messages, answer_next=answer_next))

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
