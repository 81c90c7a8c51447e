"""Write the files of a new repository: what is there stays as it is."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from harness.errors import InputError
from harness.records.record import Record
from harness.starter.files import StarterFile
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten

State = Literal["written", "the same", "kept"]


class Written(Record, frozen=True, kw_only=True):
    """What became of one file: written, or there already, with the same text or with another one that is kept."""

    path: str
    state: State


def write_files(folder: Path, files: Iterable[StarterFile]) -> tuple[Written, ...]:
    """Write the files that are not there yet; nothing is ever overwritten.

    Raises:
        InputError: a file can't be written.
    """
    return tuple(Written(path=file.path, state=_write(folder / file.path, file.text.encode())) for file in files)


def _write(path: Path, content: bytes) -> State:
    try:
        if os.path.lexists(path):
            return "the same" if path.is_file() and read_regular(path) == content else "kept"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:  # fails where another process has made it in the meantime
            file.write(content)
    except OSError as problem:
        raise InputError(
            f"{path}: can't be written: {unwritten(problem)}; what was written before it stays"
        ) from problem
    return "written"
