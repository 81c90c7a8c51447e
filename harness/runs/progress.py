"""How far a run is: a small file in its folder, and a lock that its process holds as long as it lives.

The system frees the lock however the process ends, so a run that was killed is never taken for one that is under way.
"""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

import msgspec

from harness.records.compared import Outcome
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_atomically
from harness.text.regular import read_regular

PROGRESS = "progress.json"
LOCK = ".under-way"

Step = Literal["starting", "asking", "testing", "saving"]


class Progress(Record, frozen=True, kw_only=True):
    """How far a run is. ``answered`` of ``requests`` came in the stream that is asked now, ``errors`` among them.

    ``left_s`` is how long the rest of the stream takes at the speed so far; None before its first answer. ``verdicts``
    counts those of the gates so far; ``tests`` are those of the whole session.
    """

    candidate: str
    baseline: str
    started: str
    step: Step
    answered: int = 0
    requests: int = 0
    errors: int = 0
    left_s: float | None = None
    tests_done: int = 0
    tests: int = 0
    verdicts: dict[Outcome, int] = msgspec.field(default_factory=dict)


def claim(folder: Path) -> IO[bytes]:
    """Return the locked file that shows that a run is under way, until it is closed or this process ends.

    Raises:
        OSError: it can't be made or locked.
    """
    lock = (folder / LOCK).open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        lock.close()
        raise
    return lock


def is_under_way(folder: Path) -> bool:
    """Tell whether the process that made a run's folder is still at it.

    A folder without a ``run.json`` is only then known to be of a run that was stopped, if this was false before.
    """
    try:
        found = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(found, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno == errno.EWOULDBLOCK
    finally:
        os.close(found)
    return False


def write_progress(folder: Path, progress: Progress) -> None:
    """Write how far a run is; readers see the earlier file or this one, whole.

    Raises:
        StoreError: it can't be written.
    """
    write_atomically(folder / PROGRESS, msgspec.json.encode(progress) + b"\n")


def read_progress(folder: Path) -> Progress | None:
    """Return how far a run is, or was when it was stopped; None where nothing readable says so."""
    try:
        return msgspec.json.decode(read_regular(folder / PROGRESS), type=Progress)
    except (OSError, *UNREADABLE):
        return None


def remove_progress(folder: Path) -> None:
    """Remove what was only of use while the run was under way."""
    for name in (PROGRESS, LOCK):
        with suppress(OSError):
            (folder / name).unlink()
