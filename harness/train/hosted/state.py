"""What is kept of a job while it is under way: a file for each digest of rows and settings, beside the output."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.train.workspace import held


class State(Record, frozen=True, kw_only=True):
    """What is known of a job. ``ended`` are earlier ones of the same key that failed or were cancelled.

    ``is_creating`` says that the creation may have been sent: the job must be looked for, patiently, before another is
    made.
    """

    training_file: str | None = None
    validation_file: str | None = None
    is_creating: bool = False
    job: str | None = None
    ended: tuple[str, ...] = ()


class Journal:
    """The state of one job in the folder of an output's jobs; each change is on the disk when it returns."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self._file = folder / f"{key}.json"
        self.state = _read(self._file)

    def note(self, **changed: object) -> None:
        """Change the state, and keep it.

        Raises:
            StoreError: it can't be written.
        """
        state = msgspec.structs.replace(self.state, **changed)
        write_durably(self._file, msgspec.json.encode(state) + b"\n")
        self.state = state

    def forget(self) -> None:
        """Remove the state, and the copies of rows that were sent: what came of the job is in place."""
        for rows in self.folder.glob("*.jsonl"):
            rows.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)


def journals_in(folder: Path) -> tuple[Journal, ...]:
    """Return the journals of all jobs of an output that were not followed to their end."""
    return tuple(Journal(folder, file.stem) for file in sorted(folder.glob("*.json")))


def folder_of(output: Path) -> Path:
    """Return the folder in which the jobs of an output are kept."""
    return output.parent / f".{output.name}.jobs"


@contextlib.contextmanager
def jobs_of(output: Path) -> Iterator[Path]:
    """Yield the folder in which the jobs of an output are kept, locked.

    Raises:
        TrainingError: another process works there.
    """
    folder = folder_of(output)
    with held(folder, output):
        yield folder


def _read(file: Path) -> State:
    """Return the state in a file; an empty one where there is none: then the job is looked for at the service."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=State)
    except (OSError, *UNREADABLE):
        return State(is_creating=file.exists())
