"""Make files and folders that are whole or absent, even if the process that makes them is killed; and their locks.

A file that is not finished yet has a name of its own, which a lock keeps as long as its writer lives: what a killed
process left is removed by the next one that writes the same file, or by ``remove_left_over``. What must survive a power
loss too is written by the functions called durable, which wait for the disk.
"""

import fcntl
import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from harness.errors import StoreError
from harness.text.unwritten import unwritten

UNFINISHED = ".unfinished"
"""How the name of a file ends that is still being written; it starts with a dot and the name that it will have."""
UNFINISHED_FOLDER = ".part"
ABANDONED = f".*{UNFINISHED}"
"""What finds the unfinished files in a folder."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all. After a power loss it can be the earlier one, or empty."""
    with replacing(path) as file:
        file.write(content)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, and survives a power loss once this returns."""
    with replacing_durably(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to; at the end of the block it gets its name, and replaces an earlier file of that name.

    Raises:
        StoreError: it can't be written. An earlier file is unharmed, and nothing half-written is left.
    """
    unfinished = None
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise StoreError(f"{path}: can't be written: it is a device or a pipe, not a regular file")
    try:
        _remove_abandoned(path.parent.glob(f".{glob.escape(path.name)}.*{UNFINISHED}"))
        with _new_file(path) as file:
            unfinished = Path(file.name)
            yield file
            file.flush()
            unfinished.chmod(0o644)
            unfinished.replace(path)  # before the lock is free
            unfinished = None
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {unwritten(problem)}") from problem
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


@contextmanager
def replacing_durably(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to as ``replacing`` does; after the block the file and its name survive a power loss.

    Raises:
        StoreError: it can't be written.
    """
    with replacing(path) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, so that a file that was made there survives a power loss.

    Raises:
        StoreError: the disk refuses.
    """
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as problem:
        raise StoreError(f"{folder}: can't be written: {unwritten(problem)}") from problem


def remove_left_over(folder: Path) -> None:
    """Remove the unfinished files that killed processes left in a folder; those being written are locked, and stay."""
    _remove_abandoned(folder.glob(ABANDONED))


def _new_file(path: Path) -> IO[bytes]:
    """Make and lock the unfinished file of ``path``.

    Another process can take one that is not locked yet for an abandoned one and remove it: then it is made again.
    """
    while True:
        made = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the caller closes it
            dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED, delete=False
        )
        with suppress(OSError):  # a file system without locks: then nobody removes what is left there
            fcntl.flock(made, fcntl.LOCK_EX)
        if os.fstat(made.fileno()).st_nlink:
            return made
        made.close()


def _remove_abandoned(files: Iterator[Path]) -> None:
    for path in files:
        with suppress(OSError):  # it is being written, somebody else's, or gone: nothing that hinders this process
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def make_folder(folder: Path, make: Callable[[Path], None]) -> None:
    """Make a folder unless it exists; ``make`` fills an empty one, which gets the name when it is whole.

    A second process that wants the same waits for the first. The name has no dot: the lock and the unfinished folder
    are beside it, with the suffixes ``.lock`` and ``.part``.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_left_over_folders(folder.parent)
    with locked(lock_of(folder)):
        if folder.is_dir():
            return
        unfinished = unfinished_of(folder)
        shutil.rmtree(unfinished, ignore_errors=True)  # left behind by a process that was killed
        try:
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def remove_left_over_folders(folder: Path) -> None:
    """Remove the unfinished folders that killed processes left in ``folder``; those being made are locked, and stay."""
    for unfinished in folder.glob(f"*{UNFINISHED_FOLDER}"):
        with suppress(OSError), locked_at_once(lock_of(unfinished)):
            shutil.rmtree(unfinished)


def lock_of(folder: Path) -> Path:
    """Return the lock under which a folder, or what a killed process left of it, is made and removed."""
    return folder.with_suffix(".lock")


def unfinished_of(folder: Path) -> Path:
    """Return where a folder is until it is whole, and again while it is removed."""
    return folder.with_suffix(UNFINISHED_FOLDER)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock, which the system frees when its holder dies; wait for another holder."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made if needed; for files that are read, changed and written again.

    Raises:
        StoreError: it can't be made or read.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as problem:
        raise StoreError(f"{folder}: this folder can't be made: {unwritten(problem)}") from problem
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


@contextmanager
def locked_at_once(file: Path) -> Iterator[None]:
    """Hold a lock as ``locked`` does.

    Raises:
        BlockingIOError: another process holds it.
    """
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
