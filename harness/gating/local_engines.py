"""The engines of the models that are here: one for all that are asked with the same settings."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.asking.proof import AdapterProof
from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.engines.checked import CheckedEngine
from harness.engines.http.endpoint import address_of
from harness.engines.server.arguments import runs_code
from harness.gating.origins import ServedAs, refuse_one_name_for_two, runs_already
from harness.models.base_files import CODE
from harness.models.local import LocalModel
from harness.records.engine import Engine
from harness.records.record import digest
from harness.text.secrets import hide_login

if TYPE_CHECKING:
    from harness.engines.cluster.engine import RayEngine
    from harness.engines.replicas.engine import ReplicatedEngine
    from harness.engines.spans import SpanReader

PORTS_APART = 16
"""How far apart the first ports of two engines are, where the settings name one."""


class Engines:
    """Opens each engine once; ``close`` stops them. Nothing is started before the first request.

    ``served_as`` is asked for what a running server calls a model when that model is first asked. ``models`` are all
    that are here: their tokenizers read texts for servers.
    """

    def __init__(
        self,
        run_folder: Path,
        say: Callable[[str], None],
        keys: Sequence[str],
        served_as: ServedAs,
        models: Sequence[LocalModel],
    ) -> None:
        self._run_folder = run_folder
        self._say = say
        self._keys = tuple(keys)
        self._served_as = served_as
        self._models = tuple(models)
        self._stack = ExitStack()
        self._remotes: dict[str, CheckedEngine] = {}
        """By the digest of their settings."""
        self._started_here = 0
        self._on_ray: list[RayEngine] = []
        self._at_several: list[ReplicatedEngine] = []

    @property
    def replicas(self) -> str:
        """How many replicas answer now, in words; empty where there are none."""
        told = [*(engine.replicas for engine in self._on_ray), *(engine.replicas for engine in self._at_several)]
        return "; ".join(filter(None, told))

    def close(self) -> None:
        """Stop every engine."""
        self._stack.close()

    def remote(self, settings: EngineConfig) -> CheckedEngine:
        """Return the one engine for these settings: its models at one address share the limit on requests in flight."""
        from harness.engines.spans import SpanReader

        settings = msgspec.structs.replace(settings, args=(), env={})
        key = digest(settings)
        if key not in self._remotes:
            spans = SpanReader(self._models, settings.max_model_len)
            self._remotes[key] = CheckedEngine(self._at(settings, spans))
        return self._remotes[key]

    def _at(self, settings: EngineConfig, spans: "SpanReader") -> Engine:
        from harness.engines.openai import remote_engine
        from harness.engines.replicas.engine import replicated_engine

        if settings.replica_urls:
            known = [model.ref for model in self._models]
            engine = replicated_engine(settings, os.environ, AdapterProof, self._say, self._served_as, spans, known)
            self._at_several.append(engine)
            return engine
        return remote_engine(settings, os.environ, self._served_as, spans)

    def here(self, settings: EngineConfig, models: Sequence[LocalModel], share: int) -> Engine:
        """Return a new engine for models that are here; ``share`` engines divide a GPU among them."""
        distinct = tuple({(model.base_path, model.adapter_path): model for model in models}.values())
        if runs_already(settings):
            placed = [(one.ref, one.adapter_path or f"the base model in {one.base_path}") for one in distinct]
            refuse_one_name_for_two(placed, self._served_as, hide_login(address_of(settings)))
            remote = self.remote(settings)
            remote.check_too(distinct)
            return remote
        if settings.kind == "transformers":
            from harness.engines.transformers import TransformersEngine

            return TransformersEngine(distinct, settings, self._say)
        if settings.kind == "ray":
            return self._on_ray_with(settings, distinct)
        from harness.engines.vllm import VllmEngine

        number = self._started_here
        self._started_here += 1
        settings = msgspec.structs.replace(
            settings,
            port=settings.port and settings.port + PORTS_APART * number,
            gpu_memory=settings.gpu_memory / share,
        )
        folder = self._run_folder / f"engine-{number + 1}" if number else self._run_folder
        engine = VllmEngine(distinct, settings, folder, home_folder(), self._say, self._keys)
        self._stack.enter_context(engine)
        return engine

    def _on_ray_with(self, settings: EngineConfig, models: Sequence[LocalModel]) -> Engine:
        from harness.engines.cluster.engine import RayEngine

        engine = RayEngine(models, settings, self._say, AdapterProof, self._keys, self._on_ray)
        self._on_ray.append(self._stack.enter_context(engine))
        return engine


def settings_for(shared: EngineConfig, args: Sequence[str]) -> EngineConfig:
    """Return the settings under which one model is asked: its own arguments come behind those of [engine].

    Where no vLLM server is started, there is nothing to give them to.
    """
    if runs_already(shared) or (shared.ray.each if shared.kind == "ray" else shared.kind) != "vllm":
        return msgspec.structs.replace(shared, args=(), env={})
    return msgspec.structs.replace(shared, args=(*shared.args, *args))


def code_run(shared: EngineConfig, args: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the patterns of the files with a model's own Python code that a server runs which is started for it.

    There are none where its settings don't say so, and where no vLLM server is started: this process runs no such code.
    """
    return CODE if runs_code(settings_for(shared, args).args) else ()
