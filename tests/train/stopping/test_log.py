"""What gates said in a trainer's log: the best, the patience, and gates that fall while the loss does."""

import pytest

from harness.train.stopping.log import BEST_BY, entry_of, falling, gates_in, without_gain


def course(scores, losses):
    """Return a log of validations, two steps apart, the first before any step."""
    return [
        {"step": 2 * place, "eval_loss": loss, **entry_of({"a": score}, loss)}
        for place, (score, loss) in enumerate(zip(scores, losses, strict=True))
    ]


def test_scores_are_read_as_they_were_written():
    """Names can have anything in them."""
    assert gates_in({"step": 1, **entry_of({"a/b: f(x)": 0.25, "c": 1.0}, None)}) == {"a/b: f(x)": 0.25, "c": 1.0}


@pytest.mark.parametrize(
    ("scores", "losses", "stale"),
    [
        ([0.9, 0.5, 0.6], [3, 2, 1], 0),  # before the first step nothing counts
        ([0, 0.5, 0.5, 0.4], [3, 2, 1, 1], 1),  # equal gates, the better loss
        ([0, 0.5, 0.5, 0.5], [3, 1, 1, 1], 2),  # equal in all, the first
        ([0], [3], 0),
    ],
)
def test_validations_without_a_gain_are_counted_from_the_best(scores, losses, stale):
    """By the gates, then by the loss."""
    assert without_gain(course(scores, losses), BEST_BY, rises=True) == stale


@pytest.mark.parametrize(
    ("scores", "losses", "found"),
    [
        ([0, 0.9, 0.8], [3, 2, 1], True),
        ([0, 0.9, 0.86], [3, 2, 1], False),
        ([0, 0.9, 0.8], [3, 2, 2.5], False),  # the loss rises too: overfitting says so
        ([0.9, 0.5, 0.6], [3, 2, 1], False),
        ([0, 0.9], [3, 2], False),
    ],
)
def test_gates_that_fall_while_the_loss_falls_are_found(scores, losses, found):
    """By more than a rule of thumb."""
    assert bool(falling(course(scores, losses))) is found


def test_without_validation_rows_the_training_loss_counts():
    """The mean of the steps before each validation."""
    gates = [{"step": step, **entry_of({"a": score}, None)} for step, score in ((2, 0.9), (4, 0.2))]
    for losses, found in (((4, 4, 2, 2), True), ((2, 2, 4, 4), False)):
        trained = [{"step": step, "loss": loss} for step, loss in enumerate(losses, start=1)]
        assert bool(falling([*trained[:2], gates[0], *trained[2:], gates[1]])) is found
