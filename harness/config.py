"""harness.toml: the settings of one checkout, with their only defaults."""

import os
from pathlib import Path
from typing import Literal

from harness.errors import ConfigError
from harness.records import Record
from harness.tomlfile import load_toml

Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class EngineConfig(Record, frozen=True, kw_only=True):
    """[engine]: what answers, and within which limits."""

    kind: Literal["vllm", "openai", "transformers"] = "vllm"
    base_url: str | None = None
    """Address of a running OpenAI-compatible server, up to and with ``/v1``; implies kind "openai"."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key; the key itself is never written anywhere."""
    lora: Literal["auto", "dynamic", "merged"] = "auto"
    """How vLLM serves adapters: as LoRA modules of one server (GPU), or merged into the base (CPU)."""
    dtype: Dtype = "auto"
    max_model_len: int = 2048
    """Longest prompt and answer together, in tokens."""
    max_lora_rank: int = 64
    in_flight: int = 32
    """Requests under way at once, for each server, to begin with; adapts to what the server can take."""
    max_in_flight: int = 256
    """Upper bound of the adapting."""
    memory_gib: int = 1
    """Key-value cache of a vLLM server on a CPU, in GiB."""
    gpu_memory: float = 0.85
    """Share of the GPU's memory that a vLLM server may take."""
    start_timeout_s: float = 600.0
    request_timeout_s: float = 300.0
    deadline_s: float | None = None
    """Longest time for all asking; requests that are unanswered then stay unscored. None sets no limit."""
    port: int | None = None
    """Port of the first vLLM server; a free one is chosen when unset."""


class JudgeConfig(Record, frozen=True, kw_only=True):
    """[judge]: the model that reads rubrics. ``base`` asks the base model through the same engine."""

    model: str = "base"
    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    max_tokens: int = 64


class HarnessConfig(Record, frozen=True, kw_only=True):
    """The whole of harness.toml. Folders are relative to the file."""

    base_model: str = "smollm2-135m-instruct"
    """The embedded model's name, or a folder that holds a transformers model."""
    candidate: str | None = None
    baseline: str | None = None
    adapters: str = "adapters"
    runs: str = "runs"
    noise_sample: int = 20
    """How many of the baseline's requests are asked a second time, to measure noise; 0 measures none."""
    engine: EngineConfig = EngineConfig()
    judge: JudgeConfig = JudgeConfig()


def load_config(path: Path) -> HarnessConfig:
    """Return the settings in ``path``; the defaults when there is no such file."""
    return load_toml(path, HarnessConfig, ConfigError) if path.exists() else HarnessConfig()


def home_folder() -> Path:
    """Return the cache folder: ``HARNESS_HOME``, else ``adapter-gate`` in the user's cache folder."""
    if chosen := os.environ.get("HARNESS_HOME"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "adapter-gate"
