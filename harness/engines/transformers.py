"""Answer in this process with transformers: for machines without vLLM, and to check vLLM against.

``response_format`` is not enforced here; the suite's scorer or the judge's parser finds out whether it was met.
"""

import importlib.metadata
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.config import EngineConfig
from harness.engines.http.endpoint import OUT_OF_TIME
from harness.engines.http.pace import FIRST_LIMIT
from harness.engines.installed import installed_hardware
from harness.engines.server.launch import context_length, weights_of
from harness.engines.weights.chats import Chats
from harness.engines.weights.compare import load_together, refuse_changed_base
from harness.engines.weights.decoding import StopsAt, draws, report_logprobs
from harness.engines.weights.hardware import choose_dtype
from harness.engines.weights.likelihood import passes, read_all, weigh
from harness.errors import EngineSetupError, InputError
from harness.interrupts import heard
from harness.models.foreign import reading
from harness.models.local import LocalModel
from harness.models.own_code import loading
from harness.models.unchanged import unchanged
from harness.records.asked import Request, Response, Sampling
from harness.scorers.calling.written import CALL_TAGS, may_call, written_calls
from harness.text.charges import TooMuchWork

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TOKENS_IN_BATCH = 16_384
"""Prompts and answers of one batch together, padding included: bounds the memory."""


@dataclass(frozen=True)
class Loaded:
    """A base model in memory with its adapters: the name of each, by what tells models apart."""

    tokenizer: "PreTrainedTokenizerBase"
    chats: Chats
    model: "PreTrainedModel | PeftModel"
    adapters: Mapping[tuple[str, ...], str]


@dataclass(frozen=True)
class Prompt:
    """A request with the tokens that the model reads."""

    request: Request
    tokens: Sequence[int]


class TransformersEngine:
    """Loads each base model once, when first needed; a batch holds requests of one model and one sampling.

    ``say`` is called with a line about each loading.

    Raises:
        AdapterError: an adapter changes the base model; from ``generate``, when it doesn't fit, or when base model or
            adapter answers differently together than alone.
        EngineSetupError: transformers isn't installed; from ``generate``, when files changed since they were digested.
    """

    runs_elsewhere = False
    can_ask_again = True
    notes: tuple[str, ...] = ()

    def __init__(
        self, models: Sequence[LocalModel], config: EngineConfig, say: Callable[[str], None] = lambda _: None
    ) -> None:
        hardware = installed_hardware()
        refuse_changed_base(models)
        self._device = "cuda" if hardware.has_gpu else "cpu"
        self._dtype = choose_dtype(config.dtype, hardware)
        self._config, self._say = config, say
        self._models = {weights_of(model.ref): model for model in models}
        self._loaded: dict[str, Loaded] = {}
        self._is_stopped = False
        self._ends_at: float | None = None
        self.identity = f"transformers {importlib.metadata.version('transformers')} {self._dtype} dynamic"

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request as its batch ends; a prompt that is too long becomes an error.

        When ``deadline_s`` is over, counted from the first request of all, the batch under way is the last one.
        """
        self._is_stopped = False
        deadline_s = self._config.deadline_s
        if deadline_s is not None and self._ends_at is None:
            self._ends_at = time.monotonic() + deadline_s
        waiting = {request.key: None for request in requests}
        for response in self._answers(requests):
            waiting.pop(response.request_key, None)
            yield response
        if not self._is_stopped:
            yield from (Response(request_key=key, error=OUT_OF_TIME.format(deadline_s)) for key in waiting)

    def _answers(self, requests: Sequence[Request]) -> Iterator[Response]:
        groups: dict[tuple[tuple[str, ...], bytes], list[Request]] = {}
        for request in requests:
            alike = msgspec.json.encode((request.sampling, bool(request.continuations)), order="sorted")
            groups.setdefault((weights_of(request.model), alike), []).append(request)
        for group in groups.values():
            if self._is_over:
                return
            yield from (self._weigh if group[0].continuations else self._answer)(self._model_of(group[0]), group)

    def stop(self) -> None:
        """Answer no further batch."""
        self._is_stopped = True

    @property
    def _is_over(self) -> bool:
        return self._is_stopped or (self._ends_at is not None and time.monotonic() >= self._ends_at)

    def _answer(self, model: LocalModel, requests: Sequence[Request]) -> Iterator[Response]:
        with heard():
            loaded = self._load(model.base_path)
        sampling = requests[0].sampling
        limit = context_length(model.base_path, self._config.max_model_len)
        prompts = []
        for request in requests:
            try:
                prompts.append(Prompt(request, read_prompt(request, loaded.chats, limit)))
            except ValueError as problem:
                yield Response(request_key=request.key, error=str(problem))
        for batch in make_batches(prompts, sampling.max_tokens, self._config.in_flight or FIRST_LIMIT):
            if self._is_over:
                return
            with heard():
                answered = tuple(answer_batch(batch, sampling, loaded))
            yield from answered

    def _weigh(self, model: LocalModel, requests: Sequence[Request]) -> Iterator[Response]:
        with heard():
            loaded = self._load(model.base_path)
        limit = context_length(model.base_path, self._config.max_model_len)
        weighed, refused = read_all(requests, loaded.chats.of, limit)
        yield from refused
        for batch in passes(weighed):
            if self._is_over:
                return
            with heard(), _only(loaded.adapters.get(weights_of(model.ref)), loaded):
                answered = weigh(batch, loaded.model, _stop_tokens(loaded)[0])
            yield from answered

    def _model_of(self, request: Request) -> LocalModel:
        model = self._models.get(weights_of(request.model))
        if model is None:
            raise EngineSetupError(f"{request.model.name}: there are no weights for it on this machine")
        return model

    def _load(self, base_path: str) -> Loaded:
        if base_path not in self._loaded:
            from transformers import AutoTokenizer

            here = [model for model in self._models.values() if model.base_path == base_path]
            adapters = [model for model in here if model.adapter_path]
            names = {weights_of(model.ref): f"adapter_{number}" for number, model in enumerate(adapters)}
            folders = {names[weights_of(model.ref)]: model.weights_path or "" for model in adapters}
            self._say(f"loading {' and '.join(dict.fromkeys(model.ref.name for model in here))}")
            with unchanged(here, "being loaded"):
                model = load_together(base_path, folders, self._dtype, self._device)
                with loading(Path(base_path)):
                    tokenizer = AutoTokenizer.from_pretrained(base_path, local_files_only=True, trust_remote_code=False)
            self._loaded[base_path] = Loaded(tokenizer, Chats(tokenizer, base_path), model, names)
        return self._loaded[base_path]


def read_prompt(request: Request, chats: Chats, limit: int) -> list[int]:
    """Return the tokens of the conversation in the model's chat template.

    Raises:
        EngineSetupError: the template doesn't end.
        ValueError: the template refuses the messages, or prompt and answer don't fit the context.
    """
    try:
        with reading("the chat template refuses the messages:", InputError):  # a template can raise anything
            tokens = _tokens_of(request, chats)
    except InputError as problem:
        raise ValueError(str(problem)) from problem
    if not tokens:
        raise ValueError("the chat template makes no text of the messages")
    if len(tokens) + request.sampling.max_tokens > limit:
        raise ValueError(
            f"the prompt has {len(tokens)} tokens; with max_tokens = {request.sampling.max_tokens} that is more "
            f"than the limit of {limit} (max_model_len)"
        )
    return tokens


def _tokens_of(request: Request, chats: Chats) -> list[int]:
    try:
        chat = chats.of(request)
        return chat.encoded(chat.text(request.messages, answer_next=True, tools=request.tools) + request.begun)
    except TooMuchWork as problem:
        raise EngineSetupError(
            f"{request.model.name}: the chat template can't be rendered for case {request.case_id!r}: {problem}"
        ) from problem


def make_batches(prompts: Sequence[Prompt], max_tokens: int, most: int) -> Iterator[list[Prompt]]:
    """Yield batches of prompts of similar length, shortest first."""
    batch: list[Prompt] = []
    for prompt in sorted(prompts, key=lambda prompt: len(prompt.tokens)):
        padded = (len(prompt.tokens) + max_tokens) * (len(batch) + 1)
        if batch and (len(batch) >= most or padded > TOKENS_IN_BATCH):
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


def answer_batch(batch: Sequence[Prompt], sampling: Sampling, loaded: Loaded) -> Iterator[Response]:
    """Run the model on one batch, padded on the left, and yield its responses."""
    import torch

    started = time.monotonic()
    model, pad = loaded.model, _stop_tokens(loaded)[0]
    width = max(len(prompt.tokens) for prompt in batch)
    rows = [[pad] * (width - len(prompt.tokens)) + list(prompt.tokens) for prompt in batch]
    mask = [[0] * (width - len(prompt.tokens)) + [1] * len(prompt.tokens) for prompt in batch]
    adapter = loaded.adapters.get(weights_of(batch[0].request.model))
    with torch.inference_mode(), _only(adapter, loaded):
        output = model.generate(
            input_ids=torch.tensor(rows, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            max_new_tokens=sampling.max_tokens,
            do_sample=False,
            pad_token_id=pad,
            eos_token_id=_stop_tokens(loaded),
            logits_processor=draws(sampling, [prompt.request.repeat for prompt in batch]),
            stopping_criteria=[StopsAt(sampling.stop, width, loaded.tokenizer)] if sampling.stop else None,
            return_dict_in_generate=True,
            output_logits=sampling.logprobs is not None,
        )
    seconds = time.monotonic() - started
    for row, (prompt, tokens) in enumerate(zip(batch, output.sequences[:, width:].tolist(), strict=True)):
        text, finish_reason, count = read_answer(tokens, sampling, loaded)
        text, calls = written_calls(text) if may_call(prompt.request.tools) else (text, ())
        logits = [step[row] for step in (output.logits or ())[:count]]
        yield Response(
            request_key=prompt.request.key,
            text=text,
            finish_reason="tool_calls" if calls and finish_reason == "stop" else finish_reason,
            tool_calls=calls,
            tokens_in=len(prompt.tokens),
            tokens_out=count,
            seconds=seconds,
            logprobs=report_logprobs(logits, tokens, sampling.logprobs or 0, loaded.tokenizer),
        )


def read_answer(tokens: Sequence[int], sampling: Sampling, loaded: Loaded) -> tuple[str, str, int]:
    """Return text, finish reason, and number of tokens of one generated row; padding follows a stop."""
    ends = [place for place, token in enumerate(tokens) if token in _stop_tokens(loaded)]
    said = tokens[: ends[0]] if ends else tokens
    text = decoded(said, loaded.tokenizer)
    cuts = [place for stop in sampling.stop if (place := text.find(stop)) >= 0]
    if cuts:
        return text[: min(cuts)], "stop", len(said)
    return text, "stop" if ends else "length", len(said) + bool(ends)


def decoded(tokens: Sequence[int], tokenizer: "PreTrainedTokenizerBase") -> str:
    """Return tokens as text without special ones, but with the tags of calls, which some tokenizers call special."""
    special = {number: token.content for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    tags = {number: tag for number, tag in special.items() if tag in CALL_TAGS}
    pieces: list[str] = []
    start = 0
    for place, token in enumerate((*tokens, None)):
        if token is None or token in tags:
            part = tokens[start:place]
            pieces.append(tokenizer.decode(part, skip_special_tokens=True, clean_up_tokenization_spaces=False))
            pieces.append("" if token is None else tags[token])
            start = place + 1
    return "".join(pieces)


def _only(adapter: str | None, loaded: Loaded) -> Any:  # noqa: ANN401 - a context manager of a library without types
    """Activate one adapter, or none, while a batch runs."""
    if adapter is not None:
        loaded.model.set_adapter(adapter)
    elif loaded.adapters:
        return loaded.model.disable_adapter()
    return nullcontext()


def _stop_tokens(loaded: Loaded) -> list[int]:
    """Return the tokens that end an answer: the tokenizer's, then the model's own."""
    own = loaded.model.generation_config.eos_token_id
    ends = [loaded.tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])]
    return list(dict.fromkeys(token for token in ends if token is not None)) or [0]
