"""Checkpoints by the clock."""

from types import SimpleNamespace

import pytest

from harness.train.watch import keep_by_the_clock


@pytest.mark.parametrize(("every_s", "kept"), [(0.0, True), (3600.0, False)])
def test_a_checkpoint_is_kept_when_the_last_one_is_old(every_s, kept):
    """However rarely the training validates."""
    callback = keep_by_the_clock(every_s)
    control = SimpleNamespace(should_save=False)
    callback.on_train_begin(None, None, control)

    callback.on_step_end(None, None, control)

    assert control.should_save is kept
