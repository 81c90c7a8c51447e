"""Whether the base model is here, and whether the free memory is enough for it."""

import math
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.doctor.finding import Finding, State
from harness.engines.weights.hardware import Hardware, NumberFormat
from harness.errors import NoSuchModel
from harness.models.base_files import CONFIG, weights_of
from harness.models.embedded import EMBEDDED, embedded_file
from harness.models.hub_cache import hub_name, whole_copy
from harness.models.quantization import quantized_by
from harness.models.tensors import BITS, read_tensors
from harness.records.record import Record

GIB = 1 << 30
SIDES = 2
"""Baseline and candidate: merged, each is a whole model in memory."""
BYTES: Mapping[NumberFormat, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
SMALLER = "use a smaller model or dtype, or a machine with more memory"
FETCH = "harness base-model"


class GpuMemory(Record, frozen=True, kw_only=True):
    """Of the GPU with the least free memory, in bytes."""

    total: int
    free: int


def find_base(name: str, beside: Path, home: Path, cache: Path | None) -> tuple[Path | None, Finding]:
    """Return the folder of a base model where it is here, and what there is to say; nothing is made or fetched.

    ``cache`` is that of the hub; None without huggingface_hub.
    """
    expanded = Path(os.path.expanduser(name))  # noqa: PTH111 - a Path raises where a user has no home folder
    folder = next((one for one in (beside / name, expanded) if one.is_dir()), None)
    if folder is not None:
        if (folder / CONFIG).is_file() and weights_of(path.name for path in folder.iterdir()):
            return folder, _base("ok", f"{name}, a folder with a model")
        return None, _base("problem", f"{name} has no config.json and safetensors weights", "name a model's folder")
    return _find_embedded(home) if name == EMBEDDED else _find_on_hub(name, cache)


def _find_embedded(home: Path) -> tuple[Path | None, Finding]:
    try:
        embedded_file()
    except NoSuchModel as problem:  # a run asks for the package too, though the model was made already
        what, _, remedy = str(problem).partition("; ")
        return None, _base("problem", what, remedy)
    made = sorted(one for one in home.glob(f"base/{EMBEDDED}-*") if (one / CONFIG).is_file())
    if made:
        return made[-1], _base("ok", f"{EMBEDDED}, ready")
    return None, _base("note", f"{EMBEDDED} is not made yet; the first run does it", f"{FETCH} does it now")


def _find_on_hub(name: str, cache: Path | None) -> tuple[Path | None, Finding]:
    on_hub = hub_name(name)
    if on_hub is None:
        return None, _base("problem", f"{name}: no such folder, and no name of a model on a hub", "correct base_model")
    if cache is None:
        return None, _base("problem", f"{name}: huggingface_hub is not installed", "pip install 'tunegate[train]'")
    if copy := whole_copy(cache, on_hub):
        return copy, _base("ok", f"{name}, in the hub's cache at commit {copy.name[:12]}")
    return None, _base("note", f"{name} is not in the hub's cache; the first run fetches it", f"{FETCH} does it now")


def _base(state: State, found: str, remedy: str = "") -> Finding:
    return Finding(name="base model", state=state, found=found, remedy=remedy)


def weights_bytes(folder: Path, dtype: NumberFormat) -> int:
    """Return how much memory a model's weights take: in ``dtype``, or as they are where they are quantized.

    Raises:
        ValueError: a file of weights is damaged.
        NoSuchModel: its configuration can't be read.
    """
    names = weights_of(path.name for path in folder.iterdir() if path.is_file())
    tensors = [tensor for name in names for tensor in read_tensors(folder / name)]
    if quantized_by(folder):
        return sum(tensor.end - tensor.begin for tensor in tensors)
    return sum(math.prod(one.shape) * min(BYTES[dtype], BITS[one.dtype]) for one in tensors)


def check_memory(
    config: EngineConfig, hardware: Hardware, weights: int, free: int | None, gpu: GpuMemory | None
) -> Finding:
    """Check free memory against what the base model needs; ``weights`` and ``free`` are in bytes."""
    if hardware.has_gpu:
        return _check_gpu(config, weights, gpu)
    models, what = (1, "the weights") if config.kind == "transformers" else (SIDES, "each side's weights and cache")
    cache = 0 if config.kind == "transformers" else config.memory_gib * GIB
    need = models * (weights + cache)
    if free is None:
        return Finding(
            name="memory", state="note", found=f"{what} take {_gib(need)}; the free memory is not known here"
        )
    told = f"{_gib(free)} free; {what} take {_gib(need)}"
    if need <= free:
        return Finding(name="memory", state="ok", found=told)
    remedy = "stop other programs, or lower memory_gib under [engine]" if need - models * cache < free else SMALLER
    return Finding(name="memory", state="problem", found=told, remedy=remedy)


def _check_gpu(config: EngineConfig, weights: int, gpu: GpuMemory | None) -> Finding:
    if gpu is None:
        return Finding(
            name="memory", state="note", found=f"the weights take {_gib(weights)}; the GPU's memory is not known"
        )
    share = gpu.total if config.kind == "transformers" else int(gpu.total * config.gpu_memory)
    told = f"GPU {_gib(gpu.free)} of {_gib(gpu.total)} free; the weights take {_gib(weights)} of {_gib(share)} allowed"
    if weights >= share:
        return Finding(
            name="memory", state="problem", found=told, remedy=f"raise gpu_memory under [engine], or {SMALLER}"
        )
    least = weights if config.kind == "transformers" else share
    if gpu.free < least:
        remedy = "stop other programs on the GPU, or lower gpu_memory under [engine]"
        return Finding(name="memory", state="problem", found=told, remedy=remedy)
    return Finding(name="memory", state="ok", found=told)


def free_memory(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return how many bytes this process can still get, within a container's limit too; None where that isn't known."""
    meminfo = proc / "meminfo"
    told = meminfo.read_text(encoding="utf-8") if meminfo.is_file() else ""
    found = re.search(r"^MemAvailable:\s*(\d+) kB", told, re.MULTILINE)
    if found is None:
        return None
    inside = _free_inside(cgroup)
    return int(found[1]) * 1024 if inside is None else max(0, min(int(found[1]) * 1024, inside))


def _free_inside(cgroup: Path) -> int | None:
    """Return what a container's limit leaves; pages of files, which the kernel can drop, count as free."""
    limit, used = (_number_in(cgroup / name, r"(\d+)") for name in ("memory.max", "memory.current"))
    if limit is None or used is None:
        return None
    pages = (_number_in(cgroup / "memory.stat", rf"{name} (\d+)") for name in ("active_file", "inactive_file"))
    return limit - used + sum(number or 0 for number in pages)


def nvidia_memory() -> GpuMemory | None:
    """Ask nvidia-smi for the memory of the GPU that has the least free; None where it can't tell."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    asked = [tool, "--query-gpu=memory.total,memory.free", "--format=csv,noheader,nounits"]
    return least_free(subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout)


def least_free(told: str) -> GpuMemory | None:
    """Return the memory of the GPU with the least free, from nvidia-smi's lines in MiB.

    >>> least_free("81559, 81000" + chr(10) + "81559, 2000")
    GpuMemory(total=85520809984, free=2097152000)
    """
    found = [(int(total), int(free)) for total, free in re.findall(r"^(\d+), (\d+)$", told, re.MULTILINE)]
    total, free = min(found, key=lambda pair: pair[1], default=(0, 0))
    return GpuMemory(total=total << 20, free=free << 20) if found else None


def _number_in(path: Path, pattern: str) -> int | None:
    found = re.search(f"^{pattern}$", path.read_text(encoding="utf-8") if path.is_file() else "", re.MULTILINE)
    return int(found[1]) if found else None


def _gib(size: float) -> str:
    return f"{size / GIB:,.1f} GiB"
