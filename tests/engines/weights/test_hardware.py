"""The number format follows the hardware."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.engines.weights import hardware
from harness.engines.weights.hardware import Hardware, choose_dtype, cpu_flags, lowest_capability, this_cpu

PLAIN = Hardware(cores=(0,), cpu_flags=frozenset({"avx2", "avx512f"}))


@pytest.mark.parametrize(
    ("machine", "dtype"),
    [
        (PLAIN, "float32"),
        (Hardware(cores=(0,)), "float32"),
        (Hardware(cores=(0,), cpu_flags=frozenset({"avx512_bf16"})), "bfloat16"),
        (Hardware(cores=(0,), cpu_flags=frozenset({"amx_bf16"})), "bfloat16"),
        (Hardware(cores=(0,), has_gpu=True, gpu_capability=(7, 5)), "float16"),
        (Hardware(cores=(0,), has_gpu=True, gpu_capability=(8, 0)), "bfloat16"),
        (Hardware(cores=(0,), has_gpu=True, gpu_capability=(12, 0)), "bfloat16"),
        (Hardware(cores=(0,), has_gpu=True), "bfloat16"),
        (Hardware(cores=(0,), cpu_flags=frozenset({"avx512_bf16"}), has_gpu=True, gpu_capability=(7, 0)), "float16"),
    ],
)
def test_auto_takes_the_fastest_format_of_the_hardware(machine, dtype):
    """bfloat16 is slower than float32 on a CPU without instructions for it, and absent on old GPUs."""
    assert choose_dtype("auto", machine) == dtype


def test_a_chosen_format_is_kept():
    """A person who compares with another engine sets it."""
    assert choose_dtype("float16", PLAIN) == "float16"


@pytest.mark.parametrize("text", ["", "processor : 0\n", "Features : fp asimd\n", "flags", "bugs : avx512_bf16\n"])
def test_a_processor_that_tells_no_flags_has_none(text):
    """Other architectures write other words."""
    assert cpu_flags(text) == frozenset()


@pytest.mark.parametrize("told", ["", "No devices were found", "[N/A]"])
def test_a_gpu_tool_without_an_answer_tells_nothing(told):
    """A driver without a card is common in containers."""
    assert lowest_capability(told) is None


def test_the_weakest_of_several_gpus_decides():
    """One server may be put on any of them."""
    assert lowest_capability("8.9\n7.5\n10.0\n") == (7, 5)


def test_a_process_bound_to_one_core_sees_one_core():
    """A container's share of the machine counts, not the machine."""
    core = min(os.sched_getaffinity(0))
    root = str(Path(hardware.__file__).parents[3])
    code = (
        f"import os; os.sched_setaffinity(0, {{{core}}})\nfrom harness.engines.weights.hardware import this_cpu as t\n"
    )

    told = subprocess.run(
        [sys.executable, "-c", code + "print(t().cores)"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": root},
    ).stdout

    assert told.strip() == f"({core},)"
    assert not this_cpu().has_gpu
