"""Answer with vLLM servers on this machine: started when first needed, kept until the end, always stopped."""

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.config.engine import EngineConfig
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.pace import first_limit
from harness.engines.installed import hardware_for, installed_vllm
from harness.engines.openai import HttpEngine, Route
from harness.engines.server import launch, process
from harness.engines.server.arguments import identity_of, sets
from harness.engines.server.cores import share_cores
from harness.engines.server.launch import AT_LEAST, Launch, Reach, ServerSettings, Serving
from harness.engines.server.process import Server
from harness.engines.spans import SpanReader
from harness.engines.weights.chats import Chats, load_chats, longest
from harness.engines.weights.merge import merged_folder
from harness.errors import EngineSetupError, NoSuchModel, ServerLost
from harness.interrupts import heard
from harness.models.local import LocalModel
from harness.models.mergeable import refuse_merging
from harness.models.unchanged import unchanged
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request

MOST_SERVERS = 3
"""How many servers are up at once: both sides and a judge. Each has a whole model in memory, so more take turns."""
RESTARTS = 3
"""How often servers that stop while answering are started again."""


class VllmEngine:
    """A context manager; leaving it stops every server. If this process is killed, their guard stops them.

    Args:
        models: all models that requests may name.
        config: [engine] of harness.toml.
        log_folder: where each server's log goes.
        cache_folder: where merged models are kept from run to run.
        say: called with lines about the start.
        keys: names of variables with keys, which the servers don't get.

    Raises:
        EngineSetupError: vLLM isn't installed.
        AdapterError: adapters shall be served as LoRA modules, or merged, and one of them can't be.
    """

    runs_elsewhere = False
    can_ask_again = True

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        models: Sequence[LocalModel],
        config: EngineConfig,
        log_folder: Path,
        cache_folder: Path,
        say: Callable[[str], None],
        keys: Sequence[str] = (),
    ) -> None:
        kind, version = installed_vllm()
        settings = launch.resolve(config, hardware_for(kind, version), keys)
        more = identity_of(config.args, config.env)
        self.identity = f"{kind} {version} {settings.dtype} {settings.mode}{f' {more}' if more else ''}"
        apart = launch.served_apart(models, config) if settings.mode == "dynamic" else {}
        merged = {model: model.beyond_modules for model in models} if settings.mode == "merged" else apart
        refuse_merging(merged)
        self.notes: tuple[str, ...] = tuple(
            f"{model.ref.name}: served merged, by a server of its own, since LoRA modules can't carry {told}"
            for model, told in apart.items()
        )
        self._own_tokenizers = {model.base_path for model in models if model.tokenizer_is_code}
        if not _sets_length(config):
            self.notes += tuple(dict.fromkeys(_uncounted(model) for model in models if model.tokenizer_is_code))
        for note in self.notes:
            say(note)
        self._names = launch.name_models(models)
        self._servings = launch.plan(models, settings.mode, apart)
        self._settings = launch.share_memory(settings, len(set(self._servings.values())))
        self._models = {launch.weights_of(model.ref): model for model in models}
        self.log_folder = log_folder
        self._cache_folder, self._say = cache_folder, say
        self._servers: dict[Serving, Server] = {}
        self._reach: dict[Serving, Reach] = {}
        """What each server was last started for."""
        self._chats: dict[str, Chats | None] = {}
        self._longest_answer = 0
        self._is_stopped = False
        # One for all requests, because the deadline keeps running while a server is started again.
        spans = SpanReader(models, config.max_model_len)
        self._http = HttpEngine(self.identity, self._route, config.deadline_s, say=say, read_spans=spans)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of the servers that are up."""
        return tuple(one.launch.port for one in self._servers.values())

    def close(self) -> None:
        """Stop all servers; does nothing when there is none."""
        atexit.unregister(self.close)
        process.stop_all(tuple(self._servers.values()))
        self._servers.clear()

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, in order of completion, after starting the servers they need.

        Where they need more than ``MOST_SERVERS``, so many answer at a time, and the next start when they are done.

        Raises:
            EngineStartError: a server died or never became healthy while starting.
            EngineSetupError: files changed between their digests and the start.
            ServerLost: servers stopped while answering, more often than they are started again.
        """
        self._is_stopped = False
        self._longest_answer = max((request.sampling.max_tokens for request in requests), default=0)
        needed = {self._serving_of(request.model) for request in requests}
        order = [serving for serving in dict.fromkeys(self._servings.values()) if serving in needed]
        for start in range(0, len(order), MOST_SERVERS):
            turn = order[start : start + MOST_SERVERS]
            if self._is_stopped:
                return
            yield from self._answer([request for request in requests if self._serving_of(request.model) in turn])

    def _answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield the responses of no more servers than can be up at once."""
        waiting = {request.key: request for request in requests}
        for restarts_left in reversed(range(RESTARTS + 1)):
            needed = {self._serving_of(request.model) for request in waiting.values()}
            with heard():
                self._reach_for(waiting.values())
                self._start([serving for serving in self._servings.values() if serving in needed])
            try:
                for response in self._http.generate(tuple(waiting.values())):
                    waiting.pop(response.request_key, None)
                    yield response
            except ServerLost as problem:
                if self._is_stopped:
                    raise
                self._after_loss(problem, restarts_left, len(waiting))
            else:
                return

    def stop(self) -> None:
        """Send nothing more to the servers, and start none again."""
        self._is_stopped = True
        self._http.stop()

    def _after_loss(self, problem: ServerLost, restarts_left: int, waiting: int) -> None:
        """Say that a server stopped and is started again; raise when it stopped too often."""
        lost = [one for one in self._servers.values() if not one.is_running]
        told = "; ".join(
            f"the vLLM server for {one.launch.name} stopped while answering {one.how_it_ended()}" for one in lost
        )
        if not restarts_left:
            raise ServerLost(f"{told or problem}\n  it was already started again {RESTARTS} times") from problem
        self._say(
            f"{told or problem}\nstarting it again; {waiting} requests are still unanswered, all other answers are kept"
        )

    def _reach_for(self, requests: Iterable[Request]) -> None:
        """Find out what each server must be started for; stop those that were started for less."""
        shares: dict[Serving, list[Request]] = {}
        for request in requests:
            shares.setdefault(self._serving_of(request.model), []).append(request)
        for serving, share in shares.items():
            known = self._reach.get(serving, AT_LEAST)
            templates = any(request.rendering.template is not None for request in share)
            reach = known.with_that(Reach(tokens=self._length_for(serving, share), templates=templates))
            if reach != known and serving in self._servers:
                self._say(
                    f"starting vLLM for {serving.name} again: it must take longer prompts, or another chat template"
                )
                self._servers.pop(serving).stop()
            self._reach[serving] = reach

    def _length_for(self, serving: Serving, requests: Sequence[Request]) -> int:
        """Return the context that requests need; the least one where the settings say how long it is."""
        config = self._settings.config
        if _sets_length(config):
            return launch.LEAST_CONTEXT
        if serving.base_path in self._own_tokenizers:
            return launch.BOUNDLESS
        if serving.base_path not in self._chats:
            self._chats[serving.base_path] = chats_of(serving.base_path)
        chats = self._chats[serving.base_path]
        return launch.needed_length(longest(requests, chats)) if chats else launch.LEAST_CONTEXT

    def _start(self, needed: Sequence[Serving]) -> None:
        for serving in [serving for serving, one in self._servers.items() if not one.is_running]:
            self._servers.pop(serving).stop()
        missing = [serving for serving in dict.fromkeys(needed) if serving not in self._servers]
        if not missing:
            return
        idle = [serving for serving in self._servers if serving not in needed]
        for serving in idle[: max(0, len(self._servers) + len(missing) - MOST_SERVERS)]:
            self._servers.pop(serving).stop()
        first = self._settings.config.port
        ports = process.choose_ports(first and max([first - 1, *self.ports]) + 1, len(missing))
        shares = share_cores(self._settings.hardware.cores, len(missing))
        atexit.register(self.close)
        try:
            with unchanged(self._read_by(missing), "being loaded"):
                for serving, port, cores in zip(missing, ports, shares, strict=True):
                    # Base models come first in the plan: theirs is already starting while an adapter is being merged.
                    model_path = self._model_folder(serving)
                    started = to_launch(
                        serving, model_path, port, cores, self._settings, self._reach.get(serving, AT_LEAST)
                    )
                    self._servers[serving] = Server(started, self.log_folder)
                new = [self._servers[serving] for serving in missing]
                process.wait_until_healthy(new, self._settings.config.start_timeout_s, self._say)
        except BaseException:
            self.close()
            raise

    def _read_by(self, servings: Sequence[Serving]) -> list[LocalModel]:
        """Return the models whose own files these servers read; a merged model's were checked when it was merged."""
        plain = {key for key, serving in self._servings.items() if serving in servings and serving.merge is None}
        return [model for key, model in self._models.items() if key in plain]

    def _model_folder(self, serving: Serving) -> str:
        if serving.merge is None:
            return str(Path(serving.base_path).resolve())
        return str(merged_folder(serving.merge, self._settings.dtype, self._cache_folder, self._say).resolve())

    def _serving_of(self, ref: ModelRef) -> Serving:
        serving = self._servings.get(launch.weights_of(ref))
        if serving is None:
            raise EngineSetupError(f"{ref.name}: there are no weights for it on this machine; is it a hosted model?")
        return serving

    def _route(self, ref: ModelRef) -> Route:
        config = self._settings.config
        serving = self._serving_of(ref)
        one = self._servers[serving]

        async def is_alive() -> bool:
            return one.is_running

        endpoint = Endpoint(
            base_url=f"http://{launch.HOST}:{one.launch.port}/v1",
            in_flight=config.in_flight or first_limit(self._longest_answer),
            max_in_flight=config.max_in_flight,
            timeout_s=config.request_timeout_s,
            is_alive=is_alive,
        )
        return Route(endpoint, self._names[launch.weights_of(ref)], serves_modules=bool(serving.modules))


def _sets_length(config: EngineConfig) -> bool:
    return config.max_model_len is not None or sets(config.args, "--max-model-len")


def _uncounted(model: LocalModel) -> str:
    """Say that nobody here can tell how long prompts are."""
    return (
        f"{model.ref.base}: its tokenizer is Python code of its own, which only the vLLM server runs, so prompts are "
        "not counted; the server takes the longest context of the model, and max_model_len under [engine] sets a "
        "shorter one"
    )


def chats_of(base_path: str) -> Chats | None:
    """Return how a base model is given messages; None where its tokenizer can't be read here: a server says why."""
    try:
        return load_chats(base_path)
    except NoSuchModel:
        return None


def to_launch(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    serving: Serving,
    model_path: str,
    port: int,
    cores: Sequence[int],
    settings: ServerSettings,
    reach: Reach = AT_LEAST,
) -> Launch:
    """Return everything needed to start one server."""
    return Launch(
        name=serving.name,
        model_path=model_path,
        served=(serving.name, *(name for name, _ in serving.modules)),
        port=port,
        command=launch.command_line(serving, model_path, port, settings, reach),
        environment=launch.environment(os.environ, cores, settings),
        on_gpu=settings.hardware.has_gpu,
    )
