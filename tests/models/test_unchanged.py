"""Files that are replaced while something reads them: nothing that was read is filed under the old digest."""

import shutil
from pathlib import Path

import pytest

from harness.errors import AdapterError, EngineSetupError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.unchanged import refuse_changed, unchanged
from tests.models.fakes import adapter_in, base_in


@pytest.fixture
def model(tmp_path):
    """Return an adapter on a base model, digested as its files are now."""
    return local_adapter(local_base("tiny", base_in(tmp_path / "base")), adapter_in(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("mine/adapter_model.safetensors", b"other"),
        ("mine/adapter_config.json", b"{}"),
        ("base/model.safetensors", b"other"),
        ("base/config.json", b'{"vocab_size": 3}'),
        ("base/chat_template.jinja", b"{{ messages[0] }}"),
        ("base/model-2.safetensors", b"one more"),
        ("base/generation_config.json", b"{}"),
        ("base/adapter_config.json", b"{}"),
        ("base/tokenizer.json", b"{}"),
    ],
)
def test_a_file_replaced_while_it_is_read_is_named_by_its_folder(model, file, content, tmp_path):
    """Also one that was not there before; the run starts over with new digests."""
    with (
        pytest.raises(EngineSetupError) as refused,
        unchanged([model], "being loaded"),
    ):
        (tmp_path / file).write_bytes(content)

    folder = (tmp_path / file).parent
    assert str(refused.value) == f"{folder}: it changed while it was being loaded; run again"


@pytest.mark.parametrize("file", ["mine/adapter_model.safetensors", "base/model.safetensors"])
def test_a_file_replaced_before_it_is_read_is_refused(model, file, tmp_path):
    """The window begins with the digest, not with the loading."""
    (tmp_path / file).write_bytes(b"other")

    with (
        pytest.raises(EngineSetupError, match="it changed while it was being loaded"),
        unchanged([model], "being loaded"),
    ):
        pass


@pytest.mark.parametrize("file", ["mine/adapter_model.safetensors", "base/model.safetensors"])
def test_a_file_that_is_replaced_and_put_back_is_refused(model, file, tmp_path):
    """Its digest is the old one again, but who knows which of the two was read."""

    def replace_and_put_back(path: Path) -> None:
        path.rename(tmp_path / "kept")
        path.write_bytes(b"other")
        shutil.copy(tmp_path / "kept", path)

    with pytest.raises(EngineSetupError, match="it changed"), unchanged([model], "being loaded"):
        replace_and_put_back(tmp_path / file)


def test_a_file_that_is_removed_is_refused(model, tmp_path):
    """There is nothing left to digest."""
    with pytest.raises(EngineSetupError, match="base: it changed"), unchanged([model], "being loaded"):
        (tmp_path / "base" / "model.safetensors").unlink()


def test_a_failure_to_read_half_a_file_is_told_as_the_change(model, tmp_path):
    """Not as an adapter that does not fit."""

    def load_half(path: Path) -> None:
        path.write_bytes(b"half")
        raise AdapterError("does not fit")

    with pytest.raises(EngineSetupError, match="mine: it changed"), unchanged([model], "being loaded"):
        load_half(tmp_path / "mine" / "adapter_model.safetensors")


def test_what_does_not_change_is_let_through_with_its_own_errors(model, tmp_path):
    """Other files in the folders decide nothing."""
    with unchanged([model], "being loaded"):
        (tmp_path / "mine" / "README.md").write_text("notes")
    with pytest.raises(AdapterError, match="does not fit"), unchanged([model], "being loaded"):
        raise AdapterError("does not fit")


def test_a_change_since_the_digest_is_refused_in_the_callers_words(model, tmp_path):
    """A running server is told differently."""
    refuse_changed([model], "load it again")
    (tmp_path / "mine" / "adapter_model.safetensors").write_bytes(b"other")

    with pytest.raises(EngineSetupError) as refused:
        refuse_changed([model], "load it again")

    assert str(refused.value) == f"{tmp_path / 'mine'}: load it again"
