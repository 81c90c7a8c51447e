"""Answer in this process with transformers: for machines without vLLM, and to check vLLM against.

``response_format`` is not enforced here; the suite's scorer or the judge's parser finds out whether it was met.
"""

import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.engines.http.endpoint import OUT_OF_TIME
from harness.engines.http.pace import FIRST_LIMIT
from harness.engines.installed import installed_hardware
from harness.engines.server.launch import context_length, weights_of
from harness.engines.weights.answering import (
    Loaded,
    answer_batch,
    groups_of,
    make_batches,
    only,
    read_prompts,
    stop_tokens,
)
from harness.engines.weights.chats import Chats
from harness.engines.weights.compare import load_together, refuse_changed_base
from harness.engines.weights.hardware import choose_dtype
from harness.engines.weights.likelihood import passes, read_all, weigh
from harness.errors import EngineSetupError
from harness.interrupts import heard
from harness.models.local import LocalModel
from harness.models.own_code import loading
from harness.models.unchanged import unchanged
from harness.records.answered import Response
from harness.records.asked import Request


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
        for group in groups_of(requests):
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
        prompts, refused = read_prompts(requests, loaded.chats, limit)
        yield from refused
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
            with heard(), only(loaded.adapters.get(weights_of(model.ref)), loaded):
                answered = weigh(batch, loaded.model, stop_tokens(loaded)[0])
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
