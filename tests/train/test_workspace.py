"""The work folder: kept for the same training, emptied for another, published by one rename."""

import zipfile
from pathlib import Path

import msgspec
import pytest

from harness.errors import TrainingError
from harness.train.config import TrainConfig
from harness.train.spread import Spread
from harness.train.workspace import DONE, last_checkpoint, publish, workspace

CONFIG = TrainConfig(output="mine", train=("train.jsonl",))
HOTTER = msgspec.structs.replace(CONFIG, learning_rate=1.0)


def checkpoint(work: Path, step: int, state: str | None = "{}") -> Path:
    """Make a checkpoint; without state it is half-written."""
    folder = work / f"checkpoint-{step}"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    if state is not None:
        (folder / DONE).write_text(state)
    return folder


def adapter(folder: Path, weights: bytes) -> Path:
    """Make what looks like an adapter."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def test_the_same_training_finds_its_checkpoints_again(tmp_path):
    """The newest by number, not by name: 10 comes after 9."""
    output = tmp_path / "mine"
    with workspace(output, "key", CONFIG) as work:
        checkpoint(work, 9)
        newest = checkpoint(work, 10)

    with workspace(output, "key", CONFIG) as work:
        assert last_checkpoint(work) == newest


def test_another_training_starts_anew(tmp_path):
    """Checkpoints of other settings, data or base model must not flow into it."""
    output = tmp_path / "mine"
    with workspace(output, "key", CONFIG) as work:
        checkpoint(work, 9)

    with workspace(output, "other", HOTTER) as work:
        assert last_checkpoint(work) is None


@pytest.mark.parametrize("state", [None, "", '{"step": 1'])
def test_a_half_written_checkpoint_is_passed_over(state, tmp_path):
    """A kill can fall into the writing; the one before serves."""
    whole = checkpoint(tmp_path, 5)
    half = checkpoint(tmp_path, 10, state)

    assert last_checkpoint(tmp_path) == whole
    assert not half.exists()


def test_two_trainings_of_one_adapter_are_refused(tmp_path):
    """They would write over each other's checkpoints."""
    with (
        workspace(tmp_path / "mine", "key", CONFIG),
        pytest.raises(TrainingError, match="another training"),
        workspace(tmp_path / "mine", "key", CONFIG),
    ):
        pass


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_output_that_is_no_adapter_is_refused(kind, tmp_path):
    """A slip in a path must not move someone's folder away."""
    output = tmp_path / "thesis"
    if kind == "folder":
        output.mkdir()
        (output / "chapter.txt").write_text("words")
    else:
        output.write_text("words")

    with pytest.raises(TrainingError, match="is not an adapter"), workspace(output, "key", CONFIG):
        pass


def test_an_earlier_adapter_is_kept_under_a_new_name(tmp_path):
    """Training again never loses what was there, also the third time."""
    output = adapter(tmp_path / "mine", b"one")

    kept = publish(adapter(tmp_path / "second", b"two"), output)
    kept_again = publish(adapter(tmp_path / "third", b"three"), output)

    assert (kept, kept_again) == (tmp_path / "mine.1", tmp_path / "mine.2")
    assert [(tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("mine.1", "mine.2", "mine")] == [
        b"one",
        b"two",
        b"three",
    ]


def test_an_empty_folder_is_no_adapter_to_keep(tmp_path):
    """It is simply filled."""
    output = tmp_path / "mine"
    output.mkdir()

    assert publish(adapter(tmp_path / "second", b"two"), output) is None
    assert (output / "adapter_model.safetensors").is_file()


def test_a_training_under_other_settings_starts_anew_and_the_earlier_one_can_go_on(tmp_path, capfd):
    """What differs is named; its checkpoints are kept until a third training is stopped too."""
    output = tmp_path / "mine"
    with workspace(output, "key", CONFIG) as work:
        checkpoint(work, 9)

    with workspace(output, "other", HOTTER) as work:
        assert last_checkpoint(work) is None
        checkpoint(work, 3)
    told = capfd.readouterr().err

    with workspace(output, "key", CONFIG) as work:
        assert last_checkpoint(work) == work / "checkpoint-9"
    with workspace(output, "other", HOTTER) as work:
        assert last_checkpoint(work) == work / "checkpoint-3"
    assert "with other settings (learning_rate = 0.0002, now 1.0) stopped before it was finished" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.partial", ".mine.partial.earlier"]


def test_other_rows_start_anew_too(tmp_path, capfd):
    """The settings are the same then, so the text says what is not."""
    with workspace(tmp_path / "mine", "key", CONFIG) as work:
        checkpoint(work, 9)

    with workspace(tmp_path / "mine", "other", CONFIG) as work:
        assert last_checkpoint(work) is None

    assert "with other rows, or on another base model stopped" in capfd.readouterr().err


def test_a_training_without_a_whole_checkpoint_leaves_nothing_aside(tmp_path, capfd):
    """There is nothing that could go on."""
    with workspace(tmp_path / "mine", "key", CONFIG) as work:
        checkpoint(work, 9, None)

    with workspace(tmp_path / "mine", "other", HOTTER):
        pass

    assert [path.name for path in tmp_path.iterdir()] == [".mine.partial"]
    assert capfd.readouterr().err == ""


def test_another_number_of_processes_is_another_training(tmp_path, capfd):
    """Which is said; and a checkpoint counts only when each process has written its state."""
    pair = Spread(processes=2)
    with workspace(tmp_path / "mine", "pair", CONFIG, pair) as work:
        whole = checkpoint(work, 4)
        half = checkpoint(work, 6)
        for folder, states in ((whole, 2), (half, 1)):
            for index in range(states):
                with zipfile.ZipFile(folder / f"rng_state_{index}.pth", "w"):
                    pass
        (half / "rng_state_1.pth").write_bytes(b"PK")
        assert last_checkpoint(work, 2) == whole
        assert not half.exists()

    with workspace(tmp_path / "mine", "alone", CONFIG) as work:
        assert last_checkpoint(work) is None

    assert "with other settings (2 processes, DDP, now one process)" in capfd.readouterr().err
