"""The ways in which a base model is given messages, and how long the longest prompt of some requests is."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from harness.errors import EngineSetupError
from harness.models.chat import ChatTemplate
from harness.models.foreign import reason_of
from harness.models.own_code import loading
from harness.records.asked import AS_IS, Rendering, Request, only_text
from harness.records.record import digest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Chats:
    """Turns requests into tokens; each chat template is compiled when it is first asked for."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", base_path: str) -> None:
        self._tokenizer, self._base_path = tokenizer, base_path
        self._known: dict[str, ChatTemplate] = {}

    def tokens(self, request: Request) -> list[int]:
        """Return what the model reads: messages in a template, or the text of the only message.

        Raises:
            EngineSetupError: there is no template, or it can't be compiled.
            TemplateError: the template refuses the messages; ``TooMuchWork`` where it doesn't end.
            ValueError: there are several messages, and no template to join them.
        """
        if request.rendering.format == "raw":
            return list(self._tokenizer(only_text(request), verbose=False)["input_ids"])
        return self._chat(request).tokens(request.messages, answer_next=True)

    def text(self, request: Request) -> str:
        """Return what the model reads, as text; raises as ``tokens``."""
        if request.rendering.format == "raw":
            return only_text(request)
        return self._chat(request).text(request.messages, answer_next=True)

    def _chat(self, request: Request) -> ChatTemplate:
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
    texts: dict[tuple[str, int], Request] = {}
    for request in requests:
        try:
            texts.setdefault((chats.text(request), request.sampling.max_tokens), request)
        except (TemplateError, ValueError, TypeError, EngineSetupError):
            continue
    found = 0
    by_size = sorted(texts, key=lambda one: len(one[0].encode(errors="replace")) + one[1], reverse=True)
    for text, max_tokens in by_size:
        if len(text.encode(errors="replace")) + 1 + max_tokens <= found:
            break
        found = max(found, len(chats.tokens(texts[text, max_tokens])) + max_tokens)
    return found
