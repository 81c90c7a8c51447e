"""The files that suites are made of: digested when they are asked, and compared when a run shall prove something."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from harness.models.digests import remembered
from harness.records.made_of import SuiteFile
from harness.text.figures import count
from harness.text.visible import for_terminal, hide_paths

BESIDE = frozenset({".py", ".jsonl", ".json", ".txt", ".jinja", ".j2"})
"""What else in a suite's folder can decide: tests, cases, schemas, system messages, templates."""
SEAL = ".seal.json"
SHORT = ".short.json"
"""Which cases ``--anchors`` asks: no whole run is decided by it."""
SUITES = "suites"
"""The folder whose tests a whole run has asked, where it is there: what docs and commands call it."""
MODULES = ("test_*.py", "*_test.py")
"""How pytest knows a file of tests by its name."""
NONE_LEFT_OUT: Mapping[Path, int] = {}


def suite_files(
    tests: Mapping[Path, int],
    cases: AbstractSet[Path],
    root: Path,
    deselected: Mapping[Path, int] = NONE_LEFT_OUT,
) -> tuple[SuiteFile, ...]:
    """Return the files of the suites with these test modules and case files, by path, seen from ``root``.

    ``tests`` has how many tests of each module are asked, ``deselected`` how many pytest left out.

    With each comes what is in its folder, unless that is ``root`` itself, where much else is; and the conftest.py of
    every folder on the way. A case file that can't be read is left out.
    """
    found = {path.absolute() for path in (*tests, *cases, *deselected)}
    for folder in {path.parent for path in found}:
        found |= set(_beside(folder, root.absolute()))
    asked, left_out = ({path.absolute(): number for path, number in each.items()} for each in (tests, deselected))
    digested = (
        msgspec.structs.replace(file, tests=asked.get(path, 0), deselected=left_out.get(path, 0))
        for path, file in _digested(found, root.absolute())
    )
    return tuple(sorted(digested, key=lambda one: one.path))


def changes_since(files: Sequence[SuiteFile], root: Path) -> tuple[str, ...]:
    """Say what is different now in the suites that a run has asked: files that changed, are gone, or are new."""
    then = {one.path: one.sha256 for one in files}
    here = {root / path for path in then if (root / path).is_file()}
    now = {one.path: one.sha256 for one in suite_files({}, here, root)}
    changed = [f"{path} changed" for path in then if path in now and now[path] != then[path]]
    gone = [f"{path} is gone" for path in then if path not in now]
    new = [f"{path} is new" for path in now if path not in then]
    left_out = [f"{count(one.deselected, 'test')} of {one.path} not asked" for one in files if one.deselected]
    told = {one.path for one in files if one.tests or one.deselected} | (now.keys() - then.keys())
    lines = (*changed, *gone, *new, *left_out, *_never_asked(told, root))
    return tuple(for_terminal(line) for line in lines)


def _never_asked(known: AbstractSet[str], root: Path) -> Iterator[str]:
    """Yield the modules below ``suites/`` of which the run has asked no test, though they may be beside one."""
    found = {path for pattern in MODULES for path in (root / SUITES).rglob(pattern)}
    names = sorted(path.relative_to(root).as_posix() for path in found)
    yield from (f"{name} was not asked" for name in names if name not in known)


def _beside(folder: Path, root: Path) -> Iterator[Path]:
    if folder != root and folder.is_dir():
        yield from (path for path in folder.iterdir() if path.suffix in BESIDE and not path.name.startswith("."))
    for above in (folder, *folder.parents):
        if (above / "conftest.py").is_file():
            yield above / "conftest.py"
        if above == root or not above.is_relative_to(root):
            return


def _digested(paths: Iterable[Path], root: Path) -> Iterator[tuple[Path, SuiteFile]]:
    for path in paths:
        if path.is_file() and not path.name.endswith((SEAL, SHORT)):
            name = path.relative_to(root).as_posix() if path.is_relative_to(root) else hide_paths(str(path))
            yield path, SuiteFile(path=name, sha256=remembered(path))
