"""Where in the repository something happened: the file of a test below the repository's folder, and the line."""

import ast
from pathlib import Path, PurePosixPath

from harness.ci.spots import Spot
from harness.records.record import Record
from harness.runs.test_ids import bare
from harness.text.regular import read_regular


class Place(Record, frozen=True, kw_only=True):
    """A line of a file. ``path`` is seen from the repository's folder, with "/"."""

    path: str
    line: int


def place_of(spot: Spot, start: Path, repository: Path) -> Place | None:
    """Return where a gate is called, or else where its test begins; None where no such file is in the repository.

    A test's id is seen from pytest's root, which is ``start`` or a folder above it.
    """
    file, _, name = bare(spot.test_id).partition("::")
    parts = PurePosixPath(file)
    if not file or parts.is_absolute() or ".." in parts.parts:
        return None
    start, repository = start.resolve(), repository.resolve()
    for folder in (start, *start.parents):
        if not folder.is_relative_to(repository):
            break
        path = (folder / file).resolve()
        if path.is_file() and path.is_relative_to(repository):
            line = spot.line or _line_of(path, name.rpartition("::")[2])
            return Place(path=path.relative_to(repository).as_posix(), line=line)
    return None


def _line_of(path: Path, function: str) -> int:
    """Return the line on which a function of a file begins; 1 where the file has none of this name."""
    try:
        tree = ast.parse(read_regular(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return 1
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((node.lineno for node in functions if node.name == function), 1)
