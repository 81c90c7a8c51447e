"""Tell from a server's log whether it ran out of memory, and name the setting to change."""

import re
from collections.abc import Mapping

from harness.engines.http.endpoint import WHERE

KILLED = 128 + 9
"""Exit code of a process that SIGKILL ended; the kernel sends it when the machine runs out of memory."""

ADVICE: Mapping[str, tuple[str, str]] = {
    r"larger than the available KV cache memory": (
        "the key-value cache is too small for one full context: lower max_model_len, or raise memory_gib",
        "the key-value cache is too small for one full context: lower max_model_len, or raise gpu_memory",
    ),
    r"No available memory for the cache blocks": (
        "the weights leave no memory for the key-value cache: raise memory_gib, or set a smaller dtype",
        "the weights leave no memory for the key-value cache: raise gpu_memory, or set a smaller dtype",
    ),
    r"Decrease --kv-cache-memory-bytes|is less than desired \w+ memory utilization": (
        "the machine has less free memory than the key-value cache asks for: lower memory_gib",
        "the GPU has less free memory than asked for: lower gpu_memory, or stop other programs on it",
    ),
    r"out of memory|OutOfMemory|[Cc]an(?:no|')t allocate memory|bad_alloc": (
        "out of memory: lower memory_gib or max_model_len",
        "out of memory: lower max_model_len or max_in_flight, or lower gpu_memory if other programs share the GPU",
    ),
}
"""What the log says, and what to do about it on a CPU and on a GPU; the first that fits is taken."""


def memory_advice(log: str, exit_code: int | None, *, on_gpu: bool) -> str:
    """Return what to change when a server ran out of memory; nothing when there is no sign of that."""
    for sign, advice in ADVICE.items():
        if re.search(sign, log):
            return f"{advice[on_gpu]} ({WHERE})"
    if exit_code == KILLED:
        return f"killed from outside, perhaps because the machine ran out of memory: lower memory_gib ({WHERE})"
    return ""
