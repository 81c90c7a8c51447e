"""Digests of files. Those of large ones are remembered in the cache folder, so that unchanged weights are read once."""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from harness.config.home import home_folder
from harness.errors import StoreError
from harness.records.record import Record
from harness.text.atomic import write_atomically

LEAST_BYTES = 1_000_000
"""Smaller files are read each time."""
RECENT_NS = 2_000_000_000
"""A file that changed this recently can change again without a new time: some file systems count in steps of 2 s."""

DigestFile = Callable[[Path], str]
"""Returns the hex SHA-256 of a file's content."""


class FileState(Record, frozen=True, kw_only=True):
    """What shows that a file is still the same.

    mtime alone is not enough: unpacking an archive sets it back. ctime can't be set.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Remembered(Record, frozen=True, kw_only=True):
    """The digest of a file's content, and the state that the file was in."""

    state: FileState
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class DigestMemory:
    """Digests of large files in one JSON file, by absolute path; a broken memory is made again.

    If two processes write at once, one can lose what it remembered; this only costs time.
    """

    def __init__(self, file: Path, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._file = file
        self._clock_ns = clock_ns

    def remembered(self, path: Path) -> str:
        """Return a file's digest; a large one that did not change since it was last digested is not read."""
        state = state_of(path)
        known = self._read().get(_name(path)) if state.size >= LEAST_BYTES else None
        return known.sha256 if known and known.state == state else self.recomputed(path)

    def recomputed(self, path: Path) -> str:
        """Return a file's digest from its content, and remember it."""
        before, now = state_of(path), self._clock_ns()
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        is_settled = now - max(before.mtime_ns, before.ctime_ns) > RECENT_NS and state_of(path) == before
        if before.size >= LEAST_BYTES and is_settled:
            self._remember(_name(path), Remembered(state=before, sha256=sha256))
        return sha256

    def _read(self) -> dict[str, Remembered]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Remembered])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def _remember(self, name: str, remembered: Remembered) -> None:
        kept = {path: one for path, one in self._read().items() if os.path.exists(path)}  # noqa: PTH110 - never raises
        with suppress(OSError, StoreError):  # a memory that can't be written only costs time
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, msgspec.json.encode({**kept, name: remembered}))


def remembered(path: Path) -> str:
    """Return a file's digest, using the memory in the cache folder."""
    return _memory().remembered(path)


def recomputed(path: Path) -> str:
    """Return a file's digest from its content, not from the memory in the cache folder, and update that memory."""
    return _memory().recomputed(path)


def state_of(path: Path) -> FileState:
    """Return what shows that a file is still the same; raises OSError where there is none."""
    found = path.stat()
    return FileState(size=found.st_size, mtime_ns=found.st_mtime_ns, ctime_ns=found.st_ctime_ns, inode=found.st_ino)


def _memory() -> DigestMemory:
    return DigestMemory(home_folder() / "digests.json")


def _name(path: Path) -> str:
    return str(path.resolve()).encode("utf-8", "backslashreplace").decode("utf-8")
