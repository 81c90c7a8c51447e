"""Base models with Python code of their own: refused in one line, never asked about, never run."""

import ast
import json
from pathlib import Path

import pytest

from harness.errors import NoSuchModel
from harness.models.local import local_base
from harness.models.own_code import REFUSAL, loading
from tests.models.fakes import base_in

ROOT = Path(__file__).parents[2]
LOADERS = {"AutoConfig", "AutoTokenizer", "AutoModelForCausalLM"}
CODE = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}


def base_with(folder: Path, **config: object) -> Path:
    """Make a base model whose code writes a file when it is run."""
    base_in(folder)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(folder / 'was_run')!r}, 'w')\n")
    return folder


def test_a_model_that_is_only_in_its_own_code_is_refused_before_anything_starts(tmp_path):
    """The refusal says that the code is never run."""
    folder = base_with(tmp_path / "own", model_type="own", auto_map=CODE)

    with pytest.raises(NoSuchModel) as refused:
        local_base("own", folder)

    assert str(refused.value) == f"{folder}: {REFUSAL}"
    assert "never run (trust_remote_code=False)" in REFUSAL
    assert not (folder / "was_run").exists()


def test_a_model_that_transformers_has_built_in_is_not_refused_for_the_code_beside_it(tmp_path):
    """Many folders still have the code from before it was built in; it is ignored."""
    folder = base_with(tmp_path / "known", model_type="llama", auto_map=CODE)

    assert local_base("known", folder).ref.base == "known"


def test_code_that_only_the_library_finds_is_refused_in_the_same_words(tmp_path):
    """A tokenizer of its own, say."""
    with pytest.raises(NoSuchModel) as refused, loading(tmp_path):
        raise ValueError("contains custom code. Please pass the argument `trust_remote_code=True` to allow it.")

    assert str(refused.value) == f"{tmp_path}: {REFUSAL}"


def test_another_failure_to_load_is_one_line(tmp_path):
    """With the library's own reason."""
    with pytest.raises(NoSuchModel) as refused, loading(tmp_path):
        raise KeyError("layers\nand more")

    assert str(refused.value) == f"{tmp_path}: can't be loaded as a base model: KeyError 'layers\\nand more'"


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, '{"auto_map": 3}', '{"model_type": []}', "\xff"])
def test_a_configuration_that_is_none_is_one_line(text, tmp_path):
    """Before a server is started."""
    folder = base_in(tmp_path / "odd")
    (folder / "config.json").write_bytes(text.encode("latin-1"))

    with pytest.raises(NoSuchModel, match=r"config\.json: not readable as a model's configuration: ") as refused:
        local_base("odd", folder)

    assert str(refused.value).isprintable()


def test_every_call_that_could_run_a_models_code_says_not_to():
    """Without the argument transformers asks on the terminal, and ``yes |`` answers."""
    calls = [
        (path.relative_to(ROOT), node)
        for folder in ("harness", "scripts", "bench")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"from_pretrained", "from_config"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in LOADERS
    ]
    saying = [
        (path, node.lineno)
        for path, node in calls
        for keyword in node.keywords
        if keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) == "False"
    ]

    assert len(calls) >= 6
    assert saying == [(path, node.lineno) for path, node in calls]
