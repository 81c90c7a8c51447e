"""Answers of a model that is being trained, by its weights as they are now: nothing is loaded, nothing is copied."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.http.pace import FIRST_LIMIT
from harness.engines.server.launch import context_length
from harness.engines.weights.answering import Loaded, answer_batch, groups_of, make_batches, read_prompts, stop_tokens
from harness.engines.weights.chats import load_chats
from harness.engines.weights.likelihood import passes, read_all, weigh
from harness.records.answered import Response
from harness.records.asked import Request

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ANY_MASK = ("sdpa", "eager")
"""Attention that takes batches padded on the left; the kernels for flattened batches are left for these meanwhile."""
PACKS = "support_avx512bf16_for_cpu"
"""What a layer of bitsandbytes in 4 bits has. Out of training it packs its weights for answers on a CPU, and no
gradient comes through packed ones; so it stays in training, which is all the same to it otherwise."""


class LiveEngine:
    """Asks the model in memory that it is given, on the base model in the folder ``base``; all of its adapters answer.

    ``generate`` is that of every engine. Between two calls the model is trained on.

    Raises:
        NoSuchModel: the base model's tokenizer can't be read.
    """

    runs_elsewhere = False
    can_ask_again = True
    notes: tuple[str, ...] = ()
    identity = "the model that is trained"

    def __init__(self, model: "PreTrainedModel | PeftModel", tokenizer: "PreTrainedTokenizerBase", base: Path) -> None:
        self._loaded = Loaded(tokenizer, load_chats(str(base)), model, {})
        self._limit = context_length(str(base), None)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request; a prompt that is too long becomes an error."""
        with answering(self._loaded.model):
            for group in groups_of(requests):
                yield from (self._weigh if group[0].continuations else self._answer)(group)

    def stop(self) -> None:
        """Do nothing: a batch that is under way is the last one that is asked for."""

    def _answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        prompts, refused = read_prompts(requests, self._loaded.chats, self._limit)
        yield from refused
        sampling = requests[0].sampling
        for batch in make_batches(prompts, sampling.max_tokens, FIRST_LIMIT):
            yield from answer_batch(batch, sampling, self._loaded)

    def _weigh(self, requests: Sequence[Request]) -> Iterator[Response]:
        weighed, refused = read_all(requests, self._loaded.chats.of, self._limit)
        yield from refused
        for batch in passes(weighed):
            yield from weigh(batch, self._loaded.model, stop_tokens(self._loaded)[0])


@contextmanager
def answering(model: "PreTrainedModel | PeftModel") -> Iterator[None]:
    """Let a model that is trained answer meanwhile, and leave it, and what chance draws next, as they were."""
    import torch

    was_training, config = model.training, model.config
    attention = getattr(config, "_attn_implementation", "sdpa")
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        model.eval()
        for module in model.modules():
            if hasattr(module, PACKS):
                module.training = True
        try:
            _attend(model, attention if attention in ANY_MASK else ANY_MASK[0])
            yield
        finally:
            _attend(model, attention)
            model.train(was_training)


def _attend(model: "PreTrainedModel | PeftModel", attention: str) -> None:
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    if getattr(whole.config, "_attn_implementation", attention) != attention:
        whole.set_attn_implementation(attention)
