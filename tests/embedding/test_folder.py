"""Folders of sentence-transformers: the right vectors, and what is refused rather than read wrongly."""

import json

import numpy as np
import pytest

from harness.embedding.embedder import pooled
from harness.embedding.folder import load_folder, shape_of
from harness.embedding.named import find_model, load_model
from harness.errors import NoSuchModel
from tests.embeddings import tiny_folder, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder that is read and never changed."""
    return tiny_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(made, tmp_path):
    """A copy that can be changed."""
    for path in made.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(made)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path


def test_the_vector_is_the_mean_of_what_transformers_gives(made):
    """Over all tokens, those at both ends too, as sentence-transformers does it."""
    import torch
    from transformers import AutoModel

    with torch.inference_mode():
        states = AutoModel.from_pretrained(made).eval()(input_ids=torch.tensor([[2, 7, 4, 3]])).last_hidden_state[0]
    mean = states.mean(dim=0).numpy()

    vector = load_folder(made)(["the   cat"])[0]

    assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_longer_text_is_read_by_its_start(made):
    """The model has eight places: six words and both ends."""
    embedder = load_folder(made)
    read, start = embedder.read("cat dog " * 500_000), embedder.read("cat dog cat dog cat dog")

    assert (read.is_whole, start.is_whole) == (False, True)
    assert read.is_part.tolist() == [False, *[True] * 6, False]
    assert pooled(read, "mean") == pytest.approx(pooled(start, "mean"))


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "猫が座った", "[CLS] [SEP]"])
def test_any_text_has_a_vector(made, text):
    """Of length 1, whatever a model wrote."""
    vector = load_folder(made)([text])[0]

    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_a_folder_is_found_by_its_path_and_known_by_its_files(folder):
    """Its name and the start of its digest are what scorers call it; another pooling is another model."""
    found = find_model(str(folder))
    write(folder / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    other = find_model(str(folder))

    assert found.written == f"{folder.name} {found.digest[:8]}"
    assert not found.is_english
    assert other.digest != found.digest
    assert load_model(other).pooling == "cls"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("modules.json", [], "its steps are none; only Transformer, Pooling and Normalize"),
        ("modules.json", [{"type": "a.Transformer"}, {"type": "a.Pooling"}, {"type": "a.Dense"}], "Pooling, Dense"),
        ("modules.json", [{"type": "a.Transformer", "path": "../.."}, {"type": "a.Pooling"}], "outside of the folder"),
        ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}, "pools by lasttoken"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
            "mean_tokens, cls",
        ),
        ("1_Pooling/config.json", {"pooling_mode": "weightedmean"}, "pools by weightedmean"),
        ("1_Pooling/config.json", 3, "not an object of JSON"),
        ("config_sentence_transformers.json", {"default_prompt_name": "query"}, "puts a prompt before each text"),
    ],
)
def test_what_is_not_known_is_refused(folder, file, content, words):
    """Its vectors would be others than its authors'."""
    write(folder / file, content)

    with pytest.raises(NoSuchModel) as raised:
        shape_of(folder)

    assert words in str(raised.value)


@pytest.mark.parametrize("name", ["modules.json", "model.safetensors", "tokenizer.json", "config.json"])
def test_a_missing_file_is_named(folder, name):
    """Weights in a pickle are no weights here."""
    (folder / name).unlink()

    with pytest.raises(NoSuchModel, match=name):
        find_model(str(folder))


def test_a_broken_file_is_an_error_of_the_model(folder):
    """Not a traceback of another library."""
    (folder / "modules.json").write_text("[" * 100_000)

    with pytest.raises(NoSuchModel, match=r"modules\.json: not JSON"):
        find_model(str(folder))


def test_code_of_the_models_own_is_not_run(folder):
    """A folder can name code to load it with."""
    config = json.loads((folder / "config.json").read_text())
    write(folder / "config.json", config | {"model_type": "mine", "auto_map": {"AutoModel": "code.Mine"}})
    (folder / "code.py").write_text("raise SystemExit")

    with pytest.raises(NoSuchModel, match="can't be loaded"):
        load_folder(folder)
