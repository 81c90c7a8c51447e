"""Each finding shows on a history that has it, and none on one that goes well."""

import math
import random

import pytest

from harness.train.findings import Course, beforehand, in_history, near_zero

COURSE = Course(steps_per_epoch=50, learning_rate=2e-4, max_grad_norm=1.0)
VALIDATED = {25: 1.6, 50: 1.3, 75: 1.1, 100: 1.0}


def history(losses=None, norms=None, validated=None):
    """Return a log of a hundred steps: the loss falls from 2.5, with some noise, unless it is given."""
    losses = losses or [0.8 + 1.7 * math.exp(-step / 30) + 0.1 * (-1) ** step for step in range(100)]
    norms = norms or [0.5 + 0.8 * (step % 3 == 0) for step in range(len(losses))]
    found = []
    for step, (loss, norm) in enumerate(zip(losses, norms, strict=True), 1):
        found.append({"step": step, "loss": loss, "grad_norm": norm, "learning_rate": 1e-4})
        if step in (validated or VALIDATED):
            found.append({"step": step, "eval_loss": (validated or VALIDATED)[step]})
    return found


def kinds(found):
    """Return the kinds of findings."""
    return [one.kind for one in found]


def test_a_training_that_goes_well_shows_nothing():
    """At no moment of it."""
    whole = history()

    assert [kinds(in_history(whole[:length], COURSE)) for length in range(len(whole) + 1)] == [[]] * (len(whole) + 1)


@pytest.mark.parametrize("seed", range(20))
def test_the_noise_of_batches_of_one_row_is_neither_a_spike_nor_too_hot(seed):
    """Losses of single rows differ by half; they fall slowly all the same."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    losses = [(0.7 + 0.5 * math.exp(-step / 100)) * math.exp(0.5 * chance.gauss(0, 1)) for step in range(300)]

    assert {"spike", "too-hot"}.isdisjoint(kinds(in_history(history(losses), COURSE)))


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_told_with_the_epochs_to_set():
    """At the step where it is seen; the best weights are those that are kept."""
    whole = history(validated={25: 1.6, 50: 1.3, 75: 1.31, 100: 1.5})

    (found,) = in_history(whole, COURSE)

    assert (found.kind, found.step) == ("overfitting", 100)
    assert "rises to 1.500, from 1.300 at step 50" in found.found
    assert found.remedy == "set epochs to about 1, or add rows; the weights of step 50 are kept"
    assert kinds(in_history([one for one in whole if one["step"] <= 75], COURSE)) == []  # within a hundredth


def test_a_validation_loss_that_rises_with_the_training_loss_is_no_overfitting():
    """Then the training goes wrong, which has a name of its own."""
    rising = [2.0 + 0.02 * step for step in range(100)]

    assert kinds(in_history(history(rising, validated={50: 1.0, 100: 2.0}), COURSE)) == ["too-hot", "not-learning"]


def test_a_loss_that_has_not_fallen_after_an_epoch_is_told():
    """Not before."""
    flat = [2.0 + 0.1 * (-1) ** step for step in range(100)]
    whole = history(flat)

    assert kinds(in_history([one for one in whole if one["step"] < 50], COURSE)) == []
    (found,) = in_history(whole, COURSE)
    assert (found.kind, found.step) == ("not-learning", 50)
    assert "is 2.00, and was 2.00" in found.found
    assert "raise learning_rate to 0.0006" in found.remedy


def test_a_spike_is_told_once_with_what_was_usual():
    """The first one; the noise of small rows is none."""
    losses = [1.0] * 40 + [4.0] + [0.9] * 40 + [5.0] + [0.8] * 18

    found = [one for one in in_history(history(losses), COURSE) if one.kind == "spike"]

    assert [(one.step, one.found) for one in found] == [(41, "the loss jumps to 4.00, from 1.00 in the steps before")]
    assert kinds(in_history(history([0.1 + 0.2 * (step % 7 == 0) for step in range(100)]), COURSE)) == ["not-learning"]


@pytest.mark.parametrize(
    ("changed", "halves", "expected"),
    [
        ({"losses": [1.0, math.nan]}, False, "the loss is nan"),
        ({"losses": [1.0, 1.0], "norms": [1.0, math.nan]}, False, "the gradient's norm is nan"),
        ({"losses": [1.0, 1.0], "norms": [1.0, math.inf]}, False, "the gradient's norm is inf"),
        ({"losses": [1.0, 1.0], "norms": [1.0, math.inf]}, True, None),
    ],
)
def test_what_is_no_number_is_told(changed, halves, expected):
    """Not what float16's scaler makes on purpose."""
    course = Course(steps_per_epoch=50, learning_rate=2e-4, max_grad_norm=1.0, halves=halves)

    found = in_history(history(**changed), course)

    assert [(one.step, one.found) for one in found] == ([] if expected is None else [(2, expected)])


def test_a_learning_rate_that_is_too_hot_is_told_early():
    """The loss rises above where it began, for several steps."""
    losses = [2.0] * 5 + [2.0 + 0.3 * step for step in range(20)]

    found = next(one for one in in_history(history(losses), COURSE) if one.kind == "too-hot")

    assert found.step < 14
    assert found.remedy == "lower learning_rate to 6.7e-05"


def test_gradients_that_are_clipped_at_every_step_are_told_with_their_usual_norm():
    """One that is not clipped is enough to be silent, and twenty steps are needed."""
    many = [3.0] * 100

    (found,) = in_history(history(norms=many), COURSE)

    assert (found.kind, found.step) == ("always-clipped", 100)
    assert "raise max_grad_norm to about 3" in found.remedy
    assert kinds(in_history(history(norms=[*many[:-1], 1.0]), COURSE)) == []
    assert kinds(in_history(history(losses=[2.0] * 19, norms=[3.0] * 19), COURSE)) == []


def test_an_adapter_that_changes_nothing_is_told():
    """The norm is that of what it adds to the weights."""
    assert near_zero(1e-6, 7) == ()
    (found,) = near_zero(1e-9, 7)
    assert (found.kind, found.step) == ("near-zero", 7)
    assert "1e-09" in found.found


@pytest.mark.parametrize(
    ("padding", "epochs", "expected"),
    [
        (0.3, 5.0, []),
        (0.31, 1.0, ["padding"]),
        (None, 5.1, ["seen-too-often"]),
        (0.9, 9.0, ["padding", "seen-too-often"]),
    ],
)
def test_padding_and_repetition_are_known_before_the_first_step(padding, epochs, expected):
    """More than 30 %, and more than five times."""
    found = beforehand(padding, epochs)

    assert kinds(found) == expected
    assert not any(one.step for one in found)


def test_a_finding_is_told_in_one_line():
    """Where, what, and the remedy."""
    (found,) = near_zero(0.0, 7)

    assert found.told.startswith("step 7: the adapter changes")
    assert "; raise learning_rate" in found.told
    assert beforehand(0.5, 1)[0].told == (
        "50% of what is read is padding; set packing = true, or lower rows_per_batch and raise gradient_accumulation"
    )


def test_the_norm_of_an_adapter_is_that_of_what_it_adds():
    """Computed without the product, it is the product's."""
    import torch
    from peft import LoraConfig, get_peft_model

    from harness.train.norm import change_of

    torch.manual_seed(0)
    base = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Linear(5, 3))
    model = get_peft_model(base, LoraConfig(r=2, lora_alpha=6, target_modules=["0", "1"]))
    assert change_of(model) == 0
    changes = []
    for layer in (model.base_model.model[0], model.base_model.model[1]):
        torch.nn.init.normal_(layer.lora_B["default"].weight)
        changes.append(3 * (layer.lora_B["default"].weight @ layer.lora_A["default"].weight).flatten())

    expected = torch.cat(changes).square().mean().sqrt().item()

    assert change_of(model) == pytest.approx(expected, rel=1e-5)
    assert change_of(torch.nn.Linear(2, 2)) is None
