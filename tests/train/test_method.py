"""What a training trains, and what is refused before it starts."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.train.method import lora_config, quantization_of, refuse_method, settled
from tests.train.tiny import config

PLACE = Path("train.toml")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"method": "dora"}, r'because of method = "dora"; set merge = true'),
        ({"lora": {"bias": "all"}}, r'because of bias = "all" in \[lora\]; set merge = true'),
        ({"lora": {"modules_to_save": ["lm_head"]}}, r"because of modules_to_save in \[lora\]"),
        ({"lora": {"lora_bias": True}}, r"because of lora_bias in \[lora\]"),
        ({"method": "lora", "init": "pissa"}, 'because of init = "pissa"; set merge'),
        ({"method": "lora", "init": "pissa_niter_16"}, 'because of init = "pissa_niter_16"; set merge'),
        ({"method": "lora", "init": "olora"}, 'because of init = "olora"; set merge'),
        ({"init": "pissa", "merge": True}, 'computed from the base model.s weights as they are.*method = "lora"'),
        ({"init": "eva"}, "EVA needs a pass over the rows"),
        ({"init": "corda", "merge": True}, "CorDA needs a pass over the rows"),
        ({"init": "loftq", "merge": True}, "the training changed the base model's own weights"),
        ({"init": "gausian"}, "did you mean `gaussian`"),
        ({"method": "full"}, r'`lora_rank` says nothing to method = "full"'),
        ({"method": "full", "lora_rank": None, "merge": True}, "`merge` says nothing"),
        ({"method": "qlora", "quantization": "none"}, 'for plain ones set method = "lora"'),
        ({"method": "lora", "quantization": "nf4"}, 'for quantized ones set method = "qlora"'),
        ({"lora": {"alora_invocation_tokens": [1]}}, "activated LoRA"),
        ({"lora": {"alora_invocation_tokens": [1]}, "merge": True}, "activated LoRA"),
    ],
)
def test_what_no_engine_would_serve_as_a_module_is_refused_or_asks_to_be_merged(changed, words):
    """Before anything is trained; the text names our setting."""
    with pytest.raises(ConfigError, match=words) as caught:
        refuse_method(config(**changed), PLACE)

    assert str(caught.value).startswith("train.toml: ")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"method": "lora", "init": "gaussian", "rslora": True},
        {"init": "orthogonal"},
        {"method": "dora", "merge": True},
        {"method": "dora", "quantization": "nf4", "merge": True},
        {"method": "lora", "init": "pissa_niter_4", "merge": True},
        {"method": "lora", "lora": {"rank_pattern": {"q_proj": 8}}},
        {"method": "full", "lora_rank": None},
    ],
)
def test_what_can_be_served_is_not_refused(changed):
    """As a module, merged, or whole."""
    refuse_method(config(**changed), PLACE)


def test_the_number_of_rows_sets_the_rank_and_the_rank_alpha():
    """What is set stays."""
    ranks = [settled(config(lora_rank=None), rows).lora_rank for rows in (1, 199, 200, 1000, 1001)]
    given = settled(config(lora_rank=3, lora_alpha=5), 1001)

    assert ranks == [8, 8, 16, 16, 32]
    assert (given.lora_rank, given.lora_alpha) == (3, 5)
    assert settled(config(lora_rank=7), 10).lora_alpha == 14
    assert settled(config(method="full", lora_rank=None), 10).lora_rank is None


def test_the_method_sets_the_quantization():
    """Four bits for QLoRA alone, unless it is set."""
    found = [quantization_of(config(method=method)) for method in ("qlora", "lora", "dora", "full")]

    assert found == ["nf4", "none", "none", "none"]
    assert quantization_of(config(quantization="int8")) == "int8"


def test_peft_gets_the_settings_under_its_own_names():
    """And the table [lora] beside them."""
    made = lora_config(config(method="dora", rslora=True, lora={"bias": "none", "layer_replication": [[0, 1]]}), PLACE)

    assert (made.r, made.lora_alpha, made.use_dora, made.use_rslora) == (2, 4, True, True)
    assert (made.target_modules, made.init_lora_weights, made.layer_replication) == ("all-linear", True, [[0, 1]])
