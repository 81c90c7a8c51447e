"""The course of a training: from the trainer's log, and as it is read again."""

import math

import msgspec

from harness.train.curve import Curve, Point, curve_of, curve_of_manifest, read_curve, write_curve
from harness.train.manifest import Loss
from tests.train.made import manifest


def test_each_step_is_a_point_with_all_that_was_measured_there():
    """In order; what is no number is left out, and where a step was logged twice the later figure counts."""
    log = [
        {"step": 2, "loss": 1.23456789, "learning_rate": 2e-4, "grad_norm": math.nan, "epoch": 0.5},
        {"step": 2, "eval_loss": 1.5, "eval_gate/a": 0.25, "eval_gate/b": math.inf, "eval_gates": 0.25},
        {"step": 1, "loss": 9.0},
        {"step": 1, "loss": 2.0, "grad_norm": 0.5},
        {"step": 3, "train_runtime": 5.0},
        {"loss": 7.0},
    ]

    curve = curve_of("mine", 2, log)

    assert curve.points == (
        Point(step=1, loss=2.0, gradient_norm=0.5),
        Point(step=2, loss=1.23457, learning_rate=2e-4, validation_loss=1.5, gates={"a": 0.25}),
    )


def test_a_curve_is_read_as_it_was_written(tmp_path):
    """One that can't be read is none."""
    curve = Curve(name="mine", kept=1, points=(Point(step=1, loss=1.0, gates={"a": 0.5}),))
    write_curve(tmp_path, curve)

    assert read_curve(tmp_path) == curve
    (tmp_path / "curve.json").write_text('{"name": 5}')
    assert read_curve(tmp_path) is None
    assert read_curve(tmp_path / "nowhere") is None


def test_an_adapter_of_an_earlier_version_has_the_losses_of_its_manifest():
    """Nothing else is known of it."""
    losses = (Loss(step=1, loss=2.0), Loss(step=2, loss=1.0))
    earlier = msgspec.structs.replace(manifest(), step=2, train_losses=losses, validation_losses=losses[1:])

    curve = curve_of_manifest(earlier)

    assert curve.kept == 2
    assert curve.points == (Point(step=1, loss=2.0), Point(step=2, loss=1.0, validation_loss=1.0))
