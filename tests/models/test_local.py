"""Model names: folders in, digests out, unsafe or unfit adapters refused."""

import json
from pathlib import Path

import pytest

from harness.errors import AdapterError, NoSuchModel
from harness.models.digests import recomputed
from harness.models.local import adapter_rank, digest_base, local_adapter, local_base


def base_in(folder: Path, weights: bytes = b"weights") -> Path:
    """Make what looks like a base model to everything but an engine."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


def adapter_in(folder: Path, base_digest: str | None = None, weights: bytes = b"lora") -> Path:
    """Make what looks like an adapter to everything but an engine."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 8, "rank_pattern": {"q_proj": 16}}))
    (folder / "adapter_model.safetensors").write_bytes(weights)
    if base_digest:
        (folder / "manifest.json").write_text(json.dumps({"base_digest": base_digest}))
    return folder


def test_the_reference_holds_digests_and_no_paths(tmp_path):
    """What goes into runs and reports names the adapter, never the folder it lies in."""
    base, adapter = base_in(tmp_path / "base"), adapter_in(tmp_path / "mine")

    model = local_adapter(local_base("tiny", base), adapter)

    assert model.ref.name == "mine"
    assert model.ref.base_digest == digest_base(base)
    assert str(tmp_path) not in repr(model.ref)


def test_retraining_into_the_same_folder_is_another_model(tmp_path):
    """The digest follows the weights, not the name."""
    base = local_base("tiny", base_in(tmp_path / "base"))
    before = local_adapter(base, adapter_in(tmp_path / "mine", weights=b"one"))
    after = local_adapter(base, adapter_in(tmp_path / "mine", weights=b"two"))

    assert before.ref.adapter_digest != after.ref.adapter_digest


def test_another_template_is_another_model(tmp_path):
    """The template of inference must be the one of training, so it has a digest of its own."""
    base = base_in(tmp_path / "base")
    before = local_base("tiny", base).ref
    (base / "chat_template.jinja").write_text("{{ messages[0] }}")
    after = local_base("tiny", base).ref

    assert before.template_digest != after.template_digest
    assert before.base_digest == after.base_digest


def test_the_caller_decides_how_files_are_digested(tmp_path):
    """Each file of base, template and adapter goes through the given function: remembered, or read again to verify."""
    base, adapter = base_in(tmp_path / "base"), adapter_in(tmp_path / "mine")
    asked = []

    def digest_file(path: Path) -> str:
        asked.append(path.name)
        return recomputed(path)

    verified = local_adapter(local_base("tiny", base, digest_file), adapter, digest_file)

    assert verified == local_adapter(local_base("tiny", base), adapter)
    assert asked == [
        "config.json",
        "model.safetensors",
        "chat_template.jinja",
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_digests_are_those_of_earlier_versions(tmp_path):
    """Answers that are kept under them would be lost otherwise."""
    digest = digest_base(base_in(tmp_path / "base"))

    assert digest == "86457829bc176a62781079475e4a02ce4030df4b5dc664cfe8f9aafaeadd119a"


def test_unfit_adapters_are_refused(tmp_path):
    """Missing, incomplete, pickled, or made for another base: each is said in its own words."""
    base = local_base("tiny", base_in(tmp_path / "base"))
    incomplete = tmp_path / "incomplete"
    incomplete.mkdir()
    pickled = adapter_in(tmp_path / "pickled")
    (pickled / "training_args.bin").write_bytes(b"\x80\x04")
    foreign = adapter_in(tmp_path / "foreign", base_digest="0" * 64)
    for folder, words in (
        (tmp_path / "none", "no such adapter folder"),
        (incomplete, "adapter_config.json is missing"),
        (pickled, "training_args.bin, a pickle file"),
        (foreign, "trained on another base model"),
    ):
        with pytest.raises(AdapterError, match=words):
            local_adapter(base, folder)


def test_a_folder_without_weights_is_no_base_model(tmp_path):
    """The folder is named."""
    with pytest.raises(NoSuchModel, match="no transformers model"):
        local_base("tiny", tmp_path)


def test_the_rank_is_the_largest_of_all_layers(tmp_path):
    """Layers may have ranks of their own; the server must fit the largest."""
    assert adapter_rank(adapter_in(tmp_path / "mine")) == 16
