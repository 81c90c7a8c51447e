"""Files of JSON Lines that only grow, such as people's decisions: what was added survives a power loss."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import InputError, StoreError
from harness.text.atomic import keep_names
from harness.text.jsonl import read_line
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten

T = TypeVar("T", bound=msgspec.Struct)


def read_added(path: Path, kind: type[T], error: type[InputError]) -> tuple[T, ...]:
    """Return the records of a file, the oldest first; none where there is no file.

    What comes after the last line end was being written when a process was killed: nobody was told that it is there.

    Raises:
        error: the file can't be read, or a line is no such record; the text names ``file:line``.
    """
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise error(f"{path}: can't be read: {problem.strerror}") from problem
    decoder = msgspec.json.Decoder(kind)
    lines = content.split(b"\n")[:-1]
    return tuple(
        read_line(line, f"{path}:{number}", decoder, error) for number, line in enumerate(lines, 1) if line.strip()
    )


def add(path: Path, records: Iterable[msgspec.Struct]) -> None:
    """Add records, in place of one that was cut off by a kill. One process at a time may do so.

    Raises:
        StoreError: the file can't be written.
    """
    if not (lines := b"".join(msgspec.json.encode(one) + b"\n" for one in records)):
        return
    is_new = not path.exists()
    try:
        with path.open("ab") as file:
            content = b"" if is_new else read_regular(path)
            file.truncate(content.rfind(b"\n") + 1)
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {unwritten(problem)}") from problem
    if is_new:
        keep_names(path.parent)
