"""Adapter folders: what is one, which was trained last, and each fault in one line before any model is loaded."""

import json
import os
import pickle
import struct

import msgspec
import pytest

from harness.errors import AdapterError
from harness.models.adapter import (
    adapter_rank,
    adapters_in,
    beyond_lora_modules,
    changes_base,
    check_adapter,
    is_adapter,
    read_config,
)
from harness.models.adapter_config import AdapterConfig
from tests.models.fakes import WEIGHT, adapter_in, safetensors, write_config

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n"


@pytest.fixture
def adapter(tmp_path):
    """Return the folder of an adapter with nothing wrong."""
    return adapter_in(tmp_path / "mine")


def config_of(**changed: object) -> AdapterConfig:
    """Return a configuration with some keys set."""
    return msgspec.convert({"r": 8} | changed, AdapterConfig)


def refusal_of(folder):
    """Return why an adapter is refused."""
    with pytest.raises(AdapterError) as refused:
        check_adapter(folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (POINTER, "is a git-lfs pointer, not the file itself; run `git lfs pull`"),
        (safetensors()[:-4], "is cut off or damaged"),
        (safetensors()[:60], "is cut off: 60 bytes, and its header alone has"),
        (safetensors()[:5], "is not a safetensors file"),
        (b"", "is not a safetensors file"),
        (safetensors() + b"more", "is cut off or damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "is cut off"),
        (struct.pack("<Q", 4) + b"{]}{", "its header can't be read"),
        (struct.pack("<Q", 2) + b"{}", "has no weights in it"),
        (safetensors(b""), "is empty, as DeepSpeed ZeRO-3 saves what it did not gather"),
        (safetensors(name=f"base_model.model._orig_mod.{WEIGHT}"), "is a name from a compiled model"),
        (safetensors(struct.pack("<2f", 1, float("nan"))), "contains NaN or infinity; the training diverged"),
        (safetensors(struct.pack("<2f", float("-inf"), 1)), "contains NaN or infinity; the training diverged"),
    ],
)
def test_weights_that_are_none_are_refused_in_one_line(weights, reason, adapter):
    """With the file's name, and what to do."""
    (adapter / "adapter_model.safetensors").write_bytes(weights)

    told = refusal_of(adapter)

    assert told.startswith(f"{adapter}/adapter_model.safetensors: ")
    assert reason in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("", "not readable as a JSON object"),
        ("{", "not readable as a JSON object"),
        ("[]", "not readable as a JSON object"),
        ("\xff", "not readable as a JSON object"),
        ("{}", "has no peft_type"),
        ('{"peft_type": "LORA"}', "missing required field `r`"),
        ('{"peft_type": "LORA", "r": null}', "Expected `int`, got `null` in `r`"),
        ('{"peft_type": "LORA", "r": 0}', "Expected `int` >= 1 in `r`"),
        ('{"peft_type": "LORA", "r": -8}', "Expected `int` >= 1 in `r`"),
        ('{"peft_type": "LORA", "r": "8"}', "Expected `int`, got `str` in `r`"),
        ('{"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 0}}', "Expected `int` >= 1"),
        ('{"peft_type": "LORA", "r": 8, "trainable_token_indices": [-5]}', "Expected `int` >= 0"),
        (
            '{"peft_type": "LORA", "r": 8, "layer_replication": [[0, 600], [0, 600]]}',
            "makes 1,200 layers; at most 1,000",
        ),
        (f'{{"peft_type": "LORA", "r": 8, "layer_replication": {[[0, 1]] * 2_000}}}', "length <= 1000"),
        (
            f'{{"peft_type": "LORA", "r": 8, "layer_replication": {[[0, 1]] * 2_000_000}}}',
            "at most 10,000,000 are read",
        ),
        ('{"peft_type": "LORA", "r": 8, "megatron_config": {"a": 1}, "megatron_core": "os"}', "which is never done"),
        (
            '{"peft_type": "LORA", "r": 2000000}',
            "largest LoRA matrix has rank 1, but adapter_config.json says 2,000,000",
        ),
        ("[" * 100_000, "not readable as a JSON object"),
        ('{"a":' * 100_000, "not readable as a JSON object: RecursionError"),
        (
            '{"peft_type": "FOO", "r": 8}',
            "a FOO adapter, which can't be merged into a model's weights, and so can't be",
        ),
        ('{"peft_type": ["LORA"], "r": 8}', "a ['LORA'] adapter, which can't be merged"),
        (
            '{"peft_type": "LILY"}',
            "a LILY adapter, which can't be merged into a model's weights, and so can't be served",
        ),
        (
            '{"peft_type": "PROMPT_TUNING"}',
            "a PROMPT_TUNING adapter, which puts trained vectors in front of the prompt",
        ),
        ('{"peft_type": "PREFIX_TUNING"}', "so can't be served here; train a LoRA adapter"),
        ('{"peft_type": "LOHA", "r": 200000}', "r is 200,000; at most 100,000 is loaded"),
        ('{"peft_type": "VBLORA", "num_vectors": 9999999}', "num_vectors is 9,999,999; at most 100,000 is loaded"),
        (
            '{"peft_type": "LOKR", "r": 8, "rank_pattern": {"(": 8}}',
            "rank_pattern in its adapter_config.json has a pattern",
        ),
        (
            '{"peft_type": "LORA", "r": 8, "alora_invocation_tokens": [5]}',
            "makes it an activated LoRA, which works from",
        ),
    ],
)
def test_a_configuration_that_is_none_is_refused_in_one_line(config, reason, adapter):
    """Before PEFT breaks over it."""
    (adapter / "adapter_config.json").write_bytes(config.encode("latin-1"))

    told = refusal_of(adapter)

    assert told.startswith(str(adapter))
    assert reason in told
    assert "\n" not in told


@pytest.mark.parametrize("name", ["adapter_model.bin", "adapter_model.pt"])
def test_weights_in_a_pickle_are_refused(name, adapter):
    """Reading one can run code; the folder is to be saved again."""
    (adapter / "adapter_model.safetensors").unlink()
    (adapter / name).write_bytes(pickle.dumps({}))

    assert f"holds its weights in {name}, a pickle file" in refusal_of(adapter)


def test_a_trainers_folder_names_the_checkpoints_in_it_newest_first(tmp_path):
    """By their steps, as the trainer counts them, so that the answer can be pasted."""
    for step in (50, 500, 1000):
        adapter_in(tmp_path / "out" / f"checkpoint-{step}")
    (tmp_path / "out" / "runs").mkdir()

    out = tmp_path / "out"
    told = refusal_of(out)

    assert "adapter_config.json is missing, so this is not an adapter; name one of the adapters in it: " in told
    assert told.endswith(f"{out}/checkpoint-1000, {out}/checkpoint-500, {out}/checkpoint-50")


@pytest.mark.parametrize("where", ["mine", "mine/adapter_config.json", "mine/adapter_model.safetensors", "mine/more"])
def test_a_link_that_leads_back_to_itself_is_named(where, tmp_path):
    """It looks like a missing file to everything that asks whether it is there."""
    path = tmp_path / where
    if path.parent != tmp_path:
        adapter_in(path.parent)
        path.unlink(missing_ok=True)
    path.symlink_to(path)

    assert refusal_of(tmp_path / "mine") == (
        f"{path}: a loop of symbolic links; replace it with the file or folder it is for"
    )


def test_a_link_that_leads_back_to_itself_among_the_adapters_is_named(tmp_path):
    """Else the newest adapter would be another one, without a word."""
    adapter_in(tmp_path / "mine")
    (tmp_path / "newest").symlink_to(tmp_path / "newest")

    with pytest.raises(AdapterError, match="newest: a loop of symbolic links"):
        adapters_in(tmp_path)


def test_a_folder_without_weights_or_configuration_says_what_is_missing(adapter, tmp_path):
    """Or that there is no folder."""
    (adapter / "adapter_model.safetensors").unlink()
    (tmp_path / "empty").mkdir()

    assert "adapter_model.safetensors is missing" in refusal_of(adapter)
    assert "adapter_config.json is missing" in refusal_of(tmp_path / "empty")
    assert "no such adapter folder" in refusal_of(tmp_path / "none")


@pytest.mark.parametrize(
    "name", ["training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth", "adapter_model.bin"]
)
def test_what_a_trainer_leaves_beside_an_adapter_is_no_reason_to_refuse(name, adapter):
    """Nobody reads it, pickle or not."""
    (adapter / name).write_bytes(b"\x80\x04not even a pickle")

    assert check_adapter(adapter).config.rank == 16


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "exported by a tool", "files": []}',
        "[1, 2]",
        "{",
        '{"base_digest": 1}',
        "[" * 200_000,
        '{"base_digest": "x", "time": ' + "[" * 200_000,
        '"' + "x" * 10_000_000 + '"',
    ],
    ids=["other", "list", "cut", "number", "deep", "deep value", "large"],
)
def test_another_tools_manifest_is_no_reason_to_refuse(text, adapter, tmp_path):
    """It says nothing about a base model."""
    from harness.models.local import local_base
    from harness.models.local_adapter import local_adapter
    from tests.models.fakes import base_in

    (adapter / "manifest.json").write_text(text)

    assert local_adapter(local_base("tiny", base_in(tmp_path / "base")), adapter).ref.adapter == "mine"


def test_a_pipe_in_place_of_a_manifest_is_not_waited_for(adapter):
    """It would never end."""
    os.mkfifo(adapter / "manifest.json")

    assert adapters_in(adapter.parent) == (adapter,)


def test_keys_of_other_versions_of_peft_are_left_to_peft(adapter):
    """Neither new ones nor missing ones are a fault."""
    write_config(adapter, some_future_field={"a": 1}, use_dora=None, bias=None, init_lora_weights=None)

    config = check_adapter(adapter).config

    assert changes_base(config) is None
    assert beyond_lora_modules(config) is None


def test_the_rank_is_the_largest_of_all_layers(adapter):
    """Layers may have ranks of their own; the server must fit the largest."""
    assert adapter_rank(adapter) == 16
    write_config(adapter, rank_pattern=None)
    assert adapter_rank(adapter) == 8


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("bias", "all", 'bias = "all"'),
        ("bias", "lora_only", 'bias = "lora_only"'),
        *(
            ("init_lora_weights", start, f'init_lora_weights = "{start}"')
            for start in ("pissa", "pissa_niter_16", "olora", "OLoRA", "new in a later PEFT")
        ),
        *(("init_lora_weights", start, None) for start in (True, False, "gaussian", "eva", "orthogonal", "mica")),
    ],
)
def test_settings_with_which_peft_changes_the_base_model_are_known(key, value, told):
    """A start that this version does not know counts as one of them."""
    assert changes_base(config_of(**{key: value})) == told


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (
            "corda",
            "can't change them again without the training's data; save it from the training as a plain LoRA adapter",
        ),
        (
            "lora_ga",
            "does not change them again when it loads the adapter, so it would answer wrongly; save it from the",
        ),
        (
            "loftq",
            r"can round them again only with a GPU, .*; merge it where it was trained .* name that model as base in \[",
        ),
    ],
)
def test_a_start_whose_changes_of_the_base_model_are_lost_is_refused_with_the_ways_out(adapter, start, told):
    """CorDA, LoRA-GA and LoftQ, saved unconverted: on the plain base model they are wrong, or can't be loaded."""
    write_config(adapter, init_lora_weights=start)

    with pytest.raises(
        AdapterError,
        match=rf'init_lora_weights = "{start}": the training changed the base model.s own weights, and PEFT {told}.*; '
        "if base_model already has the changed weights, set init_lora_weights to true",
    ):
        check_adapter(adapter)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modules_to_save", ["lm_head"]),
        ("use_dora", True),
        ("lora_bias", True),
        ("trainable_token_indices", [5]),
        ("init_lora_weights", "pissa"),
        ("layer_replication", [[0, 2], [1, 2]]),
        ("target_parameters", ["mlp.experts.down_proj"]),
        ("use_qalora", True),
        ("use_bdlora", {"nblocks": 2}),
        ("kasa_config", {"beta": 1}),
        ("peft_type", "IA3"),
    ],
)
def test_what_matrices_alone_can_not_say_is_known(key, value):
    """A server's LoRA module would leave it out."""
    assert key in beyond_lora_modules(config_of(**{key: value}))


def test_trained_tokens_are_listed_once_in_order():
    """PEFT writes a list, or one for each layer."""
    assert config_of(trainable_token_indices=[7, 5, 7]).trained_tokens == (5, 7)
    assert config_of(trainable_token_indices={"embed_tokens": [3], "lm_head": [2, 3]}).trained_tokens == (2, 3)
    assert config_of().trained_tokens == ()


def test_the_adapter_that_was_trained_last_comes_last(tmp_path):
    """By the manifest's time where it is ours, else by the time of the weights; copying sets the others' times."""
    for age, name, manifest in (
        (3000, "trained-first", {"base_digest": "x", "time": "1970-01-01T00:00:10+00:00"}),
        (20, "without-manifest", None),
        (30, "of-another-tool", {"time": "2030-01-01T00:00:00+00:00"}),
        (10, "trained-last", {"base_digest": "x", "time": "1970-01-01T00:01:00+00:00"}),
        (70, "odd-time", {"base_digest": "x", "time": "yesterday"}),
    ):
        folder = adapter_in(tmp_path / name)
        os.utime(folder / "adapter_model.safetensors", (age, age))
        if manifest:
            (folder / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "notes.txt").write_text("no adapter")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "adapter_config.json").write_text("{}")

    assert [folder.name for folder in adapters_in(tmp_path)] == [
        "trained-first",
        "without-manifest",
        "of-another-tool",
        "trained-last",
        "odd-time",
    ]
    assert not is_adapter(tmp_path / "half")
    assert adapters_in(tmp_path / "none") == ()


def test_a_configuration_is_read_without_weights(adapter):
    """A server's command line needs no more."""
    (adapter / "adapter_model.safetensors").unlink()

    assert read_config(adapter).r == 8
