"""The place where a model is merged: a hidden folder that becomes the whole one by a rename, and room on the disk."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import StoreError
from harness.text.atomic import keep_names, locked_at_once
from harness.text.unwritten import unwritten
from harness.train.room import is_disk_full

LOCK = "lock"
GB = 1_000_000_000


@contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that can be renamed to ``folder``; what a killed process left of it is removed."""
    around = folder.with_name(f".{folder.name}.partial")
    work = around / "merged"
    with ExitStack() as held:
        try:
            around.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked_at_once(around / LOCK))
            held.callback(shutil.rmtree, around, ignore_errors=True)
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
        except BlockingIOError:
            raise StoreError(f"{folder}: another process is merging into it; wait for it or stop it") from None
        except OSError as problem:
            raise StoreError(f"{folder}: can't be written: {unwritten(problem)}") from problem
        yield work


def publish(work: Path, folder: Path) -> None:
    """Give the merged model its name; its files can be read by all, as a server's user can be another one."""
    try:
        for path in work.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        work.rename(folder)
    except OSError as problem:
        raise StoreError(f"{folder}: the merged model can't be moved there: {unwritten(problem)}") from problem
    keep_names(folder.parent)


def refuse_full_disk(folder: Path, least: int) -> None:
    """Refuse a merged model of ``least`` bytes where the disk has no room for it.

    Raises:
        StoreError: it has none.
    """
    free = shutil.disk_usage(folder.parent).free
    if free < least:
        raise _too_full(folder, least)


@contextmanager
def disk_full_told(folder: Path, least: int) -> Iterator[None]:
    """Say it in plain words where the disk becomes full while a merged model is written."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as problem:
        if not is_disk_full(problem):
            raise
        raise _too_full(folder, least) from problem


def _too_full(folder: Path, least: int) -> StoreError:
    return StoreError(
        f"{folder}: the disk has no room for a merged model of {gigabytes(least)}; make room, or choose a folder "
        "on another disk (--into)"
    )


def gigabytes(size: float) -> str:
    """Return a size in bytes as people read it."""
    return f"{size / GB:,.1f} GB"
