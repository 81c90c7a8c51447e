"""Base models with Python code of their own: refused in one line, never asked about, never run by this process."""

import ast
import json
from pathlib import Path

import pytest

from harness.errors import EngineSetupError, NoSuchModel
from harness.models.answering import digest_base
from harness.models.base_files import CODE as PATTERNS
from harness.models.local import files_of, local_base
from harness.models.local_adapter import local_adapter
from harness.models.own_code import REFUSAL, has_own_tokenizer, loading
from harness.models.unchanged import unchanged
from tests.models.fakes import adapter_in, base_in

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
    assert "which this process never runs" in REFUSAL
    assert 'A vLLM server that the harness starts runs it with args = ["--trust-remote-code"]' in REFUSAL
    assert not (folder / "was_run").exists()


def test_a_model_whose_code_a_server_runs_is_let_through_and_its_code_is_a_part_of_it(tmp_path):
    """Other code is another base model, also below an adapter; nothing of it is run here."""
    folder = base_with(tmp_path / "own", model_type="own", auto_map=CODE)

    first = local_base("own", folder, code=PATTERNS)
    adapted = local_adapter(first, adapter_in(tmp_path / "mine"))
    (folder / "own.py").write_text("changed = True\n")
    second = local_base("own", folder, code=PATTERNS)

    assert first.code == adapted.code == PATTERNS
    assert first.ref.base_digest == adapted.ref.base_digest != second.ref.base_digest
    assert folder / "own.py" in files_of(first)
    assert not (folder / "was_run").exists()


def test_code_that_nobody_runs_changes_no_digest(tmp_path):
    """As does a server's leave to run code where there is none: what was kept under these digests is used again."""
    with_code = base_with(tmp_path / "known", model_type="llama", auto_map=CODE)
    before = digest_base(with_code)
    (with_code / "own.py").write_text("changed = True\n")
    plain = base_in(tmp_path / "plain")

    assert digest_base(with_code) == before
    assert digest_base(with_code, code=PATTERNS) != before
    assert local_base("plain", plain, code=PATTERNS) == local_base("plain", plain)


def test_code_that_changes_while_a_server_reads_it_is_noticed(tmp_path):
    """As weights are."""
    folder = base_with(tmp_path / "own", model_type="own", auto_map=CODE)
    model = local_base("own", folder, code=PATTERNS)

    with (
        pytest.raises(EngineSetupError, match="own: it changed while it was being loaded"),
        unchanged([model], "being loaded"),
    ):
        (folder / "own.py").write_text("changed = True\n")


@pytest.mark.parametrize(
    ("file", "own", "told"),
    [
        (
            "config.json",
            {"AutoConfig": "gone.OwnConfig"},
            r"config\.json names its own code in gone\.py .*HF_HUB_OFFLINE",
        ),
        (
            "config.json",
            {"AutoModel": "org/other--own.M"},
            r"its own code is in another model, org/other \(config\.json",
        ),
        ("tokenizer_config.json", {"AutoTokenizer": [None, "gone.T"]}, r"tokenizer_config\.json names .* in gone\.py"),
        ("tokenizer_config.json", ["org/other--own.T", None], r"another model, org/other \(tokenizer_config\.json"),
    ],
)
def test_code_that_is_not_in_the_folder_is_refused_where_a_server_would_run_it(file, own, told, tmp_path):
    """No digest would hold it, and the server has no hub to fetch it from."""
    folder = base_with(tmp_path / "own", model_type="llama")
    (folder / file).write_text(json.dumps({"model_type": "llama", "auto_map": own}))

    with pytest.raises(NoSuchModel, match=told):
        local_base("own", folder, code=PATTERNS)
    assert local_base("own", folder).code == ()


def test_a_link_to_code_that_is_lost_is_named(tmp_path):
    """Left out in silence, the server would fail without it."""
    folder = base_with(tmp_path / "own", model_type="own", auto_map=CODE)
    (folder / "more.py").symlink_to("gone.py")

    with pytest.raises(NoSuchModel, match=r"more\.py: a symbolic link to nothing"):
        local_base("own", folder, code=PATTERNS)


@pytest.mark.parametrize(
    ("own", "is_code"),
    [
        ({"AutoTokenizer": ["own.T", None]}, True),
        ([None, "own.T"], True),
        ({"AutoConfig": "own.C"}, False),
        ({"AutoTokenizer": [None, None]}, False),
        (None, False),
    ],
)
def test_the_tokenizers_settings_tell_whether_it_is_code(own, is_code, tmp_path):
    """Older files have a list alone."""
    folder = base_with(tmp_path / "own", model_type="own", auto_map=CODE)
    (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": own}))

    assert has_own_tokenizer(folder) is is_code
    assert local_base("own", folder, code=PATTERNS).tokenizer_is_code is is_code


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
