"""What the report tells of a candidate's training rows: the files, and the page of the check of these very rows."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from harness.data.beside import read_checked, rows_digest
from harness.data.rows import load_rows
from harness.records.record import Record
from harness.records.trained import RowsChecked, TrainedFile
from harness.train.hosted_manifest import read_job
from harness.train.manifest import read_manifest


class Checked(Record, frozen=True, kw_only=True):
    """A check of a candidate's rows, and its page as seen from the run's folder; empty where that is no part of it."""

    rows: RowsChecked
    link: str


def trained_files(adapter: Path | None, training_data: Sequence[Path]) -> tuple[TrainedFile, ...]:
    """Return the files that a candidate was trained on: those that are given, else those of the adapter's manifest.

    Of given files the tokens are not known, and are 0.

    Raises:
        InputError: a given file can't be read.
    """
    if training_data:
        return tuple(
            TrainedFile(name=path.name, digest=rows_digest(path), rows=len(load_rows(path)), tokens=0)
            for path in training_data
        )
    manifest = (read_manifest(adapter) or read_job(adapter)) if adapter is not None else None
    return manifest.files if manifest else ()


def check_of_rows(page: Path, trained: Sequence[TrainedFile], folder: Path, root: Path) -> Checked | None:
    """Return the check of a page where it has read every one of the files; None where the page is of other rows.

    The page is linked from the run's ``folder`` where both are in ``root``, so that no path of this machine is told.
    """
    checked = read_checked(page)
    if checked is None or not trained or {one.digest for one in trained} - {one.digest for one in checked.files}:
        return None
    inside = page.resolve().is_relative_to(root.resolve()) and folder.resolve().is_relative_to(root.resolve())
    link = quote(os.path.relpath(page.resolve(), folder.resolve())) if inside else ""
    return Checked(rows=checked, link=f"./{link}" if link else "")
