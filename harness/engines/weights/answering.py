"""Answers of a model that is in this process's memory: prompts in batches, decoded, and read as responses."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from harness.engines.weights.chats import Chats
from harness.engines.weights.decoding import StopsAt, draws, report_logprobs
from harness.errors import EngineSetupError, InputError
from harness.models.foreign import reading
from harness.records.answered import Response
from harness.records.asked import Request, Sampling
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


def groups_of(requests: Sequence[Request]) -> list[list[Request]]:
    """Return requests that can be in one batch: of one model, drawn alike, and all or none with continuations.

    In half precision an answer depends on what else is in its batch. So what is asked again is in batches of its own:
    the proof of an adapter compares the same few prompts to three, and each of them has a batch that is composed alike.
    """
    groups: dict[tuple[tuple[str, ...], bytes, bool], list[Request]] = {}
    for request in requests:
        alike = msgspec.json.encode((request.sampling, bool(request.continuations)), order="sorted")
        groups.setdefault((request.model.weights, alike, request.again), []).append(request)
    return list(groups.values())


def read_prompts(requests: Sequence[Request], chats: Chats, limit: int) -> tuple[list[Prompt], list[Response]]:
    """Return the prompts of requests, and a response with an error for each one that can't be read or is too long."""
    prompts, refused = [], []
    for request in requests:
        try:
            prompts.append(Prompt(request, read_prompt(request, chats, limit)))
        except ValueError as problem:
            refused.append(Response(request_key=request.key, error=str(problem)))
    return prompts, refused


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
    model, pad = loaded.model, stop_tokens(loaded)[0]
    width = max(len(prompt.tokens) for prompt in batch)
    rows = [[pad] * (width - len(prompt.tokens)) + list(prompt.tokens) for prompt in batch]
    mask = [[0] * (width - len(prompt.tokens)) + [1] * len(prompt.tokens) for prompt in batch]
    adapter = loaded.adapters.get(batch[0].request.model.weights)
    with torch.inference_mode(), only(adapter, loaded):
        output = model.generate(
            input_ids=torch.tensor(rows, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            max_new_tokens=sampling.max_tokens,
            do_sample=False,
            pad_token_id=pad,
            eos_token_id=stop_tokens(loaded),
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
    ends = [place for place, token in enumerate(tokens) if token in stop_tokens(loaded)]
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


def only(adapter: str | None, loaded: Loaded) -> Any:  # noqa: ANN401 - a context manager of a library without types
    """Activate one adapter, or none, while a batch runs."""
    if adapter is not None:
        loaded.model.set_adapter(adapter)
    elif loaded.adapters:
        return loaded.model.disable_adapter()
    return nullcontext()


def stop_tokens(loaded: Loaded) -> list[int]:
    """Return the tokens that end an answer: the tokenizer's, then the model's own."""
    own = loaded.model.generation_config.eos_token_id
    ends = [loaded.tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])]
    return list(dict.fromkeys(token for token in ends if token is not None)) or [0]
