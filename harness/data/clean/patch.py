"""The patch beside a cleaned file: a unified diff without context, which undoes every change, also by ``patch -R``.

Each row is one line of JSON, so no text in it can end a line or look like a part of the patch. What the lines after the
hunks say, digests of both files, lets a patch be refused that was cut off or that belongs to another file.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from harness.data.convert import make_folder_of, refuse_existing
from harness.data.stream import LONGEST_LINE, opened
from harness.errors import DataError
from harness.text.atomic import replacing
from harness.text.visible import for_terminal

ENDING = ".patch"
"""How a patch's name differs from that of the file that it undoes."""
LONGEST = 8 * LONGEST_LINE
"""Bytes of a line: written as JSON, a row can be some times as long as it was."""

_HUNK = re.compile(rb"@@ -\d{1,15} \+(\d{1,15})(,0)? @@")
_END = re.compile(rb"# whole: ([0-9a-f]{64}) ([0-9a-f]{64})\n")


class PatchWriter:
    """Writes a patch while the rows pass by; ``name`` is that of the cleaned file."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._old = self._new = 0
        self._before, self._after = hashlib.sha256(), hashlib.sha256()
        shown = for_terminal(name, None)
        file.write(
            f"# This undoes `harness data clean`, and holds the rows as they were, with all that is personal in them.\n"
            f"# harness data clean --undo {shown}{ENDING} {shown} --to FILE.jsonl\n"
            f"--- {shown}\n+++ {shown}\n".encode(errors="replace")
        )

    def row(self, old: bytes, new: bytes | None, told: str) -> None:
        """Take the line of the next row before and after cleaning; None where it is removed. ``told`` says why."""
        self._old += 1
        self._before.update(old)
        if new is not None:
            self._new += 1
            self._after.update(new)
        if new == old:
            return
        gone = ",0" if new is None else ""
        head = f"@@ -{self._old} +{self._new}{gone} @@ {for_terminal(told, None)}\n".encode(errors="replace")
        self._file.write(head + b"-" + old + (b"" if new is None else b"+" + new))

    def end(self) -> None:
        """Write the last line."""
        self._file.write(f"# whole: {self._before.hexdigest()} {self._after.hexdigest()}\n".encode())


def undo(patch: Path, file: Path, to: Path) -> int:
    """Write the rows as they were before a file was cleaned to a new file, and return how many there are.

    Raises:
        DataError: the patch is no whole one, or belongs to another file, or the file was changed since; or there is a
            file already.
        StoreError: it can't be written.
    """
    refuse_existing(to)
    make_folder_of(to)
    number = 0
    with opened(patch, str(patch)) as changes, opened(file, str(file)) as cleaned, replacing(to) as out:
        try:
            for line in _restored(_lines(changes), _lines(cleaned)):
                out.write(line)
                number += 1
        except _DoesNotFit:
            raise DataError(
                f"{patch}: doesn't fit {file}, so nothing was written: it belongs to another file, or one of the two "
                "was changed or cut off since; name the file as it was cleaned"
            ) from None
    return number


class _DoesNotFit(Exception):
    """A patch is not that of the file, or is no patch."""


def _restored(patch: Iterator[bytes], rows: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the rows as they were before the file was cleaned.

    Raises:
        _DoesNotFit: as the name says; only after the last row it is sure that it fits.
    """
    digests = hashlib.sha256(), hashlib.sha256()
    at = 0
    for line in patch:
        if hunk := _HUNK.match(line):
            while at < int(hunk[1]) - (not hunk[2]):
                at += 1
                yield _noted(_next(rows), *digests)
            old = _noted(_next(patch)[1:], digests[0])
            if not hunk[2]:
                at += 1
                if _noted(_next(rows), digests[1]) != _next(patch)[1:]:
                    raise _DoesNotFit
            yield old
        elif end := _END.fullmatch(line):
            for row in rows:
                yield _noted(row, *digests)
            if tuple(one.hexdigest().encode() for one in digests) != end.groups():
                raise _DoesNotFit
            return
    raise _DoesNotFit


def _noted(line: bytes, *digests: "hashlib._Hash") -> bytes:
    for digest in digests:
        digest.update(line)
    return line


def _next(lines: Iterator[bytes]) -> bytes:
    line = next(lines, None)
    if line is None:
        raise _DoesNotFit
    return line


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(b"\n"):
            raise _DoesNotFit
        yield line
