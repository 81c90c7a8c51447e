"""Saved runs to a shared place, and those of others from it: one zip file for each run, as it was recorded.

Reports are not shared: each machine writes its own, so no page comes from elsewhere.
"""

import shutil
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.errors import HarnessError, PlaceError
from harness.records.record import Record
from harness.report import write_report
from harness.runs.folder import read_run
from harness.runs.names import SHARED, folders_in, number_of
from harness.share.place import Place
from harness.text.atomic import make_folder
from harness.text.progress import ProgressBar
from harness.text.visible import for_terminal

FOLDER, SUFFIX = "runs", ".zip"
RECORDED = ("answers.jsonl", "scores.jsonl", "run.json")
"""The files of a run: what it asked, was answered, and found."""
LARGEST = 64 << 30
"""Bytes of a run's files together, unpacked too."""


class SharedRuns(Record, frozen=True, kw_only=True):
    """Which runs were copied, how many were there already, and what could not be read, with the reason."""

    copied: tuple[str, ...] = ()
    known: int = 0
    refused: tuple[str, ...] = ()


def runs_here(runs: Path) -> frozenset[str]:
    """Return the names of the saved runs of this machine that have a number, as all have since version 0.2."""
    return frozenset(one.name for one in folders_in(runs) if number_of(one.name) and (one / RECORDED[-1]).is_file())


def runs_there(place: Place) -> frozenset[str]:
    """Return the names of the runs in a place."""
    found = (name.removesuffix(SUFFIX) for name in place.names(FOLDER) if name.endswith(SUFFIX))
    return frozenset(name for name in found if number_of(name))


def push_runs(runs: Path, place: Place) -> SharedRuns:
    """Copy the runs to the place that it does not have.

    Raises:
        PlaceError: the place can't be reached, or refuses.
    """
    here, there = runs_here(runs), runs_there(place)
    new = sorted(here - there)
    for name in _shown(new, "pushing"):
        with tempfile.NamedTemporaryFile(suffix=SUFFIX) as packed:
            _pack(runs / name, Path(packed.name))
            place.put(Path(packed.name), f"{FOLDER}/{name}{SUFFIX}")
    return SharedRuns(copied=tuple(new), known=len(here & there))


def pull_runs(runs: Path, place: Place) -> SharedRuns:
    """Copy the runs from the place that this machine does not have, and write their reports.

    What is here is never changed. A run that can't be read here is left out, with the reason.

    Raises:
        PlaceError: the place can't be reached, or refuses.
    """
    here, there = runs_here(runs), runs_there(place)
    copied, refused = [], []
    for name in _shown(sorted(there - here), "pulling"):
        aside = runs / SHARED / name
        try:
            make_folder(aside, lambda folder, name=name: _unpacked(name, place, folder))  # type: ignore[misc]
            aside.rename(runs / name)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError) as problem:
            refused.append(f"{name}: its zip file is damaged: {for_terminal(str(problem), 200)}")
        except _Refused as problem:
            refused.append(f"{name}: {problem}")
        else:
            copied.append(name)
    _write_reports(runs / name for name in copied)
    return SharedRuns(copied=tuple(copied), known=len(here & there), refused=tuple(refused))


class _Refused(Exception):
    """A run of the place is not kept; the text says why."""


def _shown(names: Sequence[str], what: str) -> Iterator[str]:
    """Yield the names, and show how many are done."""
    started = time.monotonic()
    with ProgressBar(what, "runs", len(names)) as bar:
        for done, name in enumerate(names):
            bar.show(done, "", time.monotonic() - started)
            yield name


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in RECORDED:
            packed.write(folder / name, name)


def _unpacked(name: str, place: Place, folder: Path) -> None:
    """Fetch a run and unpack it into a folder, in which nothing else is then.

    Raises:
        _Refused: it holds something else than a run, or one that can't be read here.
    """
    packed = folder / f"run{SUFFIX}"
    place.fetch(f"{FOLDER}/{name}{SUFFIX}", packed, LARGEST)
    with zipfile.ZipFile(packed) as members:
        infos = members.infolist()
        if sorted(one.filename for one in infos) != sorted(RECORDED):
            raise _Refused(f"its zip file has other files than {', '.join(RECORDED)}")
        if (size := sum(one.file_size for one in infos)) > LARGEST:
            raise _Refused(f"its files have {size:,} bytes, more than the {LARGEST:,} that are unpacked")
        for one in infos:
            with members.open(one) as member, (folder / one.filename).open("xb") as file:
                shutil.copyfileobj(member, file, 1 << 20)
    packed.unlink()
    try:
        read_run(folder)
    except HarnessError as problem:
        raise _Refused(for_terminal(str(problem).replace(f"{folder}/", ""), 300)) from None


def _write_reports(folders: Iterable[Path]) -> None:
    for folder in folders:
        try:
            write_report(folder)
        except HarnessError as problem:
            raise PlaceError(f"{folder.name} was pulled, but its report can't be written: {problem}") from problem
