"""[trainer], tried before any weights are loaded: what can't be used is one line that names its key."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, TrainingError
from harness.train.attention import Batches
from harness.train.job import Job, Schedule
from harness.train.quantized import TrainingDevice
from harness.train.tried import naming_handed_on, tried_arguments
from tests.train.tiny import config

CPU = TrainingDevice(kind="cpu", dtype="float32", name="CPU")


def job(tmp_path: Path, **tables: object) -> Job:
    """Return a job without rows."""
    return Job(
        config=config(**tables),
        device=CPU,
        batches=Batches(attention="sdpa", padded=True, by_length=True),
        place=Path("train.toml"),
        base=tmp_path,
        train=(),
        validation=(),
        work=tmp_path,
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"adam_beta1": 7.0}, "`adam_beta1`: Invalid beta parameter"),
        ({"weight_decay": -1.0}, "`weight_decay`: must be 0 or more"),
        ({"optim": "adamw8"}, "`optim`: adamw8 is not a valid"),
        ({"optim": "lomo"}, '`optim`: "lomo" is not installed here'),
        ({"optim": "sgd", "optim_args": "momentum=-2"}, "`optim` and `optim_args`: Invalid momentum"),
        ({"optim_args": "foo"}, "`optim_args`: not enough values"),
        ({"lr_scheduler_type": "linearr"}, "`lr_scheduler_type`: linearr is not a valid"),
        ({"lr_scheduler_kwargs": {"num_cycles": "x"}}, "`lr_scheduler_kwargs`: could not convert"),
        ({"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr_rat": 0.1}}, "min_lr_rat"),
        ({"dataloader_num_workers": -1}, "`dataloader_num_workers`: num_workers"),
        ({"dataloader_persistent_workers": True}, "`dataloader_persistent_workers`: persistent_workers option"),
        ({"pad_to_multiple_of": 0}, "`pad_to_multiple_of`: must be 1 or more"),
        ({"train_sampling_strategy": "foo"}, "`train_sampling_strategy`: take one of 'random'"),
        ({"activation_offloading": True}, "`activation_offloading`: .* no GPU"),
        ({"torch_compile_mode": "foo"}, "`torch_compile_mode`: Unrecognized mode=foo"),
        ({"gradient_checkpointing_kwargs": {"foo": 1}}, "`gradient_checkpointing_kwargs`: .*unexpected keyword"),
        ({"weight_decay": 0.1, "adam_beta2": 2.0}, "`adam_beta2`: Invalid beta parameter"),  # not the first key
        (
            {"adam_beta1": 7.0, "adam_beta2": 7.0},
            r"\[trainer\]: Invalid beta parameter",
        ),  # leaving one out helps nothing
    ],
)
def test_a_value_that_cant_be_used_is_refused_with_its_key(table, words, tmp_path):
    """In one line; a traceback in the middle of a training before."""
    with pytest.raises(ConfigError, match=r"^train.toml: \[trainer\]: ") as problem:
        tried_arguments(job(tmp_path, trainer=table), Schedule(steps=2, every=1))

    assert problem.match(words)


@pytest.mark.parametrize(
    "table",
    [
        *({"optim": name} for name in ("adamw_torch", "adamw_8bit", "adafactor", "lion_32bit")),
        {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr_rate": 0.1}},
        {"dataloader_num_workers": 1, "dataloader_persistent_workers": True},
    ],
)
def test_what_can_be_made_is_let_through(table, tmp_path):
    """Optimizers of torch, transformers and bitsandbytes, and keys that need one another."""
    arguments = tried_arguments(job(tmp_path, trainer=table), Schedule(steps=2, every=1))

    assert all(getattr(arguments, name) == value for name, value in table.items())


def test_what_a_library_raises_later_names_what_was_handed_on(tmp_path):
    """Without such keys it is a bug, whose traceback is wanted; an error of ours has its words."""
    given = job(tmp_path, trainer={"adam_beta1": 0.5}, lora={"rank_pattern": {"q_proj": 4}})

    with (
        pytest.raises(
            TrainingError, match=r"KeyError 3; .*\(`adam_beta1` of \[trainer\] and `rank_pattern` of \[lora\]"
        ),
        naming_handed_on(given),
    ):
        raise KeyError(3)
    with pytest.raises(KeyError), naming_handed_on(job(tmp_path)):
        raise KeyError(3)
    with pytest.raises(TrainingError, match=r"^ours$"), naming_handed_on(given):
        raise TrainingError("ours")
