"""Which vLLM servers serve some models, and how each is started: values only, nothing is started here."""

import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from harness.config.engine import EngineConfig
from harness.engines.http.endpoint import NO_KEY
from harness.engines.server.arguments import refuse_ours, without_collisions, workers_of
from harness.engines.server.cores import for_workers
from harness.engines.weights.hardware import Hardware, choose_dtype
from harness.errors import AdapterError, NoSuchModel
from harness.models.adapter import adapter_rank
from harness.models.foreign import reading
from harness.models.local import LocalModel
from harness.records.asked import ModelRef
from harness.records.record import Record
from harness.text.secrets import without_secrets

LoraMode = Literal["dynamic", "merged"]

HOST = "127.0.0.1"
API_SERVER = "vllm.entrypoints.openai.api_server"
LORA_RANKS = (8, 16, 32, 64, 128, 256)
"""What ``--max-lora-rank`` accepts."""
GRACE_S = 1.5
"""A run's server has nothing to save, so it is killed soon after it was asked to stop: Ctrl-C then takes under 3 s."""
LEAST_CONTEXT, CONTEXT_STEP = 2048, 512
"""Tokens: no server is started for fewer, and what is needed is rounded up to a multiple of the step."""
BOUNDLESS = 1 << 40
"""Tokens of a model whose configuration names no longest context."""
CPU_MEMORY_SHARE = "0.3"
"""vLLM refuses to start on a CPU when less than this share of the memory is free; the cache has its own setting."""
WHOLE_PROMPTS = "--no-enable-chunked-prefill"
"""On a CPU, vLLM 0.32 dies when it has read a part of a prompt whose answer is drawn with a seed."""
MOST_SLOTS = 8
"""Adapters that a GPU has in its memory at once; with more, vLLM keeps all in the machine's memory and takes turns."""
SPARE_SLOT = 1
"""On a CPU, vLLM looks up "no adapter" as slot -1, which is the last one: in a mixed batch, requests to the base model
would be answered with the last adapter's weights. A slot that no adapter fills holds zeros."""


class ServerSettings(Record, kw_only=True, frozen=True):
    """The configuration, and what the hardware makes of its "auto".

    ``keys`` names variables of the environment that a server must not get, besides those that tokens are usually in.
    """

    config: EngineConfig
    hardware: Hardware
    dtype: str
    mode: LoraMode
    keys: tuple[str, ...] = ()


class Serving(Record, kw_only=True, frozen=True):
    """What one server serves: a model under ``name``, and LoRA modules on it by their names.

    ``merge`` holds the model to merge before the start; then the folder served is the merged one.
    """

    name: str
    base_path: str
    merge: LocalModel | None = None
    modules: tuple[tuple[str, str], ...] = ()


class Reach(Record, kw_only=True, frozen=True):
    """What a server must be started for: a context of so many tokens, and whether templates come with requests."""

    tokens: int = LEAST_CONTEXT
    templates: bool = False

    def with_that(self, other: "Reach") -> "Reach":
        """Return what is enough for both."""
        return Reach(tokens=max(self.tokens, other.tokens), templates=self.templates or other.templates)


AT_LEAST = Reach()


Plan = Mapping[tuple[str, ...], Serving]
"""For each model, by what tells models apart, the server that answers for it."""


class Launch(Record, kw_only=True, frozen=True):
    """One server process to start, and what it must serve then.

    ``host`` is where it is asked from this machine. ``grace_s`` is how long it can take to end once it is asked to,
    ``drain_s`` how long what is under way can take before that.
    """

    name: str
    model_path: str
    served: tuple[str, ...]
    port: int
    command: tuple[str, ...]
    environment: dict[str, str]
    on_gpu: bool = False
    host: str = HOST
    api_key: str = NO_KEY
    grace_s: float = GRACE_S
    drain_s: float = 0.0


def resolve(config: EngineConfig, hardware: Hardware, keys: Sequence[str] = ()) -> ServerSettings:
    """Decide what the configuration leaves open. vLLM's LoRA kernels are fast on a GPU and slow on a CPU."""
    fitting: LoraMode = "dynamic" if hardware.has_gpu else "merged"
    mode = fitting if config.lora == "auto" else config.lora
    dtype = choose_dtype(config.dtype, hardware)
    refuse_ours(config.args)
    named = (config.api_key_env or "", *keys)
    return ServerSettings(config=config, hardware=hardware, dtype=dtype, mode=mode, keys=named)


def share_memory(settings: ServerSettings, servers: int) -> ServerSettings:
    """Divide the memory of a GPU, which all servers of a run are on, among them; each takes its share at the start."""
    if not settings.hardware.has_gpu or servers <= 1:
        return settings
    share = settings.config.gpu_memory / servers
    return msgspec.structs.replace(settings, config=msgspec.structs.replace(settings.config, gpu_memory=share))


def weights_of(ref: ModelRef) -> tuple[str, ...]:
    """Return what tells two models apart, independent of their names."""
    return ref.weights


def name_models(models: Sequence[LocalModel]) -> dict[tuple[str, ...], str]:
    """Give each model a unique name: its own, with a part of its digest where two names are equal."""
    refs = {weights_of(model.ref): model.ref for model in models}
    names = [ref.name for ref in refs.values()]
    return {
        key: ref.name if names.count(ref.name) == 1 else f"{ref.name}-{(ref.adapter_digest or ref.base_digest)[:8]}"
        for key, ref in refs.items()
    }


def plan(models: Sequence[LocalModel], mode: LoraMode, apart: Collection[LocalModel] = ()) -> Plan:
    """Return for each model the server that answers for it, base models first.

    Merged, each model has its own server; dynamic, all models of one base share one, except for those ``apart``, which
    are merged.
    """
    names = name_models(models)
    unique = {weights_of(model.ref): model for model in sorted(models, key=lambda model: model.adapter_path or "")}
    servings: dict[tuple[str, ...], Serving] = {}
    for key, model in unique.items():
        if mode == "merged" or model in apart:
            merge = model if model.adapter_path else None
            servings[key] = Serving(name=names[key], base_path=model.base_path, merge=merge)
            continue
        alike = [one for one in unique.values() if one.base_path == model.base_path and one not in apart]
        modules = tuple((names[weights_of(one.ref)], one.weights_path) for one in alike if one.weights_path is not None)
        name = next((names[weights_of(one.ref)] for one in alike if one.adapter_path is None), None)
        name = name or f"base-{model.ref.base_digest[:8]}"
        servings[key] = Serving(name=name, base_path=model.base_path, modules=modules)
    return servings


def served_apart(models: Sequence[LocalModel], config: EngineConfig) -> Mapping[LocalModel, str]:
    """Return the models that LoRA modules can't carry, each with the reason: these are merged, and served apart.

    That is done where the configuration leaves the choice, and always for a tokenizer of its own: a server has one.

    Raises:
        AdapterError: the configuration asks for modules, and an adapter has more than LoRA matrices, or its rank is
            above ``max_lora_rank``.
    """
    apart = {model: told for model in models if (told := _beyond_modules(model, config))}
    for model, told in apart.items():
        if config.lora == "dynamic" and model.tokenizer_path is None:
            raise AdapterError(
                f"{model.adapter_path}: can't be served as a LoRA module, since it has {told}; "
                'set lora = "merged" or "auto" under [engine] in harness.toml'
            )
    return apart


def _beyond_modules(model: LocalModel, config: EngineConfig) -> str | None:
    """Say why LoRA modules can't carry a model; None if they can."""
    if model.weights_path is None or model.beyond_modules:
        return model.beyond_modules
    allowed, rank = min(config.max_lora_rank, LORA_RANKS[-1]), adapter_rank(Path(model.weights_path))
    if rank <= allowed:
        return None
    more = f", which [engine] can raise to {LORA_RANKS[-1]}" if rank <= LORA_RANKS[-1] else ""
    return f"rank {rank}, above max_lora_rank = {allowed}{more}"


def context_length(base_path: str, wanted: int | None) -> int:
    """Return ``wanted``, or the longest context of the model if that is shorter or nothing is wanted."""
    path = Path(base_path) / "config.json"
    with reading(f"{path}: not readable as a model's configuration:", NoSuchModel):
        config = json.loads(path.read_text(encoding="utf-8"))
        longest = config.get("max_position_embeddings") or config.get("text_config", {}).get("max_position_embeddings")
        known = int(longest) if longest else BOUNDLESS
        return known if wanted is None else min(wanted, known)


def needed_length(tokens: int) -> int:
    """Return a context that holds the longest prompt and its answer, with room for a judge's longer ones.

    >>> needed_length(100), needed_length(5000)
    (2048, 5120)
    """
    return max(LEAST_CONTEXT, -(-tokens // CONTEXT_STEP) * CONTEXT_STEP)


def command_line(
    serving: Serving, model_path: str, port: int, settings: ServerSettings, reach: Reach = AT_LEAST
) -> tuple[str, ...]:
    """Return the command that starts vLLM's server."""
    return (*python(API_SERVER), *server_options(serving, model_path, port, settings, reach))


def python(module: str) -> tuple[str, ...]:
    """Return the command that runs a module in this environment."""
    return (sys.executable, "-P", "-W", "ignore", "-m", module)


def server_options(
    serving: Serving, model_path: str, port: int, settings: ServerSettings, reach: Reach = AT_LEAST
) -> tuple[str, ...]:
    """Return the options of vLLM's server; what the settings add comes last, and takes the place of ours.

    Ranks are taken from the modules' folders.
    """
    config = settings.config
    length = reach.tokens if config.max_model_len is None else config.max_model_len
    context = context_length(serving.base_path, length)
    ours = [
        ("--model", model_path),
        ("--served-model-name", serving.name),
        ("--host", HOST),
        ("--port", str(port)),
        ("--dtype", settings.dtype),
        *([("--max-model-len", str(context))] if context < BOUNDLESS else []),  # without it, what vLLM finds out
        ("--generation-config", "vllm"),  # the model's own defaults must not change the sampling
        ("--disable-uvicorn-access-log",),
        *([("--trust-request-chat-template",)] if reach.templates else []),
        *([] if settings.hardware.has_gpu else [("--enforce-eager",)]),
        ("--gpu-memory-utilization", str(config.gpu_memory) if settings.hardware.has_gpu else CPU_MEMORY_SHARE),
        *([] if settings.hardware.has_gpu else [(WHOLE_PROMPTS,)]),
        *_lora_options(serving, settings),
    ]
    return without_collisions(ours, config.args)


def _lora_options(serving: Serving, settings: ServerSettings) -> list[tuple[str, ...]]:
    if not serving.modules:
        return []
    ranks = [adapter_rank(Path(folder)) for _, folder in serving.modules]
    slots = min(len(ranks), MOST_SLOTS) if settings.hardware.has_gpu else len(ranks) + SPARE_SLOT
    return [
        ("--enable-lora",),
        ("--max-loras", str(slots)),
        *([("--max-cpu-loras", str(len(ranks)))] if slots < len(ranks) else []),
        ("--max-lora-rank", str(min(limit for limit in LORA_RANKS if limit >= max(ranks)))),
        ("--lora-modules", *(json.dumps({"name": name, "path": folder}) for name, folder in serving.modules)),
    ]


def environment(environ: Mapping[str, str], cores: Sequence[int], settings: ServerSettings) -> dict[str, str]:
    """Return the server's environment: offline, silent, without secrets, bound to its share of the cores."""
    kept = without_secrets(environ, settings.keys)
    kept |= {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if not settings.hardware.has_gpu:
        kept["VLLM_CPU_KVCACHE_SPACE"] = str(settings.config.memory_gib)
        kept.setdefault("VLLM_CPU_OMP_THREADS_BIND", for_workers(cores, workers_of(settings.config.args)))
    return kept | settings.config.env


def log_name(name: str) -> str:
    """Return the file name of a server's log.

    >>> log_name("../a b")
    'vllm-.._a_b.log'
    """
    return f"vllm-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.log"
