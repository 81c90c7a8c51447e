"""Remove an adapter's folder for good. It loses its name first, so that half an adapter is never found."""

import shutil
from pathlib import Path

from harness.errors import StoreError
from harness.text.atomic import keep_names

REMOVING = ".removing-"
"""How the name of a folder starts that is being removed; no adapter has such a name."""


def remove_folder(folder: Path) -> None:
    """Remove a folder, or a link to one, and what earlier removals left that were killed.

    Raises:
        StoreError: it can't be removed.
    """
    going = folder.with_name(f"{REMOVING}{folder.name}")
    try:
        for left in folder.parent.glob(f"{REMOVING}*"):
            shutil.rmtree(left)
        if folder.is_symlink():
            folder.unlink()
        else:
            folder.rename(going)
        keep_names(folder.parent)
        if going.exists():
            shutil.rmtree(going)
    except OSError as problem:
        raise StoreError(f"{folder}: can't be removed: {problem.strerror}") from problem
