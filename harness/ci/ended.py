"""How one session of ``pytest suites/`` ended: its exit code and the runs that it saved, kept in a folder of their own.

The folder is an artifact of a CI job. A job with more rights can read one that somebody else's code wrote, so nothing
in it is taken on trust but what its records allow.
"""

import shutil
from pathlib import Path
from typing import Annotated

import msgspec

from harness.errors import HarnessError, InputError
from harness.records.compared import Outcome
from harness.records.record import UNREADABLE, Record
from harness.records.saved import Run
from harness.report.beside import JSON_LINES, PARQUET
from harness.runs.folder import read_run
from harness.runs.names import NUMBERED, folders_in, number_of
from harness.runs.outcome import EXIT_CODES, RANK, worst
from harness.text.atomic import write_durably
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

RESULT = "result.json"
LARGEST = 256 * 2**20
"""Bytes of a ``run.json`` that is read back."""
WITHOUT_RUN = {
    0: "nothing was gated",
    1: "a test broke before any model was asked",
    2: "the tests were interrupted",
    3: "pytest met an internal error",
    4: "pytest was called wrongly: a name, a setting or a case file",
    5: "no test was collected",
    6: "something could not be measured",
}


class Result(Record, frozen=True, kw_only=True):
    """What ``result.json`` holds: pytest's exit code, and the names of the folders of the runs that it saved."""

    exit_code: Annotated[int, msgspec.Meta(ge=0, le=255)]
    runs: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=64)]


class Ended(Record, frozen=True, kw_only=True):
    """A session of the suites: pytest's exit code, and its runs, one for each candidate; none if unsaved."""

    exit_code: int
    runs: tuple[Run, ...]

    @property
    def outcome(self) -> Outcome:
        """How it ended: never better than the exit code, and never better than the runs."""
        said: Outcome = next((one for one, code in EXIT_CODES.items() if code == self.exit_code), "failed")
        return min(said, worst(self.runs), key=RANK.__getitem__)

    @property
    def remark(self) -> str:
        """What the runs alone don't say of how the session ended; empty where they say everything."""
        if not self.runs:
            why = WITHOUT_RUN.get(self.exit_code, "pytest was stopped")
            return f"No run was saved: {why} (exit code {self.exit_code}). The job's log says more."
        if self.outcome != worst(self.runs):
            return (
                f"pytest ended with exit code {self.exit_code}, whatever the gates below say. The job's log says why."
            )
        return ""


def collect(runs: Path, since: int, exit_code: int, into: Path) -> Ended:
    """Copy what the runs with a number above ``since`` saved into a folder, with ``result.json``, and return it.

    The result of an earlier session is removed first: where this one can't be read, there is none.

    Raises:
        StoreError: a run can't be read.
        HarnessError: the folder can't be written.
    """
    try:
        (into / RESULT).unlink(missing_ok=True)
    except OSError as problem:
        raise HarnessError(f"{into / RESULT}: can't be removed: {problem.strerror}") from problem
    saved = saved_since(runs, since)
    ended = Ended(exit_code=exit_code, runs=tuple(map(read_run, saved)))
    try:
        for folder in saved:
            (into / folder.name).mkdir(parents=True, exist_ok=True)
            for name in ("run.json", "report.html", PARQUET, JSON_LINES):
                if (folder / name).is_file():
                    shutil.copyfile(folder / name, into / folder.name / name)
        into.mkdir(parents=True, exist_ok=True)
        result = Result(exit_code=exit_code, runs=tuple(folder.name for folder in saved))
        write_durably(into / RESULT, msgspec.json.encode(result) + b"\n")
    except OSError as problem:
        raise HarnessError(f"{into}: the results can't be kept: {unwritten(problem)}") from problem
    return ended


def saved_since(runs: Path, since: int) -> list[Path]:
    """Return the folders of the runs with a number above ``since`` that were saved."""
    found = [folder for folder in folders_in(runs) if number_of(folder.name) > since]
    return [folder for folder in found if (folder / "run.json").is_file()]


def read_ended(folder: Path) -> Ended:
    """Return what ``collect`` put into a folder, which somebody else can have changed since.

    Raises:
        InputError: it isn't what ``collect`` writes; the text says which file, and why.
    """
    path = folder / RESULT
    try:
        result = msgspec.json.decode(read_regular(path), type=Result)
    except OSError as problem:
        raise InputError(f"{path}: can't be read: {problem.strerror}; `harness ci collect` writes it") from problem
    except UNREADABLE as problem:
        raise InputError(f"{path}: not what `harness ci collect` writes: {for_terminal(str(problem))}") from problem
    for name in result.runs:
        if not NUMBERED.fullmatch(name):
            raise InputError(f"{path}: {for_terminal(name)!r} is not the name of a run's folder")
        if (folder / name).is_symlink() or (folder / name / "run.json").is_symlink():
            raise InputError(f"{folder / name}: a link, not a run's folder")
        if (folder / name / "run.json").exists() and (folder / name / "run.json").stat().st_size > LARGEST:
            raise InputError(f"{folder / name / 'run.json'}: larger than {LARGEST / 2**20:.0f} MiB")
    return Ended(exit_code=result.exit_code, runs=tuple(read_run(folder / name) for name in result.runs))
