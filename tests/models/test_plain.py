"""Older and divided adapters: read under today's names, and copied as PEFT writes them today."""

import os
import struct
from pathlib import Path

import pytest

from harness.config.home import home_folder
from harness.errors import AdapterError
from harness.models.adapter import is_adapter
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.merged import unused_copies
from harness.models.tensors import read_tensors
from harness.models.unchanged import changed
from tests.models.fakes import OF_BASE, WEIGHT, adapter_in, base_in, safetensors, write_config

MODULE = "base_model.model.model.layers.0.self_attn.q_proj"
PARTS = ("adapter_model-00001-of-00002.safetensors", "adapter_model-00002-of-00002.safetensors")


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Return a base model of one layer; copies go to a folder of the test."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    return local_base("tiny", base_in(tmp_path / "base", safetensors(struct.pack("<2f", 1, 2), name=OF_BASE)))


def named(tmp_path, *names: str):
    """Write an adapter whose tensors have these names, each in a file of its own; return its folder."""
    folder = adapter_in(tmp_path / "mine")
    (folder / "adapter_model.safetensors").unlink()
    for number, name in enumerate(names):
        file = "adapter_model.safetensors" if len(names) == 1 else PARTS[number]
        (folder / file).write_bytes(safetensors(struct.pack("<f", number) * (2 if "A" in name else 1), name=name))
    return folder


@pytest.mark.parametrize(
    "name",
    [
        f"{MODULE}.lora_A.default.weight",
        f"{MODULE}.lora_A.my_adapter.weight",
        "model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.layers.0.self_attn.q_proj.lora_A.weight",
        "layers.0.self_attn.q_proj.lora_A.default.weight",
    ],
)
def test_older_names_are_read_as_todays(name, base, tmp_path):
    """With the adapter's name in them, without PEFT's prefix, or saved from the model inside of the language model."""
    folder = named(tmp_path, name)

    model = local_adapter(base, folder)

    assert model.adapter_path == str(folder)
    assert [one.name for one in read_tensors(Path(model.plain_path) / "adapter_model.safetensors")] == [WEIGHT]
    assert model.weights_path == model.plain_path
    assert Path(model.plain_path).parent == home_folder() / "plain"


def test_an_adapter_on_two_base_models_has_a_copy_for_each(base, tmp_path):
    """The names of its tensors follow the modules of the base model."""
    folder = named(tmp_path, "layers.0.self_attn.q_proj.lora_A.default.weight")
    bare = base_in(tmp_path / "bare", safetensors(struct.pack("<2f", 1, 2), name=OF_BASE.removeprefix("model.")))

    copies = [Path(local_adapter(one, folder).plain_path) for one in (base, local_base("bare", bare))]

    found = [read_tensors(copy / "adapter_model.safetensors")[0].name for copy in copies]
    assert found == [WEIGHT, WEIGHT.replace("model.model.model.", "model.model.")]


def test_an_adapter_that_is_read_again_marks_its_copy_as_used(base, tmp_path):
    """So that what is gated every day is not pruned."""
    folder = named(tmp_path, f"{MODULE}.lora_A.default.weight")
    copy = Path(local_adapter(base, folder).plain_path)
    os.utime(copy, (1, 1))
    unused = unused_copies(tmp_path / "home", 2)

    local_adapter(base, folder)

    assert [one.folder for one in unused] == [str(copy)]
    assert unused_copies(tmp_path / "home", 2) == ()


def test_todays_files_are_not_copied(base, tmp_path):
    """Engines read them where they are."""
    model = local_adapter(base, named(tmp_path, WEIGHT))

    assert model.plain_path is None
    assert model.weights_path == model.adapter_path
    assert not (tmp_path / "home" / "plain").exists()


def test_files_in_parts_become_one(base, tmp_path):
    """With every number as it was; a part that changes is another adapter."""
    folder = named(tmp_path, WEIGHT, f"{MODULE}.lora_B.weight")
    before = local_adapter(base, folder)

    written = Path(before.plain_path) / "adapter_model.safetensors"
    ends = {one.name: written.read_bytes()[one.begin : one.end] for one in read_tensors(written)}
    (folder / PARTS[1]).write_bytes(safetensors(struct.pack("<f", 5), name=f"{MODULE}.lora_B.weight"))
    after = local_adapter(base, folder)

    assert is_adapter(folder)
    assert ends == {WEIGHT: struct.pack("<2f", 0, 0), f"{MODULE}.lora_B.weight": struct.pack("<f", 1)}
    assert before.ref.adapter_digest != after.ref.adapter_digest
    assert changed((before,)) == ("mine",)
    assert changed((after,)) == ()


def test_a_missing_part_is_named(base, tmp_path):
    """The rest alone is half an adapter."""
    folder = named(tmp_path, WEIGHT, f"{MODULE}.lora_B.weight")
    (folder / PARTS[0]).unlink()

    with pytest.raises(AdapterError, match=r"mine: adapter_model-00001-of-00002\.safetensors is missing; copy the"):
        local_adapter(base, folder)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            (f"{MODULE}.lora_A.default.weight", f"{MODULE}.lora_B.other.weight"),
            r"holds several adapters \(default, other\)",
        ),
        ((WEIGHT, f"{MODULE}.lora_A.default.weight"), "holds the same weights twice; save the adapter again"),
    ],
)
def test_two_adapters_in_one_folder_are_refused(names, told, base, tmp_path):
    """Nobody can know which of them is meant."""
    with pytest.raises(AdapterError, match=told):
        local_adapter(base, named(tmp_path, *names))


def embeddings(tmp_path, copy: bytes):
    """Write an adapter as PEFT saves it with its embeddings in modules_to_save, and with a copy of them."""
    names = (".weight", ".modules_to_save.weight", ".original_module.weight")
    folder = adapter_in(tmp_path / "mine")
    write_config(folder, modules_to_save=["lm_head"])
    (folder / "adapter_model.safetensors").unlink()
    for number, (name, numbers) in enumerate(
        zip(names, (struct.pack("<2f", 1, 2), copy, bytes(8)), strict=True), start=1
    ):
        file = folder / f"adapter_model-0000{number}-of-00003.safetensors"
        file.write_bytes(safetensors(numbers, name=f"base_model.model.lm_head{name}"))
    return folder


def test_copies_of_saved_embeddings_are_left_out(base, tmp_path):
    """PEFT writes them when the vocabulary was resized, and doesn't load them."""
    model = local_adapter(base, embeddings(tmp_path, struct.pack("<2f", 1, 2)))

    kept = read_tensors(Path(model.weights_path) / "adapter_model.safetensors")
    assert [one.name for one in kept] == ["base_model.model.lm_head.weight"]


def test_two_different_weights_for_one_module_are_refused(base, tmp_path):
    """Nobody can know which of them was trained."""
    with pytest.raises(
        AdapterError, match=r"has two different weights for base_model\.model\.lm_head; save the adapter"
    ):
        local_adapter(base, embeddings(tmp_path, struct.pack("<2f", 1, 3)))
