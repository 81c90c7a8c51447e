"""The names of run folders: ``0007-2026-11-22-1f3c``, or without the number, as in older runs."""

import re
from pathlib import Path

from harness.errors import InputError, NoSuchModel

NUMBERED = re.compile(r"(\d{4,6})(?:-\d{4}-\d\d-\d\d-[0-9a-f]{4})?", re.ASCII)


def find_run(runs: Path, name: str) -> Path:
    """Return the folder of a run: by number (``7``, ``0007``), by the name of its folder, or by the folder's path.

    The name can start with ``run:``, as in the name of a model.

    Raises:
        NoSuchModel: there is none.
        InputError: two runs have this number.
    """
    name = name.removeprefix("run:")
    if re.fullmatch(r"\d{1,9}", name, re.ASCII):
        return _numbered(runs, int(name))
    for folder in [runs / name, Path(name)] if name else []:
        record = folder / "run.json"
        if record.is_file():
            return folder
        if record.exists():
            raise NoSuchModel(f"{record}: not a regular file")
    raise NoSuchModel(f"{name or runs}: no saved run here; `ls {runs}` shows the runs")


def runs_in(runs: Path, names: str) -> tuple[Path, ...]:
    """Return the folders of several runs, the oldest first: ``1..20``, ``3,7``, or both; each once.

    Of a range those that are there count; one that is named alone must be there.

    Raises:
        NoSuchModel: a run is not there, or none of a range is.
        InputError: a range is none, or two runs have a number.
    """
    found: dict[Path, None] = {}
    for name in filter(None, (one.strip() for one in names.split(","))):
        ends = re.fullmatch(r"(\d{1,6})\.\.(\d{1,6})", name, re.ASCII)
        if ends is None:
            found[find_run(runs, name)] = None
            continue
        first, last = int(ends[1]), int(ends[2])
        there = [path for path in folders_in(runs) if first <= number_of(path.name) <= last]
        complete = [path for path in there if number_of(path.name) and (path / "run.json").is_file()]
        if not complete:
            raise NoSuchModel(f"{runs}: no saved run has a number from {first} to {last}; `ls {runs}` shows the runs")
        found |= dict.fromkeys(complete)
    if not found:
        raise InputError("name runs by their numbers, as in 1..20 or 3,7,9..12")
    return tuple(sorted(found, key=lambda path: (number_of(path.name), path.name)))


def number_of(folder: str) -> int:
    """Return the number in the name of a run folder; 0 when it has none.

    >>> number_of("0007-2026-11-22-1f3c"), number_of("2026-11-22-1f3c")
    (7, 0)
    """
    found = NUMBERED.fullmatch(folder)
    return int(found[1]) if found else 0


DRIFT = "drift"
"""The folder beside the runs in which `harness drift` keeps its histories and pages."""
SHARED = "shared"
"""The folder beside the runs in which `harness share` keeps what it knows of shared places."""


def folders_in(runs: Path) -> list[Path]:
    """Return what is in ``runs``, by name; nothing where it is no folder, or no folder can have its name (NUL).

    What other commands keep there is left out.
    """
    return sorted(path for path in runs.glob("*") if path.name not in {DRIFT, SHARED}) if runs.is_dir() else []


def numbered_folders(runs: Path, number: int) -> list[Path]:
    """Return the folders in ``runs`` with this number."""
    return [path for path in folders_in(runs) if number_of(path.name) == number]


def highest_number(runs: Path) -> int:
    """Return the highest number among the folders in ``runs``; 0 when none has one."""
    return max((number_of(path.name) for path in folders_in(runs)), default=0)


def _numbered(runs: Path, number: int) -> Path:
    folders = [path for path in numbered_folders(runs, number) if (path / "run.json").is_file()]
    if not folders:
        raise NoSuchModel(f"{runs}: no saved run has the number {number}; `ls {runs}` shows the runs")
    if len(folders) > 1:
        names = " and ".join(path.name for path in folders)
        raise InputError(f"{runs}: {names} have the number {number}; name one by its folder")
    return folders[0]
