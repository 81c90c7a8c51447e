"""Checkpoints by the clock, the time that a training took, and when it refuses to continue."""

from types import SimpleNamespace

import pytest

from harness.errors import TrainingError
from harness.train.findings import Course
from harness.train.watch import check_loss, keep_by_the_clock, seconds_so_far

COURSE = Course(steps_per_epoch=10, learning_rate=0.3, max_grad_norm=1.0)


@pytest.mark.parametrize(("every_s", "kept"), [(0.0, True), (3600.0, False)])
def test_a_checkpoint_is_kept_when_the_last_one_is_old(every_s, kept):
    """However rarely the training validates."""
    callback = keep_by_the_clock(every_s)
    control = SimpleNamespace(should_save=False)
    callback.on_train_begin(None, None, control)

    callback.on_step_end(SimpleNamespace(world_size=1), None, control)

    assert control.should_save is kept


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training(loss):
    """The text says which setting to lower."""
    with pytest.raises(TrainingError, match=r"at step 7; lower learning_rate to 0\.1"):
        check_loss(loss, 7, COURSE)


def test_the_time_before_a_kill_counts():
    """It is read from the history that the checkpoint keeps."""
    assert seconds_so_far([]) == 0.0
    assert seconds_so_far([{"loss": 1.0, "seconds": 3.0}, {"eval_loss": 1.0, "seconds": 5.0}, {"loss": 2.0}]) == 5.0
