"""Where a training computes, and in which number format."""

import pytest

from harness.engines.weights.hardware import Hardware
from harness.train.quantized import TrainingDevice, device_of, local_rank


@pytest.mark.parametrize(
    ("hardware", "device"),
    [
        (Hardware(cores=(0,)), TrainingDevice(kind="cpu", name="CPU", dtype="float32")),
        (
            Hardware(cores=(0,), cpu_flags=frozenset({"avx512_bf16"})),
            TrainingDevice(kind="cpu", name="CPU", dtype="bfloat16"),
        ),
        (
            Hardware(cores=(0,), cpu_flags=frozenset({"amx_bf16"})),
            TrainingDevice(kind="cpu", name="CPU", dtype="bfloat16"),
        ),
        (
            Hardware(cores=(0,), has_gpu=True, gpu_capability=(7, 5)),
            TrainingDevice(kind="cuda", name="Card", dtype="float16", capability=(7, 5)),
        ),
        (
            Hardware(cores=(0,), has_gpu=True, gpu_capability=(9, 0)),
            TrainingDevice(kind="cuda", name="Card", dtype="bfloat16", capability=(9, 0)),
        ),
    ],
)
def test_a_training_computes_in_the_format_that_engines_choose(hardware, device):
    """One rule for both: an adapter is trained in the format in which it will be served."""
    assert device_of(hardware, "Card") == device


def test_each_process_of_a_launcher_has_a_card_of_its_own():
    """By LOCAL_RANK; without a launcher it is the first one."""
    hardware = Hardware(cores=(0,), has_gpu=True, gpu_capability=(9, 0))

    assert [local_rank(one) for one in ({}, {"LOCAL_RANK": "3"}, {"LOCAL_RANK": "no"})] == [0, 3, 0]
    assert device_of(hardware, "Card", 3).place == "cuda:3"
    assert device_of(Hardware(cores=(0,))).place == "cpu"
