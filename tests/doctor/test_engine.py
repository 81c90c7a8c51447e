"""Which device and which engine, and why."""

from pathlib import Path

import pytest

from harness.config.engine import EngineConfig
from harness.doctor import engine as doctor_engine
from harness.doctor.engine import check_device, check_engine
from harness.engines.weights.hardware import Hardware
from harness.errors import EngineSetupError

CPU = Hardware(cores=(0, 1))
GPU = Hardware(cores=(0, 1), has_gpu=True, gpu_capability=(9, 0))
UNKNOWN_GPU = Hardware(cores=(0, 1), has_gpu=True)


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Pretend that vLLM and transformers are installed, and that there is no device of AMD's."""
    monkeypatch.setattr(doctor_engine, "installed_vllm", lambda: ("vllm", "0.32.0"))
    monkeypatch.setattr("importlib.metadata.version", lambda _: "5.19.0")
    monkeypatch.setattr(doctor_engine, "AMD", Path("/nowhere/kfd"))


@pytest.mark.parametrize(
    ("hardware", "capability", "state", "found"),
    [
        (CPU, None, "ok", "2 cores, no GPU"),
        (CPU, (9, 0), "note", "2 cores; the NVIDIA GPU here is not used, since what is installed is built for a CPU"),
        (GPU, (9, 0), "ok", "an NVIDIA GPU of compute capability 9.0; 2 cores"),
        (UNKNOWN_GPU, None, "problem", "no GPU that nvidia-smi knows, and this build of vLLM needs one; 2 cores"),
        (None, None, "ok", "that of the server or cluster; here 2 cores"),
    ],
)
def test_the_device_is_named(hardware, capability, state, found):
    """With a remedy where it is not the one that the engine needs, or could use."""
    finding = check_device(hardware, capability, CPU)

    assert (finding.state, finding.found) == (state, found)
    assert bool(finding.remedy) is (state != "ok")


def test_a_gpu_of_amd_is_a_note(monkeypatch, tmp_path):
    """nvidia-smi doesn't know it."""
    monkeypatch.setattr(doctor_engine, "AMD", tmp_path)

    assert check_device(UNKNOWN_GPU, None, CPU).state == "note"


@pytest.mark.parametrize(
    ("config", "hardware", "found"),
    [
        (
            EngineConfig(),
            CPU,
            (
                'vllm 0.32.0, started for each run, in float32, since kind = "vllm"; '
                "adapters merged, each served by itself, since lora is auto on a CPU"
            ),
        ),
        (
            EngineConfig(),
            GPU,
            (
                'vllm 0.32.0, started for each run, in bfloat16, since kind = "vllm"; '
                "adapters served as LoRA modules, since lora is auto on a GPU"
            ),
        ),
        (
            EngineConfig(lora="dynamic", dtype="float16"),
            CPU,
            (
                'vllm 0.32.0, started for each run, in float16, since kind = "vllm"; '
                'adapters served as LoRA modules, since lora = "dynamic"'
            ),
        ),
        (
            EngineConfig(kind="transformers"),
            CPU,
            'transformers 5.19.0 in this process, in float32, since kind = "transformers"',
        ),
        (
            EngineConfig(base_url="http://ada:word@far.example/v1"),
            None,
            "the server at http://far.example/v1, since base_url is set",
        ),
        (EngineConfig(kind="openai"), None, 'the server at https://api.openai.com/v1, since kind = "openai"'),
    ],
)
def test_the_engine_is_named_with_the_reason(config, hardware, found):
    """And how it has the adapters."""
    finding = check_engine(config, lambda _: hardware)

    assert (finding.state, finding.found, finding.remedy) == ("ok", found, "")


def test_an_engine_that_is_not_installed_is_a_problem():
    """In the engine's own words."""

    def missing(_: EngineConfig) -> Hardware:
        raise EngineSetupError("vLLM is not installed; install it")

    finding = check_engine(EngineConfig(), missing)

    assert (finding.state, finding.found, finding.remedy) == ("problem", "vLLM is not installed", "install it")


def test_arguments_that_are_refused_are_a_problem():
    """Before a run is started."""
    finding = check_engine(EngineConfig(args=("--port", "1")), lambda _: CPU)

    assert finding.state == "problem"
    assert finding.found == "args in harness.toml can't have --port: set port under [engine]"
    assert finding.remedy
