"""One record in a JSON file of its own, which a person can read: written whole, or not at all."""

from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import CaseFileError
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.text.regular import read_regular
from harness.text.visible import for_terminal

R = TypeVar("R", bound=Record)


def write_record(path: Path, record: Record) -> None:
    """Write a record; when this returns, it survives a power loss.

    Raises:
        StoreError: it can't be written.
    """
    write_durably(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def read_beside_cases(path: Path, kind: type[R], what: str, remedy: str = "restore the file") -> R | None:
    """Return the record in a file beside a case file; None where there is no such file.

    Raises:
        CaseFileError: it can't be read; the text says that it is not ``what``.
    """
    try:
        return msgspec.json.decode(read_regular(path), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, *UNREADABLE) as problem:
        raise CaseFileError(
            f"{path}: not {what} that can be read: {for_terminal(str(problem), 200)}; {remedy}"
        ) from problem
