"""What is kept beside files: of a mixed file what it was mixed of, of a page what it is about. Each by digest.

A file that was changed afterwards, or put in the place of another one, has nothing beside it.
"""

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.data.rows import files_of
from harness.models.digests import recomputed
from harness.records.record import UNREADABLE, Record, digest
from harness.records.trained import Mixed, RowsChecked
from harness.text.record_files import write_record
from harness.text.regular import read_regular

R = TypeVar("R", bound=Record)


def rows_digest(path: Path) -> str:
    """Return the digest of the content of a file of rows, or of the files of a folder of ``datasets``."""
    found = [recomputed(part) for part in files_of(path)]
    return found[0] if len(found) == 1 else digest(found)


def mixture_of(rows: Path) -> Path:
    """Return where it is kept what a file was mixed of.

    >>> mixture_of(Path("training/mixed.jsonl")).name
    'mixed.mixture.json'
    """
    return rows.with_suffix(".mixture.json")


def checked_of(page: Path) -> Path:
    """Return where it is kept what the page of a check is about.

    >>> checked_of(Path("runs/rows.html")).name
    'rows.checked.json'
    """
    return page.with_suffix(".checked.json")


def write_mixed(rows: Path, mixed: Mixed) -> None:
    """Keep what a file of rows was mixed of.

    Raises:
        StoreError: it can't be written.
    """
    write_record(mixture_of(rows), mixed)


def read_mixed(rows: Path) -> Mixed | None:
    """Return what a file of rows was mixed of; None where that is not known, or the file is another one by now."""
    mixed = _read(mixture_of(rows), Mixed)
    return mixed if mixed is not None and mixed.digest == rows_digest(rows) else None


def write_checked(page: Path, checked: RowsChecked) -> None:
    """Keep what the page of a check is about.

    Raises:
        StoreError: it can't be written.
    """
    write_record(checked_of(page), checked)


def read_checked(page: Path) -> RowsChecked | None:
    """Return what the page of a check is about; None where that is not known, or the page is another one by now."""
    checked = _read(checked_of(page), RowsChecked)
    try:
        return checked if checked is not None and page_digest(page) == checked.page else None
    except OSError:
        return None


def page_digest(page: Path) -> str:
    """Return the SHA-256 of a page."""
    return hashlib.sha256(read_regular(page)).hexdigest()


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return msgspec.json.decode(read_regular(path), type=kind)
    except (OSError, *UNREADABLE):
        return None
