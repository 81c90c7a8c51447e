"""Which files of a base model are read, and folders that hold none of them."""

import json
from pathlib import Path

import pytest

from harness.errors import NoSuchModel
from harness.models.answering import digest_base
from harness.models.base_files import read_of, weights_of
from harness.models.local import local_base
from tests.models.fakes import base_in

SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.mark.parametrize(
    "name",
    [
        *("config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.model", "merges.txt"),
        *("chat_template.jinja", "additional_chat_templates/rag.jinja", "tekken.json", "model.safetensors"),
    ],
)
def test_configuration_tokenizer_templates_and_safetensors_are_read(name):
    """Whatever transformers and vLLM look for."""
    assert read_of([name]) == (name,)


@pytest.mark.parametrize(
    "name",
    [
        *("pytorch_model.bin", "training_args.bin", "model.pt", "model.pth", "model.ckpt", "tokenizer.pkl"),
        *("modeling_tiny.py", "README.md", "onnx/config.json", "original/model.safetensors", "model.gguf", "LICENSE"),
        *("additional_chat_templates/../../tokenizer.json", "chat_template.jinja/x.py"),
    ],
)
def test_pickles_code_and_folders_inside_are_not(name):
    """A pickle can run code when it is read, and so does Python."""
    assert read_of([name]) == ()


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        ([*SHARDS, "model.safetensors.index.json", "consolidated.safetensors"], SHARDS),
        (["model.safetensors", "consolidated.safetensors"], ("model.safetensors",)),
        (["consolidated.safetensors"], ("consolidated.safetensors",)),
        (["b.safetensors", "a.safetensors"], ("a.safetensors", "b.safetensors")),
    ],
)
def test_weights_that_are_there_twice_count_once(names, weights):
    """Mistral's models hold them in two formats."""
    assert weights_of(names) == weights


def test_a_second_copy_that_another_tool_fetched_changes_no_digest(tmp_path):
    """Else the same model would be another one on another machine."""
    folder = base_in(tmp_path / "tiny")
    before = digest_base(folder)
    (folder / "consolidated.safetensors").write_bytes(b"again")

    assert digest_base(folder) == before


@pytest.mark.parametrize("name", ["model-2.safetensors", "chat_template.jinja", "config.json", "tokenizer.json"])
def test_a_loop_of_links_is_refused_by_name(name, tmp_path):
    """Left out in silence, the rest would be another model, or one without its template."""
    folder = base_in(tmp_path / "tiny")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(name)

    with pytest.raises(NoSuchModel, match=f"{name}: a loop of symbolic links; copy the file itself here, or fetch"):
        local_base("tiny", folder)


def test_a_link_to_nothing_is_refused_by_name(tmp_path):
    """As in a cache whose blobs were removed."""
    folder = base_in(tmp_path / "tiny")
    (folder / "model-2.safetensors").symlink_to("../blobs/gone")

    with pytest.raises(NoSuchModel, match=r"model-2.safetensors: a symbolic link to nothing; copy"):
        local_base("tiny", folder)


def test_links_that_are_not_read_harm_nothing(tmp_path):
    """A readme that leads nowhere, and a folder that leads back to the model."""
    folder = base_in(tmp_path / "tiny")
    (folder / "README.md").symlink_to("gone")
    (folder / "again").symlink_to(folder)

    assert local_base("tiny", folder).ref.base == "tiny"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiny-Q4_K_M.gguf", r"in a GGUF file \(tiny-Q4_K_M.gguf\), which vLLM can't serve.*use the model.*made from"),
        ("pytorch_model.bin", r"its weights are pickles \(pytorch_model.bin\).*use a copy with safetensors"),
        ("notes.md", "no transformers model with safetensors weights here"),
    ],
)
def test_a_folder_without_safetensors_says_what_it_holds_and_what_to_do(name, words, tmp_path: Path):
    """GGUF is refused by name: this vLLM has no reader for it."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (tmp_path / name).write_bytes(b"x")

    with pytest.raises(NoSuchModel, match=words):
        local_base("tiny", tmp_path)
