"""What a server's log says about memory."""

import pytest

from harness.engines.server.out_of_memory import KILLED, memory_advice


@pytest.mark.parametrize(
    ("log", "on_gpu", "setting"),
    [
        ("ValueError: ... on kv cache allocation is less. Decrease --kv-cache-memory-bytes, X", False, "memory_gib"),
        ("Free memory on device cuda:0 is less than desired GPU memory utilization (0.85)", True, "gpu_memory"),
        ("10 GiB KV cache is needed, which is larger than the available KV cache memory", False, "max_model_len"),
        ("ValueError: No available memory for the cache blocks. Try", True, "raise gpu_memory"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", True, "max_model_len"),
        ("RuntimeError: DefaultCPUAllocator: can't allocate memory", False, "memory_gib"),
    ],
)
def test_a_server_without_memory_names_the_setting_to_change(log, on_gpu, setting):
    """In vLLM's own words, as they stand in its logs."""
    advice = memory_advice(f"INFO starting\n{log}\n", 1, on_gpu=on_gpu)

    assert setting in advice
    assert "harness.toml" in advice


def test_a_server_that_was_killed_may_have_used_up_the_memory():
    """The kernel leaves no word in the log."""
    assert "memory_gib" in memory_advice("INFO starting", KILLED, on_gpu=False)


def test_any_other_end_has_nothing_to_do_with_memory():
    """No advice where there is no sign."""
    assert memory_advice("ValueError: unknown architecture", 1, on_gpu=False) == ""
