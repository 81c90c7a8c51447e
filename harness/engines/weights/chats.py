"""The ways in which a base model is given messages, and how long the longest prompt of some requests is."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from harness.errors import EngineSetupError
from harness.models.chat import Chat, ChatTemplate, PlainText
from harness.models.foreign import reason_of
from harness.models.own_code import loading
from harness.records.asked import AS_IS, Rendering, Request
from harness.records.record import digest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

AROUND = 4
"""Tokens that a tokenizer can put around a text."""


class Chats:
    """Turns requests into tokens; each chat template is compiled when it is first asked for."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", base_path: str) -> None:
        self._tokenizer, self._base_path = tokenizer, base_path
        self._known: dict[str, ChatTemplate] = {}

    def of(self, request: Request) -> Chat:
        """Return the way in which a request's messages become tokens.

        Raises:
            EngineSetupError: there is no template, or it can't be compiled.
        """
        if request.rendering.format == "raw":
            return PlainText(self._tokenizer)
        key = digest(request.rendering)
        if key not in self._known:
            self._known[key] = chat_of(self._tokenizer, self._base_path, request.rendering)
        return self._known[key]


def chat_of(tokenizer: "PreTrainedTokenizerBase", base_path: str, rendering: Rendering = AS_IS) -> ChatTemplate:
    """Return the chat template of a base model's tokenizer, or the one that is set in its place.

    Raises:
        EngineSetupError: there is none, or it is not a template.
    """
    try:
        return ChatTemplate(tokenizer, rendering.template, rendering.template_args)
    except Exception as problem:  # a template can raise anything
        raise EngineSetupError(f"{base_path}: the chat template can't be used: {reason_of(problem)}") from problem


def load_chats(base_path: str) -> Chats:
    """Return the ways in which the base model in a folder is given messages.

    Raises:
        NoSuchModel: its tokenizer can't be loaded.
    """
    from transformers import AutoTokenizer

    with loading(Path(base_path)):
        tokenizer = AutoTokenizer.from_pretrained(base_path, local_files_only=True, trust_remote_code=False)
    return Chats(tokenizer, base_path)


def longest(requests: Iterable[Request], chats: Chats) -> int:
    """Return how many tokens the longest prompt has together with its answer.

    What can't be rendered is left out: a server says what is wrong with it. No text has more tokens than bytes, so most
    prompts need not be counted.
    """
    texts: dict[tuple[str, int], Chat] = {}
    for request in requests:
        try:
            chat = chats.of(request)
            prompt = chat.text(request.messages, answer_next=True, tools=request.tools)
        except (TemplateError, ValueError, TypeError, EngineSetupError):
            continue
        if request.continuations:  # a server generates one token more, which nobody reads
            texts.update({(prompt + text, 1): chat for text in request.continuations})
        else:
            texts[prompt + request.begun, request.sampling.max_tokens] = chat
    found = 0
    for text, answer in sorted(texts, key=lambda one: _most_tokens(*one), reverse=True):
        if _most_tokens(text, answer) <= found:
            break
        found = max(found, len(texts[text, answer].encoded(text)) + answer)
    return found


def _most_tokens(text: str, answer: int) -> int:
    return len(text.encode(errors="replace")) + answer + AROUND
