"""Contenders of a checkout with a base model and an adapter, and what is said while they are made."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.config.engine import EngineConfig
from harness.config.models import ModelConfig
from harness.config.whole import HarnessConfig
from harness.gating.contenders import Contenders
from harness.records.compared import Probe
from tests.models.fakes import OF_BASE, adapter_in, base_in, safetensors
from tests.stub import Stub

LOCAL = "http://127.0.0.1:9/v1"
"""Nothing is asked there."""

SERVER = EngineConfig(kind="openai", base_url=LOCAL)

NAMED = EngineConfig(kind="openai", base_url=LOCAL, api_key_env="OPENAI_API_KEY")

HERE = EngineConfig(kind="transformers")

Open = Callable[..., Contenders]


@pytest.fixture
def said() -> list[str]:
    """Hold what is said, line by line."""
    return []


@pytest.fixture
def opened(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Make the contenders of a checkout with a base model and the adapter "mine", and with changed settings."""
    for name in ("OPENAI_API_KEY", "LOCAL_KEY", "JUDGE_KEY"):
        monkeypatch.setenv(name, f"the {name}")
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")

    def make(candidate: str | None = "adapters/mine", engine: EngineConfig = HERE, **settings: object) -> Contenders:
        config = HarnessConfig(base_model="tiny", candidate=candidate, engine=engine, **settings)
        return Contenders(config, tmp_path, tmp_path / "run", said.append)

    return make


def known_by(contenders: Contenders, *probes: Probe) -> dict[str, str]:
    """Return what is known of each party."""
    return {origin.party: origin.known_by for origin in contenders.origins(probes)}


def probe_of(adapter: str) -> Probe:
    """Return a proof."""
    return Probe(adapter=adapter, prompts=4, changed=4, largest=1.0, noise=0.0)


FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put the model org/tiny, as it was at a commit, into huggingface_hub's cache; its branch leads there, offline."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    model = tmp_path / "cache" / "models--org--tiny"

    def lead(commit: str) -> Path:
        (model / "refs").mkdir(parents=True, exist_ok=True)
        (model / "refs" / "main").write_text(commit)
        weights = safetensors(struct.pack("<2f", 1, 2), name=OF_BASE, remark=commit)
        return base_in(model / "snapshots" / commit, weights=weights)

    return lead


def tables(**models: dict[str, object]) -> dict[str, ModelConfig]:
    """Return tables of settings."""
    return {name: ModelConfig(**table) for name, table in models.items()}


def at(stub: Stub) -> EngineConfig:
    """Return the settings that ask a stub."""
    return EngineConfig(kind="openai", base_url=stub.url)
