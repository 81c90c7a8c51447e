"""train.toml: defaults, and mistakes named by their key."""

import pytest

from harness.errors import ConfigError
from harness.train.config import TrainConfig, load_train_config

LEAST = 'output = "adapters/mine"\ntrain = ["train.jsonl"]\n'


def test_two_keys_are_enough(tmp_path):
    """Everything else has a default."""
    path = tmp_path / "train.toml"
    path.write_text(LEAST)

    assert load_train_config(path) == TrainConfig(output="adapters/mine", train=("train.jsonl",))


def test_the_settings_stay_few():
    """At most 37, or nobody reads them; what else there is goes into [trainer] and [lora]."""
    assert len(TrainConfig.__struct_fields__) <= 37


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("learnig_rate = 1e-4", "did you mean `learning_rate`"),
        ("learning_rate = 0.0", "learning_rate"),
        ('epochs = "two"', "epochs"),
        ("lora_rank = 0", "lora_rank"),
        ("lora_dropout = 1.0", "lora_dropout"),
        ("validations = -1", "validations"),
        ("packing = 1", "packing"),
        ('validation = ["a.jsonl"]', "validation"),
    ],
)
def test_a_wrong_setting_names_its_key(line, words, tmp_path):
    """Values that can't work are refused before anything is loaded."""
    path = tmp_path / "train.toml"
    path.write_text(LEAST + line)

    with pytest.raises(ConfigError, match=words):
        load_train_config(path)


def test_a_training_without_data_is_refused(tmp_path):
    """An empty list of files is a slip."""
    path = tmp_path / "train.toml"
    path.write_text('output = "mine"\ntrain = []\n')

    with pytest.raises(ConfigError, match="train"):
        load_train_config(path)
