"""What this machine can compute with, and the number format that suits it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from harness.config.engine import Dtype
from harness.records.record import Record

NumberFormat = Literal["float32", "bfloat16", "float16"]
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
BFLOAT16_CAPABILITY = (8, 0)


class Hardware(Record, kw_only=True, frozen=True):
    """The facts that decide how a model is run. ``gpu_capability`` is None on a CPU, and on a GPU not from NVIDIA."""

    cores: tuple[int, ...]
    """Numbers of the cores that this process can use."""
    cpu_flags: frozenset[str] = frozenset()
    has_gpu: bool = False
    gpu_capability: tuple[int, int] | None = None


def this_cpu() -> Hardware:
    """Return the facts of this machine's processor, as if it had no GPU."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = tuple(sorted(affinity(0))) if affinity else tuple(range(os.cpu_count() or 1))
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpu_flags(cpuinfo.read_text(encoding="utf-8")) if cpuinfo.is_file() else frozenset()
    return Hardware(cores=cores, cpu_flags=flags)


def cpu_flags(cpuinfo: str) -> frozenset[str]:
    """Return the flags of the first processor in the text of /proc/cpuinfo.

    >>> sorted(cpu_flags("processor : 0" + chr(10) + "flags : fpu avx512_bf16"))
    ['avx512_bf16', 'fpu']
    """
    found = re.search(r"^flags[ \t]*:(.*)$", cpuinfo, re.MULTILINE)
    return frozenset(found.group(1).split()) if found else frozenset()


def nvidia_capability() -> tuple[int, int] | None:
    """Ask nvidia-smi for the lowest compute capability of the GPUs; None when it can't tell."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    asked = [tool, "--query-gpu=compute_cap", "--format=csv,noheader"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
    return lowest_capability(told)


def lowest_capability(told: str) -> tuple[int, int] | None:
    """Return the lowest version in nvidia-smi's answer.

    >>> lowest_capability("8.9 7.5")
    (7, 5)
    """
    found = [(int(major), int(minor)) for major, minor in re.findall(r"\b(\d+)\.(\d+)\b", told)]
    return min(found, default=None)


def choose_dtype(wanted: Dtype, hardware: Hardware) -> NumberFormat:
    """Return the number format for weights and activations; ``auto`` is the fastest that the hardware has."""
    if wanted != "auto":
        return wanted
    if hardware.has_gpu:
        capability = hardware.gpu_capability
        return "float16" if capability and capability < BFLOAT16_CAPABILITY else "bfloat16"
    return "bfloat16" if hardware.cpu_flags & BFLOAT16_FLAGS else "float32"
