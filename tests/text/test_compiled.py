"""Templates that are compiled once."""

import sys

import pytest
from jinja2 import Environment, FileSystemLoader

from harness.text.compiled import CompiledTemplates

NAME = "page.html.j2"


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path):
    """Let this process keep compiled files, in a folder of its own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    (tmp_path / "pages").mkdir()


def page(folder, text=None, escapes=True):
    """Render the template in a folder, as a new process would."""
    if text is not None:
        (folder / "pages" / NAME).write_text(text)
    loader = FileSystemLoader(folder / "pages")
    environment = Environment(loader=loader, autoescape=True, bytecode_cache=CompiledTemplates())
    environment.autoescape = escapes
    return environment.get_template(NAME).render(answer="<b>")


def kept_files(folder):
    """Return the compiled files."""
    return [path for path in (folder / "kept").rglob("*") if path.is_file()]


@pytest.fixture
def compiled(monkeypatch):
    """Count what Jinja compiles."""
    counted = []
    compile_it = Environment.compile
    monkeypatch.setattr(Environment, "compile", lambda self, *given: counted.append(given) or compile_it(self, *given))
    return counted


def test_a_template_is_compiled_once(tmp_path, compiled):
    """The second process reads what the first one kept, and prints the same."""
    first = page(tmp_path, "answer: {{ answer }}")
    second = page(tmp_path)

    assert first == second == "answer: &lt;b&gt;"
    assert len(compiled) == len(kept_files(tmp_path)) == 1


@pytest.mark.parametrize(
    ("text", "escapes", "shown"),
    [
        ("now: {{ answer }}", True, "now: &lt;b&gt;"),
        (None, False, "answer: <b>"),
    ],
    ids=["another text", "other settings"],
)
def test_what_is_kept_is_only_used_for_the_very_same(tmp_path, compiled, text, escapes, shown):
    """A stale page would show what was not scored, and a page that doesn't escape would run what a model wrote."""
    page(tmp_path, "answer: {{ answer }}")

    assert page(tmp_path, text, escapes) == shown
    assert len(compiled) == 2


@pytest.mark.parametrize("damage", [b"", b"\n", b"no header\nmore", None], ids=repr)
def test_a_damaged_file_is_made_again(tmp_path, compiled, damage):
    """Cut short, of another writer, or whole but for its last bytes."""
    page(tmp_path, "answer: {{ answer }}")
    (file,) = kept_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-20] if damage is None else damage)

    assert page(tmp_path) == "answer: &lt;b&gt;"
    assert len(compiled) == 2


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path, monkeypatch):
    """As PYTHONDONTWRITEBYTECODE asks."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    page(tmp_path, "answer: {{ answer }}")

    assert not kept_files(tmp_path)


def test_a_folder_that_cant_be_written_is_no_trouble(tmp_path, monkeypatch):
    """An installed package is often read-only."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "file"))

    assert page(tmp_path, "answer: {{ answer }}") == "answer: &lt;b&gt;"


def test_another_build_of_one_python_compiles_anew(tmp_path, compiled, monkeypatch):
    """Its code can differ while its files have the same names; to run it would end the process."""
    page(tmp_path, "answer: {{ answer }}")
    monkeypatch.setattr("importlib.util.MAGIC_NUMBER", b"\x00\x00\r\n")

    assert page(tmp_path) == "answer: &lt;b&gt;"
    assert len(compiled) == 2
