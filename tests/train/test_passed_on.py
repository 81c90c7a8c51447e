"""The tables [trainer] and [lora]: unknown keys, keys of ours, and values of another type."""

from dataclasses import fields
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.train.config import TrainConfig
from harness.train.passed_on import OF_LORA, OF_TRAINER, lora_settings, trainer_settings

PLACE = Path("train.toml")


@pytest.mark.parametrize(
    ("read", "table", "words"),
    [
        (trainer_settings, {"wieght_decay": 0.1}, r"\[trainer\]: unknown key `wieght_decay`; did you mean `weight_dec"),
        (trainer_settings, {"learning_rate": 1e-4}, r"`learning_rate` can't be set here: set learning_rate above"),
        (trainer_settings, {"num_train_epochs": 3}, "set epochs above the tables"),
        (trainer_settings, {"router_aux_loss_coef": 0.01}, "the harness decides it"),  # the loss is ours, without it
        (trainer_settings, {"dataloader_drop_last": True}, "the harness decides it"),  # steps count every row
        (trainer_settings, {"weight_decay": "much"}, r"\[trainer\]: `weight_decay`: Expected `float`, got `str`"),
        (trainer_settings, {"dataloader_num_workers": 1.5}, "`dataloader_num_workers`"),
        (lora_settings, {"r": 8}, r"\[lora\]: `r` can't be set here: set lora_rank above"),
        (lora_settings, {"use_dora": True}, "set method above"),
        (lora_settings, {"megatron_core": "m"}, "the harness decides it"),
        (lora_settings, {"rank_patern": {}}, "did you mean `rank_pattern`"),
        (lora_settings, {"layers_to_transform": "all"}, "`layers_to_transform`"),
        (lora_settings, {"no\x1b[31m": 1}, r"unknown key `no\\x1b\[31m`"),
    ],
)
def test_a_key_that_would_do_nothing_is_refused(read, table, words):
    """With the nearest known one, or the setting of ours to use."""
    with pytest.raises(ConfigError, match=words):
        read(table, PLACE)


def test_what_the_libraries_know_is_handed_on():
    """As it is."""
    table = {"weight_decay": 0.1, "optim": "adamw_8bit", "lr_scheduler_type": "linear", "dataloader_num_workers": 2}

    assert trainer_settings(table, PLACE) == table
    assert lora_settings({"rank_pattern": {"q_proj": 4}}, PLACE) == {"rank_pattern": {"q_proj": 4}}


def test_the_lists_of_our_keys_are_of_the_libraries_as_they_are_installed():
    """A key that they no longer have, or a setting that we don't, would be a wrong word of advice."""
    from peft import LoraConfig
    from trl import SFTConfig

    ours = set(TrainConfig.__struct_fields__)
    for keys, kind in ((OF_TRAINER, SFTConfig), (OF_LORA, LoraConfig)):
        assert set(keys) <= {field.name for field in fields(kind)}
        named = {word for told in keys.values() for word in told.replace(",", " ").split() if word != "and"}
        assert named <= ours
