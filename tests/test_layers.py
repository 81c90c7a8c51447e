"""The direction of imports, and the weight of `import harness` (DESIGN.md section 2)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parent.parent / "harness"
LAYERS = (
    {"records", "run_records", "errors"},
    {
        "cases",
        "jsonl",
        "tomlfile",
        "scorers",
        "stats",
        "compare",
        "quantities",
        "fingerprint",
        "gates",
        "gate_words",
        "quantity_gates",
        "slices",
        "power_plan",
        "rubrics",
        "blind",
        "noise",
        "probe",
        "plans",
        "scoring",
    },
    {
        "config",
        "content",
        "atomic",
        "digests",
        "models",
        "base_model",
        "engines",
        "merged",
        "run_folder",
        "run_names",
        "commit",
        "history",
        "row_file",
        "compare_runs",
        "store",
        "judge",
        "train",
        "data",
        "pages",
        "report",
        "review",
        "sides",
        "asking",
        "side_by_side",
        "usage",
        "progress",
    },
    {
        "evaluate",
        "ledger",
        "gate_run",
        "suite_run",
        "saved_run",
        "pytest_plugin",
        "sessions",
        "cli",
        "run_tables",
        "cli_runs",
        "cli_review",
        "cli_store",
    },
)
HEAVY = {
    "torch",
    "transformers",
    "vllm",
    "trl",
    "peft",
    "sklearn",
    "scipy",
    "datasets",
    "bitsandbytes",
    "openai",
    "uvicorn",
    "matplotlib",
}


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(HARNESS.rglob("*.py"))


def layer(module: str) -> int:
    """Return the layer of `harness.<module>...`."""
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    pytest.fail(f"harness.{module} stands in no layer; add it to the list here")


def imports(path: Path, *, top_level: bool) -> set[str]:
    """Return the dotted names that a module imports, at its top or anywhere."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_a_module_imports_only_from_lower_layers(path):
    """Also inside functions; within a layer, imports are free."""
    parts = path.relative_to(HARNESS).with_suffix("").parts
    if parts[0] == "__init__":
        return
    own = layer(parts[0])

    above = {
        name
        for name in imports(path, top_level=False)
        if name.startswith("harness.") and layer(name.split(".")[1]) > own
    }

    assert not above, f"{path.name} (layer {own}) imports {above}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_heavy_libraries_are_imported_where_they_are_used(path):
    """Never at the top of a module."""
    assert not {name.split(".")[0] for name in imports(path, top_level=True)} & HEAVY


def test_pytest_is_imported_by_the_plugin_and_its_sessions_alone():
    """Everything else works without it."""
    users = {path.name for path in modules() if "pytest" in imports(path, top_level=False)}

    assert users == {"pytest_plugin.py", "sessions.py"}


def test_the_plugin_loads_without_heavy_libraries():
    """Every pytest run of a user loads the plugin, so it must cost next to nothing."""
    code = f"import sys, harness, harness.gating.plugin; print(sorted(set(sys.modules) & {HEAVY!r}))"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert loaded.strip() == "[]"
