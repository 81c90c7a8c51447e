"""What the cache folder holds of adapters: merged models (engines/weights/merge.py) and plain copies (plain.py).

When each was last used, and its removal.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from harness.errors import StoreError
from harness.records.record import Record
from harness.text.atomic import lock_of, locked, unfinished_of

MERGED, PLAIN = "merged", "plain"


class MergedModel(Record, frozen=True, kw_only=True):
    """A merged model or a plain copy, or what was left of a killed one; it can be made again at any time."""

    folder: str
    size_bytes: int


def mark_used(folder: Path) -> None:
    """Note in the folder's modification time that what it holds is used now."""
    with suppress(OSError):  # a cache that another user owns still works, and its owner prunes it
        os.utime(folder)


def unused_merged(cache_folder: Path, before: float) -> tuple[MergedModel, ...]:
    """Return the merged models that were not used since ``before``, in seconds since 1970."""
    return _unused(cache_folder / MERGED, before)


def unused_copies(cache_folder: Path, before: float) -> tuple[MergedModel, ...]:
    """Return the plain copies of adapters that were not used since ``before``, in seconds since 1970."""
    return _unused(cache_folder / PLAIN, before)


def _unused(place: Path, before: float) -> tuple[MergedModel, ...]:
    folders = sorted(path for path in place.glob("*") if path.is_dir() and not path.is_symlink())
    return tuple(
        MergedModel(folder=str(folder), size_bytes=_size_of(folder)) for folder in folders if _is_unused(folder, before)
    )


def remove_merged(models: tuple[MergedModel, ...], before: float) -> tuple[MergedModel, ...]:
    """Remove merged models or plain copies, except those used in the meantime; return what was removed.

    Raises:
        StoreError: a folder can't be removed.
    """
    return tuple(model for model in models if _remove(Path(model.folder), before))


def _remove(folder: Path, before: float) -> bool:
    """Remove under the lock of making; the folder is renamed first, so that half a model is never found."""
    try:
        with locked(lock_of(folder)):
            if not folder.is_dir() or not _is_unused(folder, before):
                return False
            unfinished = unfinished_of(folder)
            if folder != unfinished:
                shutil.rmtree(unfinished, ignore_errors=True)
                folder.rename(unfinished)
            shutil.rmtree(unfinished)
            return True
    except OSError as problem:
        raise StoreError(f"{folder}: can't be removed: {problem.strerror}") from problem


def _is_unused(folder: Path, before: float) -> bool:
    return folder.stat().st_mtime < before


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
