"""Where a training computes, and in which number format."""

import pytest

from harness.engines.weights.hardware import Hardware
from harness.train.quantized import TrainingDevice, device_of


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
            TrainingDevice(kind="cuda", name="Card", dtype="float16"),
        ),
        (
            Hardware(cores=(0,), has_gpu=True, gpu_capability=(9, 0)),
            TrainingDevice(kind="cuda", name="Card", dtype="bfloat16"),
        ),
    ],
)
def test_a_training_computes_in_the_format_that_engines_choose(hardware, device):
    """One rule for both: an adapter is trained in the format in which it will be served."""
    assert device_of(hardware, "Card") == device
