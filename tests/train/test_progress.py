"""What a training shows, and when it refuses to go on."""

import pytest

from harness.errors import TrainingError
from harness.train.progress import TrainingProgress, time_of
from harness.train.watch import check_loss, seconds_so_far


def test_without_a_terminal_lines_go_to_standard_error(capsys):
    """A validation loss is always said; standard output stays clean."""
    with TrainingProgress(10, 0) as progress:
        progress.train_loss(1, 2.0)
        progress.validation_loss(1, 1.5)

    shown = capsys.readouterr()
    assert shown.err.splitlines() == ["step 1/10: validation loss 1.500"]
    assert shown.out == ""


def test_steps_show_now_and_then(capsys, monkeypatch):
    """Once the time is up, with step, loss and time left."""
    monkeypatch.setattr("harness.train.progress.LINE_EVERY_S", -1.0)

    with TrainingProgress(10, 4) as progress:
        progress.train_loss(5, 2.0)

    assert "step 5/10, loss 2.000, 0:0" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3671, "61:11")])
def test_durations_read_as_minutes(seconds, text):
    """Cut, not rounded, so that 59.9 s is no 0:60."""
    assert time_of(seconds) == text


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training(loss):
    """The text says which setting to lower."""
    with pytest.raises(TrainingError, match="at step 7; lower learning_rate"):
        check_loss(loss, 7)


def test_the_time_before_a_kill_counts():
    """It is read from the history that the checkpoint keeps."""
    assert seconds_so_far([]) == 0.0
    assert seconds_so_far([{"loss": 1.0, "seconds": 3.0}, {"eval_loss": 1.0, "seconds": 5.0}, {"loss": 2.0}]) == 5.0
