"""Make files and folders that are whole or absent, even if the process that makes them is killed; and their locks."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.errors import StoreError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to; at the end of the block it gets its name, and replaces an earlier file of that name.

    Raises:
        StoreError: it can't be written. An earlier file is unharmed, and nothing half-written is left.
    """
    unfinished = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            yield file
        unfinished.chmod(0o644)
        unfinished.replace(path)
        unfinished = None
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {problem.strerror}") from problem
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def make_folder(folder: Path, make: Callable[[Path], None]) -> None:
    """Make a folder unless it exists; ``make`` fills an empty one, which gets the name when it is whole.

    A second process that wants the same waits for the first. The name has no dot: the lock and the unfinished folder
    are beside it, with the suffixes ``.lock`` and ``.part``.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
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


def lock_of(folder: Path) -> Path:
    """Return the lock under which a folder, or what a killed process left of it, is made and removed."""
    return folder.with_suffix(".lock")


def unfinished_of(folder: Path) -> Path:
    """Return where a folder is until it is whole, and again while it is removed."""
    return folder.with_suffix(".part")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock, which the system frees when its holder dies; wait for another holder."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_at_once(file: Path) -> Iterator[None]:
    """Hold a lock as ``locked`` does.

    Raises:
        BlockingIOError: another process holds it.
    """
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
