"""A disk that gets full: a small tmpfs where mounting is permitted, else the system's limit on the size of files."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = 4096
FILLER = "filler"


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Let a folder, which is made, hold ``size`` bytes at most until the end of the block."""
    folder.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder))
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        if mounted:
            assert _run("umount", "--lazy", str(folder))
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def fill(folder: Path, left: int) -> None:
    """Use up what a small disk has, down to ``left`` bytes; without one, no file gets larger than that."""
    if not os.path.ismount(folder):
        resource.setrlimit(resource.RLIMIT_FSIZE, (left, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / FILLER).write_bytes(bytes(max(free - left, 0)))


def make_room(folder: Path) -> None:
    """Take back what ``fill`` did."""
    (folder / FILLER).unlink(missing_ok=True)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
