"""Model names: folders in, digests out, unsafe or unfit adapters refused."""

import struct
from pathlib import Path

import pytest

from harness.errors import AdapterError, NoSuchModel
from harness.models.adapter import adapter_rank
from harness.models.answering import digest_base, digest_template, digest_weights
from harness.models.digests import recomputed
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tokenizer import tokenizer_files
from tests.models.fakes import OF_BASE, adapter_in, base_in, safetensors, write_config

MODEL_FILES = ("config.json", "generation_config.json", "model.safetensors.index.json", "model-2.safetensors")
TOKENIZER_FILES = (
    "chat_template.jinja",
    "chat_template.json",
    "additional_chat_templates/tool_use.jinja",
    "tokenizer_config.json",
    "tokenizer.json",
    "tokenizer.4.0.0.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
    "tokenizer.model.v3",
    "spiece.model",
    "sentencepiece.bpe.model",
    "source.spm",
    "qwen.tiktoken",
    "tekken.json",
    "bpe.codes",
    "dict.txt",
    "emoji.json",
    "vocab-src.json",
    "target_vocab.json",
)


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


def test_digests_do_not_change_from_version_to_version(tmp_path):
    """Answers that are kept under them would be lost, and trained adapters refused."""
    folder = base_in(tmp_path / "base", b"weights")

    assert digest_base(folder) == "a9bcec32463c7f50642c2e23f31e8035b4c906306468d8982d5ecd6d6e7903d5"
    assert digest_weights(folder) == "86457829bc176a62781079475e4a02ce4030df4b5dc664cfe8f9aafaeadd119a"


@pytest.mark.parametrize("name", MODEL_FILES)
def test_every_file_of_the_model_changes_its_digest(name, tmp_path):
    """Also by appearing: an end token in generation_config.json decides where answers end."""
    folder = base_in(tmp_path / "base")
    before = digest_base(folder)
    (folder / name).write_text("one")
    there = digest_base(folder)
    (folder / name).write_text("two")

    assert len({before, there, digest_base(folder)}) == 3


@pytest.mark.parametrize("name", TOKENIZER_FILES)
def test_every_file_of_the_tokenizer_changes_its_digest(name, tmp_path):
    """Under each of these names a loader finds words, tokens or templates."""
    folder = base_in(tmp_path / "base")
    (folder / name).parent.mkdir(exist_ok=True)
    before = digest_template(folder)
    (folder / name).write_text("one")
    there = digest_template(folder)
    (folder / name).write_text("two")

    assert len({before, there, digest_template(folder)}) == 3
    assert name in {path.relative_to(folder).as_posix() for path in tokenizer_files(folder)}


def test_what_no_loader_reads_changes_no_digest(tmp_path):
    """A licence or a photograph beside the weights."""
    folder = base_in(tmp_path / "base")
    before = local_base("tiny", folder)
    for name in ("README.md", "LICENSE.txt", "photo.png", "training_log.json", "pytorch_model.bin"):
        (folder / name).write_text("more")

    assert local_base("tiny", folder) == before


def test_adapters_fit_a_base_model_by_its_weights(tmp_path):
    """Another end token in generation_config.json is another model to ask, and no reason to train again."""
    folder = base_in(tmp_path / "base")
    adapter = adapter_in(tmp_path / "mine", base_digest=digest_weights(folder))
    (folder / "generation_config.json").write_text('{"eos_token_id": 2}')

    assert local_adapter(local_base("tiny", folder), adapter).ref.adapter == "mine"

    base_in(folder, safetensors(struct.pack("<2f", 3, 4), name=OF_BASE))
    with pytest.raises(AdapterError, match=r"mine: trained on another base model \(digest [0-9a-f]{12}\) than"):
        local_adapter(local_base("tiny", folder), adapter)


@pytest.mark.parametrize(
    "named",
    [
        "org/Tiny",
        "tiny",
        "/home/anna/cache/base-1234",
        "/home/anna/models/tiny",
        "/home/anna/models/tiny/",
        "C:\\models\\tiny",
        "",
        None,
    ],
)
def test_the_same_base_model_under_another_roof_is_not_noted(named, tmp_path):
    """PEFT writes a hub's name, or where the base model lay at training."""
    base, adapter = local_base("tiny", base_in(tmp_path / "base-1234")), adapter_in(tmp_path / "mine")
    write_config(adapter, base_model_name_or_path=named)

    assert local_adapter(base, adapter).notes == ()


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("/home/anna/models/llama", "llama"),
        ("../anna/llama", "llama"),
        ("./llama", "llama"),
        ("C:\\anna\\llama", "llama"),
        ("evil\x1b[31m", r"evil\x1b[31m"),
    ],
)
def test_another_base_model_in_the_configuration_is_noted(named, shown, tmp_path):
    """Not refused: names change, and the weights decide whether it fits. No folder of another machine is shown."""
    base, adapter = local_base("tiny", base_in(tmp_path / "base")), adapter_in(tmp_path / "mine")
    write_config(adapter, base_model_name_or_path=named)

    [note] = local_adapter(base, adapter).notes

    assert note == f"mine: its adapter_config.json names the base model {shown}; here it runs on tiny"


def test_what_a_manifest_proves_needs_no_note(tmp_path):
    """The digest says more than a name."""
    folder = base_in(tmp_path / "base")
    adapter = adapter_in(tmp_path / "mine", base_digest=digest_weights(folder))
    write_config(adapter, base_model_name_or_path="meta-llama/Llama-3.1-8B")

    assert local_adapter(local_base("tiny", folder), adapter).notes == ()


def test_an_adapter_in_the_current_folder_has_that_folders_name(tmp_path, monkeypatch):
    """Without one it would be taken for the base model."""
    base, adapter = local_base("tiny", base_in(tmp_path / "base")), adapter_in(tmp_path / "mine")
    monkeypatch.chdir(adapter)

    assert local_adapter(base, Path()).ref.name == "mine"


def test_a_base_model_that_was_never_fetched_is_named(tmp_path):
    """git-lfs leaves a pointer where the weights should be."""
    folder = base_in(tmp_path / "base", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n")

    with pytest.raises(NoSuchModel, match=r"model\.safetensors: a git-lfs pointer.*git lfs pull"):
        local_base("tiny", folder)


def test_a_folder_without_weights_is_no_base_model(tmp_path):
    """The folder is named."""
    with pytest.raises(NoSuchModel, match="no transformers model"):
        local_base("tiny", tmp_path)


def test_the_rank_is_the_largest_of_all_layers(tmp_path):
    """Layers may have ranks of their own; the server must fit the largest."""
    assert adapter_rank(adapter_in(tmp_path / "mine")) == 16
