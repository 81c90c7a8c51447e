"""The direction of imports, and the weight of `import harness` (docs/design.md, section 2)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parent.parent / "harness"
ORDER = (
    "errors",
    "interrupts",
    "records",
    "text",
    "stats",
    "embedding",
    "scorers",
    "config",
    "settings",
    "models",
    "engines",
    "asking",
    "data",
    "logs",
    "verdicts",
    "train",
    "runs",
    "registry",
    "exchange",
    "report",
    "share",
    "judges",
    "ci",
    "serving",
    "review",
    "viewer",
    "cases",
    "starter",
    "gating",
    "untuned",
    "teacher",
    "feedback",
    "deploy",
    "drift",
    "doctor",
    "cli",
)
"""Each imports only what comes before it: the order of the folders in docs/design.md, section 1."""
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
    "fsspec",
    "obstore",
    "uvicorn",
    "pyarrow",
    "zstandard",
    "mlflow",
    "wandb",
    "numpy",
    "cryptography",
    "oras",
    "requests",
    "ray",
}
ONLY_TO_ASK = {"aiohttp", "rich", "ssl", "urllib.request"}
"""What is needed to ask: with it, a run of stored answers would take half as long again."""


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(HARNESS.rglob("*.py"))


def parts_of(path: Path) -> tuple[str, ...]:
    """Return a module's name below ``harness``, in parts; a package is its folder's name."""
    parts = path.relative_to(HARNESS).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path, *, top_level: bool) -> set[str]:
    """Return the dotted names that a module imports, at its top or anywhere; a name in a module counts as both."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def arrows(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (importing, imported) among what stands side by side in a folder: its modules, and its folders whole."""
    above = ("harness", *parts_of(folder / "__init__.py"))
    beside = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    for path in sorted(folder.rglob("*.py")):
        own = ("harness", *parts_of(path))
        for name in imports(path, top_level=False):
            parts = tuple(name.split("."))
            if parts[: len(above)] != above or len(own) == len(above) or len(parts) == len(above):
                continue
            here, there = own[len(above)], parts[len(above)]
            if here != there and there in beside:
                yield here, there


def circle_in(pairs: set[tuple[str, str]]) -> set[str]:
    """Return the names that can't be put in an order: those left when all that import nothing left are taken away."""
    left = {name for pair in pairs for name in pair}
    while free := {name for name in left if not any(one == name and other in left for one, other in pairs)}:
        left -= free
    return left


def test_the_order_names_every_package_once():
    """What is new has to find its place."""
    there = {path.stem for path in HARNESS.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert sorted(ORDER) == sorted(there - {"__init__"})


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_a_module_imports_only_what_comes_before_its_package(path):
    """Also inside functions."""
    if not parts_of(path):
        return
    own = parts_of(path)[0]
    before = {own, *ORDER[: ORDER.index(own)]}

    above = {
        name
        for name in imports(path, top_level=False)
        if name.startswith("harness.") and name.split(".")[1] in ORDER and name.split(".")[1] not in before
    }

    assert not above, f"{path.relative_to(HARNESS)} imports {sorted(above)}"


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in modules()}),
    ids=lambda folder: str(folder.relative_to(HARNESS.parent)),
)
def test_nothing_in_a_folder_imports_in_a_circle(folder):
    """Neither modules nor folders, at any depth."""
    assert not circle_in(set(arrows(folder)))


def test_a_circle_would_be_found():
    """A and b import each other, c imports a, and d stands apart."""
    assert circle_in({("a", "b"), ("b", "a"), ("c", "d")}) == {"a", "b"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_heavy_libraries_are_imported_where_they_are_used(path):
    """Never at the top of a module."""
    assert not {name.split(".")[0] for name in imports(path, top_level=True)} & HEAVY


def test_pytest_is_imported_in_gating_alone():
    """Everything else works without it."""
    users = {parts_of(path)[0] for path in modules() if "pytest" in imports(path, top_level=False)}

    assert users == {"gating"}


def test_the_plugin_loads_without_heavy_libraries():
    """Every pytest run of a user loads the plugin, so it must cost next to nothing."""
    late = HEAVY | ONLY_TO_ASK
    loads = "harness.gating.plugin, harness.report.view.page"
    code = f"import sys, {loads}; print(sorted(set(sys.modules) & {late!r}))"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert loaded.strip() == "[]"


def test_the_plugin_loads_nothing_that_only_a_suite_needs():
    """Where nobody asks for a gate, a session of pytest is as quick as without the plugin, or nearly."""
    code = "import sys, harness.gating.plugin, harness.gating.fixtures; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    own = {name.split(".")[1] for name in loaded if name.startswith("harness.")}
    assert own == {"config", "errors", "gating", "models", "records", "text"}
    assert len([name for name in loaded if name.startswith("harness")]) < 35
