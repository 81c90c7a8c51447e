"""What ``--vary`` takes, and what becomes of it: combinations with names, or an error before anything is trained."""

import re

import pytest

from harness.errors import ConfigError
from harness.train.sweep.combined import combinations
from harness.train.sweep.varied import read_varied

SETTINGS = """output = "adapters/mine"
train = ["rows.jsonl"]
learning_rate = 3e-4

[trainer]
optim = "adamw_torch"
"""


@pytest.fixture
def settings(tmp_path):
    """Return a file of settings."""
    (tmp_path / "train.toml").write_text(SETTINGS)
    return tmp_path / "train.toml"


def combined(settings, *words: str, most: int | None = None):
    """Return the combinations of what was typed."""
    return combinations(settings, read_varied(words), most)


def test_every_combination_has_its_settings_and_a_name_of_its_own(settings):
    """Named by what is varied; what isn't stays as the file has it, in tables too."""
    found = combined(settings, "learning_rate=1e-4,2e-4", "lora_rank=8,16", "trainer.weight_decay=0.01")

    assert [one.name for one in found] == [
        "mine-learning_rate-0.0001-lora_rank-8-weight_decay-0.01",
        "mine-learning_rate-0.0001-lora_rank-16-weight_decay-0.01",
        "mine-learning_rate-0.0002-lora_rank-8-weight_decay-0.01",
        "mine-learning_rate-0.0002-lora_rank-16-weight_decay-0.01",
    ]
    assert [(one.config.learning_rate, one.config.lora_rank) for one in found] == [
        (1e-4, 8),
        (1e-4, 16),
        (2e-4, 8),
        (2e-4, 16),
    ]
    assert {one.config.output for one in found} == {f"adapters/{one.name}" for one in found}
    assert found[0].config.trainer == {"optim": "adamw_torch", "weight_decay": 0.01}
    assert found[0].values == {"learning_rate": 1e-4, "lora_rank": 8, "trainer.weight_decay": 0.01}


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("packing=true,false", (True, False)),
        ("method=lora,qlora", ("lora", "qlora")),
        ('method="lora", "dora"', ("lora", "dora")),
        ("train=['a.jsonl'],['a.jsonl', 'b.jsonl']", (["a.jsonl"], ["a.jsonl", "b.jsonl"])),
        ("trainer.optim=adamw_torch,sgd", ("adamw_torch", "sgd")),
        ('template_args={"deep.er"=1}', ({"deep.er": 1},)),
        ("epochs = 1, 2.5", (1, 2.5)),
        ("targets=all-linear,['q_proj']", None),
    ],
)
def test_values_are_toml_and_words_need_no_quotes_where_all_are_plain(word, values):
    """A shell takes quotes away; beside a list they are needed."""
    if values is None:
        with pytest.raises(ConfigError, match="put quotes around the whole"):
            read_varied([word])
        return
    (found,) = read_varied([word])

    assert found.values == values


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("rank=8,16", "did you mean `lora_rank`?"),
        ("alpha=8", "did you mean `lora_alpha`?"),
        ("lr=1e-4", "did you mean `learning_rate`?"),
        ("batch_size=4", "did you mean `rows_per_batch`?"),
        ("per_device_train_batch_size=4", "did you mean `rows_per_batch`?"),
        ("epoch=1", "did you mean `epochs`?"),
        ("weight_decay=0", "as in trainer.weight_decay"),
        ("\x1b[2J=0", "no such key"),
        ("lora_rank", "has no values"),
        ("lora_rank=", "has no values"),
        ("lora_rank=8,]", "not values of TOML"),
        ("lora_rank=8]\nepochs=[1", "not values of TOML"),
        ("epochs=1979-05-27", "not values of TOML"),
        ("trainer.=1", "a name is missing beside the dot"),
        ("output=a,b", "each combination gets a folder of its own"),
    ],
)
def test_a_key_or_a_value_that_is_none_is_refused_with_what_is_meant(word, told):
    """And nothing hostile reaches the terminal."""
    with pytest.raises(ConfigError, match=re.escape(told)) as problem:
        read_varied([word])

    assert "\x1b" not in str(problem.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["lora_rank=8", "lora_rank=16"], "given twice"),
        (["learning_rate=1e-4,0.0001"], "learning_rate 0.0001 and learning_rate 0.0001 are the same training"),
        (["train=['a.jsonl'],['./a.jsonl']"], "are the same training"),
        (["lora_rank=8,0"], "with --vary lora_rank 0: Expected `int` >= 1"),
        (["packing=yes"], "Expected `bool`, got `str`"),
        (["method=lora,lola"], "take one of 'qlora', 'lora', 'dora', 'full'"),
        (["epochs.x=1"], "`epochs`"),
        (["seed=1,2,3,4,5", "lora_rank=1,2,3,4"], "20 combinations (5 x 4)"),
    ],
)
def test_combinations_that_can_not_all_be_trained_are_refused(settings, words, told):
    """Before anything is; many are taken where that is asked for."""
    with pytest.raises(ConfigError, match=re.escape(told)):
        combined(settings, *words)


def test_many_combinations_are_taken_where_they_are_asked_for(settings):
    """As many as were said."""
    assert len(combined(settings, "seed=1,2,3,4,5", "lora_rank=1,2,3,4", most=20)) == 20


def test_names_are_safe_and_short_and_tell_all_apart(settings):
    """Paths, long texts, and texts that differ in an unsafe character alone."""
    long = "x" * 300
    found = combined(settings, f'train=["../a b.jsonl"],["../a_b.jsonl"],["{long}"],["{long}y"]')

    names = [one.name for one in found]
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"mine-train-[A-Za-z0-9._-]{1,120}", name) for name in names)
    assert names[0].startswith("mine-train-.._a_b.jsonl-")
