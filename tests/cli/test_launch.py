"""`harness train --launch`: what can't be in several processes is refused before any is started."""

import pytest

from tests.train.tiny import write_tiny

SETTINGS = """output = "mine"
train = ["rows.jsonl"]
base_model = "tiny"
max_length = 128
rows_per_batch = 4
"""


@pytest.fixture
def settings(tmp_path):
    """Return the file of a training's settings."""
    write_tiny(tmp_path)
    (tmp_path / "train.toml").write_text(SETTINGS)
    return tmp_path / "train.toml"


def test_a_dry_run_of_several_processes_starts_none(settings, command):
    """It says what they would do."""
    code, told = command("train", str(settings), "--launch", "3", "--dry-run")

    assert code == 0
    assert "3 processes, DDP: 12 rows in each step" in told
    assert not (settings.parent / ".mine.partial").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--launch", "2", "--gate"], "several processes train, and no more"),
        (["--launch", "2", "--vary", "lora_rank=2,4"], "several processes train, and no more"),
        (["--launch", "2", "--cancel"], "several processes train, and no more"),
        (["--launch", "2", "--no-gate"], "several processes train, and no more"),
        (["--cancel", "--dry-run"], "--cancel ends a job, and does no more"),
        (["--launch", "fsdp2"], "needs GPUs"),
        (["--launch", "fsdp9"], "did you mean `fsdp"),
    ],
)
def test_what_several_processes_cant_do_is_refused(options, told, settings, command):
    """In words."""
    code, found = command("train", str(settings), *options)

    assert code == 2
    assert told in found


def test_a_process_of_several_starts_no_others(settings, command, monkeypatch):
    """As under torchrun."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")

    code, told = command("train", str(settings), "--launch", "2")

    assert code == 2
    assert "one of several already" in told


def test_a_launcher_that_starts_one_process_is_heard(settings, command, monkeypatch):
    """FSDP keeps 4-bit weights in another type also then; the settings of the environment hold for one process too."""
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "2")

    code, told = command("train", str(settings), "--dry-run")

    assert code == 2
    assert "needs GPUs" in told
