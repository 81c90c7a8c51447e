"""How much memory a training takes by the formula, and what to lower where it was full."""

import errno
from pathlib import Path

import msgspec
import pytest

from harness.errors import DataError, TrainingError
from harness.train.attention import choose_batches
from harness.train.job import Job
from harness.train.memory import Measured, Shape, estimate, to_lower
from harness.train.quantized import TrainingDevice
from harness.train.room import full_told
from harness.train.tokens import TokenRow
from tests.train.tiny import config

GIB = 1 << 30
SHAPE = Shape(
    weights=8_030_000_000, linear=6_980_000_000, trainable=42_000_000, layers=32, hidden=4096, vocabulary=128_256
)
"""A Llama of 8 billion weights, with rank 16 on all linear layers."""


def test_the_formula_gives_the_known_sizes_of_a_large_model():
    """QLoRA's weights of an 8B model are about 5.3 GiB with the embeddings, plain ones 15, all trained 120."""
    qlora, lora, full = (
        estimate(SHAPE, config(method=method, lora_rank=None), 2048, 1024, 2) for method in ("qlora", "lora", "full")
    )

    assert qlora.weights / GIB == pytest.approx(5.31, abs=0.01)
    assert lora.weights / GIB == pytest.approx(14.96, abs=0.01)
    assert (full.weights + full.trained) / GIB == pytest.approx(119.7, abs=0.1)
    assert qlora.activations == 34 * 2048 * 4096 * 32
    assert qlora.total == qlora.weights + qlora.trained + qlora.activations + qlora.logits


def test_gradient_checkpointing_keeps_the_inputs_of_layers_and_one_layer():
    """A fifteenth or so."""
    kept = estimate(SHAPE, config(gradient_checkpointing=True), 2048, 1024, 2).activations

    assert kept == (2 * 32 + 34) * 2048 * 4096


MEASURED = Measured(before=6 * GIB, most=14 * GIB, tokens=4_000, limit=12 * GIB)


def test_what_to_lower_comes_in_order_with_values_that_fit_by_measuring():
    """On the line through what was measured: 4.8 GiB are left of 12 with a tenth to spare, for 2,400 tokens."""
    ways = to_lower(config(rows_per_batch=8), 500, MEASURED)

    assert ways == (
        "rows_per_batch = 4 and gradient_accumulation = 2 (measured: 2,400 tokens of a batch fit)",
        "gradient_checkpointing = true",
        "lora_rank = 1",
        'optim = "paged_adamw_8bit" under [trainer]',
        "a smaller base model",
    )


@pytest.mark.parametrize(
    ("changed", "longest", "measured", "expected"),
    [
        ({"rows_per_batch": 8}, 500, None, ["rows_per_batch = 4 and gradient_accumulation = 2"]),
        ({"rows_per_batch": 1, "gradient_checkpointing": True}, 3_000, MEASURED, ["rows of at most 2,400 tokens"]),
        ({"rows_per_batch": 1, "packing": True, "max_length": 900}, 500, None, ["max_length = 500"]),
        ({"method": "full", "lora_rank": None}, 9, None, ['method = "lora"']),
        ({"method": "lora"}, 9, None, ['method = "qlora"']),
        ({"method": "dora"}, 9, None, ['quantization = "nf4"']),
    ],
)
def test_what_to_lower_follows_from_the_settings(changed, longest, measured, expected):
    """Nothing is named that is done already."""
    told = "; ".join(to_lower(config(**changed), longest, measured))

    assert all(one in told for one in expected)
    assert ("gradient_checkpointing = true" in told) is not changed.get("gradient_checkpointing", False)


@pytest.fixture
def job(tmp_path):
    """Return a job of one row."""
    return Job(
        config=config(),
        device=TrainingDevice(kind="cpu", name="CPU", dtype="float32"),
        batches=choose_batches(config(), ()),
        place=Path("train.toml"),
        base=tmp_path,
        train=(TokenRow(input_ids=(1, 2), labels=(1, 2)),),
        validation=(),
        work=tmp_path / ".mine.partial",
    )


def raised(job, problem):
    """Return what a problem during a training becomes."""
    with pytest.raises(Exception) as caught, full_told(job, lambda: None):  # noqa: PT011 - any
        raise problem
    return caught.value


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("[enforce fail at inline_container.cc:603] . unexpected pos 64 vs 0"),
        RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_with_how_to_go_on(job, problem):
    """Whichever library wrote."""
    told = raised(job, problem)

    assert isinstance(told, TrainingError)
    assert "the disk is full" in str(told)
    assert "continues from the last whole checkpoint" in str(told)


def test_full_memory_is_told_with_what_to_lower(job):
    """First of all fewer rows at once."""
    import torch

    for problem in (
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ):
        told = raised(job, problem)
        assert isinstance(told, TrainingError)
        assert "CPU: the memory is full" in str(told)
        assert "(1) rows_per_batch = 3 and gradient_accumulation = 2; (2) gradient_checkpointing = true" in str(told)


@pytest.mark.parametrize("problem", [RuntimeError("shape"), OSError(errno.EACCES, "no"), DataError("a"), KeyError("k")])
def test_what_is_no_lack_of_room_passes(job, problem):
    """As it is."""
    assert raised(job, problem) is problem


def test_a_full_disk_during_a_checkpoint_leaves_the_one_before(job, tmp_path, monkeypatch):
    """The half-written one is removed at the next start, and the training goes on from there."""
    from transformers import Trainer

    from tests.train.tiny import trained, write_tiny

    write_tiny(tmp_path)
    write = Trainer._save_optimizer_and_scheduler
    calls = []

    def full(self, folder) -> None:
        calls.append(folder)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, folder)

    monkeypatch.setattr(Trainer, "_save_optimizer_and_scheduler", full)
    settings = {"method": "lora", "epochs": 2.0, "validations": 4}
    with pytest.raises(TrainingError, match="the disk is full"):
        trained(tmp_path, **settings)
    kept = sorted(path.name for path in (tmp_path / ".mine.partial").glob("checkpoint-*"))

    manifest = trained(tmp_path, **settings)

    assert kept == ["checkpoint-1", "checkpoint-2"]
    assert [point.step for point in manifest.train_losses] == [1, 2, 3, 4]
    assert msgspec.json.decode((tmp_path / "mine" / "manifest.json").read_bytes())["steps"] == 4


def test_a_full_disk_while_the_result_is_gathered_is_told_and_leaves_nothing_half_made(tmp_path, monkeypatch):
    """The same command gathers it again, without another step."""
    from harness.train import results
    from tests.train.tiny import trained, write_tiny

    write_tiny(tmp_path)
    copy = results.shutil.copytree

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(results.shutil, "copytree", full)
    with pytest.raises(TrainingError, match="the disk is full, so nothing more could be written"):
        trained(tmp_path, method="lora")
    assert not (tmp_path / "mine").exists()
    monkeypatch.setattr(results.shutil, "copytree", copy)

    assert trained(tmp_path, method="lora").steps == 2
    assert not (tmp_path / ".mine.partial").exists()
