"""Saved runs to a shared place, and those of others from it: one zip file for each run, as it was recorded.

Reports are not shared: each machine writes its own, so no page comes from elsewhere.
"""

import lzma
import shutil
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError
from harness.records.record import Record
from harness.report import write_report
from harness.runs.folder import read_run
from harness.runs.names import SHARED, folders_in, number_of
from harness.share.other_runs import FOLDER, SUFFIX, other_runs
from harness.share.place import CHUNK, Place, Unusable, writing
from harness.text.atomic import make_folder
from harness.text.progress import ProgressBar
from harness.text.visible import for_terminal

RECORDED = ("answers.jsonl", "scores.jsonl", "run.json")
"""The files of a run: what it asked, was answered, and found."""
LARGEST = 64 << 30
"""Bytes of a run's files together, unpacked too."""
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError),
)
"""What ``zipfile`` raises for files that are none, or were changed."""
LARGEST_RECORD = 1 << 30
"""Bytes of a run.json: it is read into memory."""


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
    here, there, copied, refused = runs_here(runs), runs_there(place), [], []
    for name in _shown(sorted(here - there), "pushing"):
        with tempfile.NamedTemporaryFile(suffix=SUFFIX) as packed:
            try:
                _check(runs / name, name)
                _pack(runs / name, Path(packed.name))
            except Unusable as problem:
                refused.append(f"{name}: {problem}")
                continue
            place.put(Path(packed.name), f"{FOLDER}/{name}{SUFFIX}")
            copied.append(name)
    if copied:
        place.remove_left_over(FOLDER)
    refused += other_runs(runs, place, here & there, new=copied)
    return SharedRuns(copied=tuple(copied), known=len(here & there), refused=tuple(refused))


def pull_runs(runs: Path, place: Place) -> SharedRuns:
    """Copy the runs from the place that this machine does not have, and write their reports.

    What is here is never changed. A run that can't be read here is left out, with the reason. A report that a pull
    which was killed did not write is written now.

    Raises:
        PlaceError: the place can't be reached, or refuses.
        StoreError: the folder can't be written.
    """
    here, there = runs_here(runs), runs_there(place)
    copied, refused = [], []
    for name in _shown(sorted(there - here), "pulling"):
        try:
            if _pulled(name, place, runs):
                copied.append(name)
        except Unusable as problem:
            refused.append(f"{name}: {for_terminal(str(problem), 300)}")
    for name in sorted(here & there):
        if not (runs / name / "report.html").exists():
            with suppress(HarnessError):  # one that was damaged here: whoever reads it is told
                write_report(runs / name)
    refused += other_runs(runs, place, here & there, new=copied)
    return SharedRuns(copied=tuple(copied), known=len(here & there), refused=tuple(refused))


def _pulled(name: str, place: Place, runs: Path) -> bool:
    """Copy one run; return whether it was new, which it is not where another process was faster.

    Raises:
        Unusable: it is not a run, or one that can't be read here.
        StoreError: the folder can't be written.
    """
    aside = runs / SHARED / name
    with writing(runs):
        make_folder(aside, lambda folder: _unpacked(name, place, folder))
        try:
            aside.rename(runs / name)
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)
            if (runs / name).exists():
                return False
            raise
    try:
        write_report(runs / name)
    except HarnessError as problem:
        shutil.rmtree(runs / name)
        raise Unusable(str(problem).replace(f"{runs / name}/", "")) from None
    return True


def _shown(names: Sequence[str], what: str) -> Iterator[str]:
    """Yield the names, and show how many are done."""
    started = time.monotonic()
    with ProgressBar(what, "runs", len(names)) as bar:
        for done, name in enumerate(names):
            bar.show(done, "", time.monotonic() - started)
            yield name


def _check(folder: Path, name: str) -> None:
    """Check that a folder has a run of this name, so that nobody is given another one.

    Raises:
        Unusable: it has none, or it can't be read.
    """
    try:
        run = read_run(folder)
    except HarnessError as problem:
        raise Unusable(str(problem).replace(f"{folder}/", "")) from None
    if run.id != name or run.number not in {0, number_of(name)}:
        raise Unusable(f"its run.json is of another run, {run.id[:80]!r}")


def _pack(folder: Path, target: Path) -> None:
    # Where a clock was wrong, a file can be older than zip files can say.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for name in RECORDED:
            try:
                packed.write(folder / name, name)
            except FileNotFoundError:
                raise Unusable(f"{name} is missing") from None


def _unpacked(name: str, place: Place, folder: Path) -> None:
    """Fetch a run and unpack it into a folder, in which nothing else is then.

    Raises:
        Unusable: it holds something else than a run, or one that can't be read here.
    """
    packed = folder / f"run{SUFFIX}"
    place.fetch(f"{FOLDER}/{name}{SUFFIX}", packed, min(LARGEST, _room(folder)))
    try:
        with zipfile.ZipFile(packed) as members:
            infos = members.infolist()
            if sorted(one.filename for one in infos) != sorted(RECORDED):
                raise Unusable(f"its zip file has other files than {', '.join(RECORDED)}")
            size, most = sum(one.file_size for one in infos), min(LARGEST, _room(folder))
            if size > most:
                raise Unusable(f"its files have {size:,} bytes, more than the {most:,} that there is room for")
            if any(one.filename == RECORDED[-1] and one.file_size > LARGEST_RECORD for one in infos):
                raise Unusable(f"its run.json has more than {LARGEST_RECORD:,} bytes")
            for one in infos:
                with members.open(one) as member, (folder / one.filename).open("xb") as file:
                    shutil.copyfileobj(member, file, CHUNK)
    except OSError as problem:
        if problem.errno is None:  # from a module that unpacks
            raise Unusable(f"its zip file is damaged: {problem}") from None
        raise
    except DAMAGED as problem:
        raise Unusable(f"its zip file is damaged: {problem}") from None
    packed.unlink()
    _check(folder, name)


def _room(folder: Path) -> int:
    """Return how many bytes are written beside a folder at most: a zip file of a megabyte can unpack to gigabytes."""
    return shutil.disk_usage(folder).free // 2
