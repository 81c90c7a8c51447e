"""A sweep: everything is checked first, each combination is trained once, and one that fails ends no other."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, TrainingError
from harness.train.config import TrainConfig
from harness.train.manifest import read_manifest
from harness.train.sweep.combined import combinations
from harness.train.sweep.trained import check_sweep, cost_of, refuse_gating, train_sweep, trainer_of
from harness.train.sweep.varied import read_varied
from tests.train.tiny import write_tiny

SETTINGS = """output = "adapters/mine"
train = ["rows.jsonl"]
validation = "held_out.jsonl"
base_model = "tiny"
method = "lora"
rows_per_batch = 6
max_length = 128
"""


@pytest.fixture
def settings(tmp_path):
    """Return settings with a tiny base model and rows beside them."""
    write_tiny(tmp_path)
    (tmp_path / "train.toml").write_text(SETTINGS)
    return tmp_path / "train.toml"


def combined(settings: Path, *words: str):
    """Return the combinations of what was typed."""
    return combinations(settings, read_varied(words), None)


def test_two_trainings_that_one_of_which_breaks_leave_the_other_and_a_second_time_nothing_is_trained(settings, capfd):
    """A learning rate that is too hot by far gives NaN; the one that was trained says of which sweep it is."""
    found = combined(settings, "learning_rate=1e-3,1e30", "lora_rank=2")
    before = cost_of(check_sweep(found, settings))

    good, hot = train_sweep(found, "mine", trainer_of(settings))

    manifest = read_manifest(settings.parent / "adapters" / "mine-learning_rate-0.001-lora_rank-2")
    assert manifest == good.manifest
    assert (manifest.sweep.name, manifest.sweep.values) == ("mine", {"learning_rate": 1e-3, "lora_rank": 2})
    assert (good.loss, good.validation_loss) == (manifest.train_losses[-1].loss, manifest.validation_losses[-1].loss)
    assert (hot.folder, hot.loss, hot.validation_loss) == ("", None, None)
    assert "the validation loss is nan at step 2; lower learning_rate" in hot.failure
    assert "failed, and the sweep goes on" in capfd.readouterr().err
    after = cost_of(check_sweep(found, settings))
    assert (before.trainings, before.steps, after.trainings, after.steps) == (2, 4, 1, 2)
    assert before.tokens == 2 * after.tokens == 2 * manifest.tokens
    (again,) = train_sweep(found[:1], "mine", trainer_of(settings))
    assert again == good
    assert "already trained" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("max_length=128,4", "max_length"),
        ("trainer.wait_decay=0,1", "did you mean `weight_decay`"),
        ("targets=['q_proj'],['nothing']", "PEFT refuses these settings for this base model"),
        ("train=['rows.jsonl'],['none.jsonl']", "none.jsonl"),
    ],
)
def test_what_one_training_would_be_refused_for_is_told_before_the_first_one(settings, word, told):
    """Nothing is written."""
    with pytest.raises(Exception, match=told):
        check_sweep(combined(settings, word), settings)

    assert not (settings.parent / "adapters").exists()


@pytest.mark.parametrize("word", ["method=lora,full", "base_model=tiny,other"])
def test_results_that_can_not_be_candidates_of_one_run_are_told_beforehand(settings, word):
    """With what to do."""
    with pytest.raises(ConfigError, match="train them with --no-gate"):
        refuse_gating(combined(settings, word))


def test_only_errors_that_a_training_can_end_with_let_the_sweep_go_on(settings):
    """A fault of the program, and Ctrl-C, end it; what was trained stays."""
    found, seen = combined(settings, "seed=1,2,3"), []

    def train_one(config: TrainConfig) -> Path:
        seen.append(config.seed)
        raise (TrainingError("full") if config.seed == 1 else KeyboardInterrupt)

    with pytest.raises(KeyboardInterrupt):
        train_sweep(found, "mine", train_one)

    assert seen == [1, 2]
