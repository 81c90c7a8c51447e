"""Where the base model is, and whether the memory is enough."""

import json

import pytest

from harness.config.engine import EngineConfig
from harness.doctor import memory
from harness.doctor.memory import GIB, GpuMemory, check_memory, find_base, free_memory, nvidia_memory, weights_bytes
from harness.engines.weights.hardware import Hardware
from harness.errors import NoSuchModel
from tests.models.fakes import base_in, safetensors

CPU = Hardware(cores=(0,))
GPU = Hardware(cores=(0,), has_gpu=True, gpu_capability=(9, 0))
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def without_package() -> None:
    """Find no embedded model."""
    raise NoSuchModel("the package is not installed; install it")


@pytest.mark.parametrize(
    ("config", "weights", "free", "state", "found"),
    [
        (EngineConfig(), 2, 6, "ok", "6.0 GiB free; each side's weights and cache take 6.0 GiB"),
        (EngineConfig(), 2, 5, "problem", "5.0 GiB free; each side's weights and cache take 6.0 GiB"),
        (EngineConfig(memory_gib=4), 2, 6, "problem", "6.0 GiB free; each side's weights and cache take 12.0 GiB"),
        (EngineConfig(kind="transformers"), 2, 2, "ok", "2.0 GiB free; the weights take 2.0 GiB"),
        (
            EngineConfig(),
            2,
            None,
            "note",
            "each side's weights and cache take 6.0 GiB; the free memory is not known here",
        ),
    ],
)
def test_a_cpu_holds_each_side_whole(config, weights, free, state, found):
    """With vLLM; transformers has the base model once, and adapters on it."""
    finding = check_memory(config, CPU, weights * GIB, free and free * GIB, None)

    assert (finding.state, finding.found) == (state, found)
    assert bool(finding.remedy) is (state == "problem")


def test_a_smaller_cache_is_only_advised_where_it_would_help():
    """Else the weights alone are too much."""
    helps, does_not = (check_memory(EngineConfig(memory_gib=4), CPU, size * GIB, 6 * GIB, None) for size in (2, 8))

    assert "lower memory_gib" in helps.remedy
    assert "memory_gib" not in does_not.remedy


@pytest.mark.parametrize(
    ("config", "weights", "gpu", "state", "remedy"),
    [
        (EngineConfig(), 16, (80, 79), "ok", ""),
        (EngineConfig(), 70, (80, 79), "problem", "raise gpu_memory under [engine], or use a smaller model"),
        (EngineConfig(), 16, (80, 60), "problem", "stop other programs on the GPU, or lower gpu_memory"),
        (EngineConfig(gpu_memory=0.5), 16, (80, 60), "ok", ""),
        (EngineConfig(kind="transformers"), 16, (80, 20), "ok", ""),
        (EngineConfig(kind="transformers"), 16, (80, 10), "problem", "stop other programs on the GPU"),
        (EngineConfig(), 16, None, "note", ""),
    ],
)
def test_a_gpu_needs_the_share_that_a_server_takes(config, weights, gpu, state, remedy):
    """VLLM refuses to start where less than ``gpu_memory`` of all is free."""
    known = GpuMemory(total=gpu[0] * GIB, free=gpu[1] * GIB) if gpu else None

    finding = check_memory(config, GPU, weights * GIB, 100 * GIB, known)

    assert finding.state == state
    assert finding.remedy.startswith(remedy)
    assert bool(finding.remedy) is bool(remedy)


def test_weights_are_counted_in_the_number_format_of_the_run(tmp_path):
    """The headers alone are read: two float32 numbers here."""
    base = base_in(tmp_path / "base")

    assert [weights_bytes(base, dtype) for dtype in ("float32", "bfloat16")] == [8, 4]


def test_quantized_weights_are_counted_as_they_are(tmp_path):
    """Eight bits each."""
    base = base_in(tmp_path / "base", safetensors(b"12345", dtype="U8"))
    (base / "config.json").write_text(json.dumps({"quantization_config": {"quant_method": "gptq"}}))

    assert weights_bytes(base, "bfloat16") == 5


@pytest.mark.parametrize(
    ("limit", "stat", "free"),
    [
        (None, "", 4_194_304),
        ("max", "", 4_194_304),
        ("3000000", "", 2_000_000),
        ("3000000", "anon 5\nactive_file 300000\ninactive_file 200000\n", 2_500_000),
        ("9000000", "", 4_194_304),
        ("900000", "", 0),
    ],
    ids=["no container", "no limit", "limit", "pages of files", "a high limit", "over the limit"],
)
def test_the_limit_of_a_container_counts(tmp_path, limit, stat, free):
    """Where it leaves less than the machine has; pages that the kernel can drop are free."""
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:    4096 kB\n")
    if limit:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text("1000000\n")
        (tmp_path / "memory.stat").write_text(stat)

    assert free_memory(tmp_path, tmp_path) == free


def test_free_memory_is_not_known_everywhere(tmp_path):
    """As on macOS."""
    assert free_memory(tmp_path / "nowhere", tmp_path) is None


def test_without_nvidia_smi_the_gpu_is_not_known(monkeypatch):
    """Nothing is run."""
    monkeypatch.setattr("shutil.which", lambda _: None)

    assert nvidia_memory() is None


def test_a_folder_is_found_beside_the_settings(tmp_path):
    """With its configuration and weights."""
    base_in(tmp_path / "models" / "mine")
    (tmp_path / "empty").mkdir()

    folder, finding = find_base("models/mine", tmp_path, tmp_path, None)
    none, problem = find_base("empty", tmp_path, tmp_path, None)

    assert (folder, finding.state, finding.found) == (
        tmp_path / "models" / "mine",
        "ok",
        "models/mine, a folder with a model",
    )
    assert (none, problem.state) == (None, "problem")
    assert problem.found == "empty has no config.json and safetensors weights"


def test_the_embedded_model_is_made_missing_or_yet_to_be_made(tmp_path, monkeypatch):
    """It is not made here."""
    name = "smollm2-135m-instruct"
    monkeypatch.setattr(memory, "embedded_file", without_package)
    missing = find_base(name, tmp_path, tmp_path, None)
    monkeypatch.setattr(memory, "embedded_file", lambda: tmp_path)
    not_yet = find_base(name, tmp_path, tmp_path, None)
    made = base_in(tmp_path / "base" / f"{name}-0123456789ab")
    ready = find_base(name, tmp_path, tmp_path, None)
    monkeypatch.setattr(memory, "embedded_file", without_package)
    uninstalled = find_base(name, tmp_path, tmp_path, None)

    assert (missing[0], missing[1].state, missing[1].remedy) == (None, "problem", "install it")
    assert (not_yet[0], not_yet[1].state, not_yet[1].remedy) == (None, "note", "harness base-model does it now")
    assert (ready[0], ready[1].state) == (made, "ok")
    assert uninstalled == missing


def test_a_model_on_a_hub_is_looked_up_in_the_cache_alone(tmp_path):
    """The hub is not asked."""
    absent = find_base("org/name", tmp_path, tmp_path, tmp_path)
    copy = base_in(tmp_path / "models--org--name" / "snapshots" / COMMIT)
    (copy / "tokenizer.json").write_text("{}")
    there = find_base(f"org/name@{COMMIT}", tmp_path, tmp_path, tmp_path)

    assert (absent[0], absent[1].state, absent[1].remedy) == (None, "note", "harness base-model does it now")
    assert (there[0], there[1].state) == (copy, "ok")
    assert there[1].found.endswith("in the hub's cache at commit 0123456789ab")


@pytest.mark.parametrize(
    ("name", "remedy"), [("org/name", "pip install 'tunegate[train]'"), ("./nowhere", "correct base_model")]
)
def test_a_model_that_no_run_could_get_is_a_problem(tmp_path, name, remedy):
    """Without huggingface_hub, or without a folder of that name."""
    folder, finding = find_base(name, tmp_path, tmp_path, None)

    assert (folder, finding.state, finding.remedy) == (None, "problem", remedy)
