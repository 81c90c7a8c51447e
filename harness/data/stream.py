"""Open a file that others wrote: unpacked where it is gz or zst, in pieces and lines, and a change of it is noticed."""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import IO, cast

from harness.errors import DataError
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

PIECE = 1 << 20
"""Bytes of a piece, or a little more."""
STEP = 1 << 16
"""Bytes that are unpacked at once: where a packed file is cut off, no more of it is lost."""
LONGEST_LINE = 16 << 20
"""Bytes. A longer line nearly always means that the file lost its line ends, or that it is the wrong file."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
REFUSED = {
    b"PK\x03\x04": "is a zip file, as Excel workbooks are: unpack it, or save the sheet as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Office file: save the sheet as CSV in UTF-8",
    b"BZh": "is packed by bzip2: unpack it, or pack it by gzip",
    b"\xfd7zXZ": "is packed by xz: unpack it, or pack it by gzip",
    b"\xff\xfe": "is UTF-16: save it as UTF-8",
    b"\xfe\xff": "is UTF-16: save it as UTF-8",
    b"version https://git-lfs": "is a pointer of Git LFS, not the data: run `git lfs pull`",
}
"""What files that can't be read start with, and what to do."""


@contextmanager
def opened(path: Path, called: str) -> Iterator[IO[bytes]]:
    """Give a file to read, and check at the end of the block that it is still the one that was opened.

    Raises:
        DataError: it is missing, not a regular file, damaged, or changed while it was read; the text starts with
            ``called``.
    """
    try:
        with open_regular(path) as file:
            before = _facts(os.fstat(file.fileno()))
            yield file
            if not before == _facts(os.fstat(file.fileno())) == _facts(path.stat()):
                raise DataError(f"{called}: changed while it was read; wait until nothing writes to it, and try again")
    except FileNotFoundError:
        raise DataError(f"{called}: no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise DataError(f"{called}: damaged, or only a part of a packed file: {for_terminal(str(problem))}") from None
    except OSError as problem:
        told = for_terminal(problem.strerror or str(problem))
        hint = "; save what it brings into a file first" if "FIFO" in told else ""
        raise DataError(f"{called}: can't be read: {told}{hint}") from problem


def pieces(path: Path, called: str) -> Iterator[bytes]:
    """Yield what a file holds, unpacked, a mebibyte at a time; raises as ``opened`` does."""
    with opened(path, called) as file:
        start = file.read(32)
        for first, told in REFUSED.items():
            if start.startswith(first):
                raise DataError(f"{called}: {told}")
        file.seek(0)
        stream = _unpacked(file, start, called)
        yield from _filled(stream)


def _filled(stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield pieces of a stream; of a packed one that was cut off also what comes before that, and then the error."""
    held = bytearray()
    try:
        while part := stream.read1(STEP):
            held += part
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
    except (EOFError, OSError, zlib.error):
        if held:
            yield bytes(held)
        raise
    if held:
        yield bytes(held)


def lines(parts: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    r"""Yield (number, line with its end) for each line; None takes the place of one longer than ``LONGEST_LINE``.

    A line ends as on any system, also where one file mixes the ends.

    >>> list(lines([b"a\r", b"\nb\rc"]))
    [(1, b'a\r\n'), (2, b'b\r'), (3, b'c')]
    """
    number, length = 1, 0
    held: list[bytes] = []
    carried = b""
    for part in parts:
        joined = carried + part
        carried = b"\r" if joined.endswith(b"\r") else b""  # its line feed can be in the next piece
        for line in joined[: len(joined) - len(carried)].splitlines(keepends=True):
            length += len(line)
            if length > LONGEST_LINE:
                held.clear()
            else:
                held.append(line)
            if line.endswith((b"\n", b"\r")):
                yield number, (None if length > LONGEST_LINE else b"".join(held))
                number, length = number + 1, 0
                held.clear()
    if length or carried:
        yield number, (None if length > LONGEST_LINE else b"".join([*held, carried]))


def line_ends(text: bytes) -> int:
    r"""Return how many lines end in a text.

    >>> line_ends(b"a\r\nb\rc\nd")
    3
    """
    returns = text.count(b"\r")
    return text.count(b"\n") + (returns - text.count(b"\r\n") if returns else 0)


def _unpacked(file: IO[bytes], start: bytes, called: str) -> BufferedIOBase:
    if start.startswith(GZIP):
        return gzip.GzipFile(fileobj=file)
    if not start.startswith(ZSTD):
        return cast("BufferedIOBase", file)
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise DataError(
            f"{called}: packed by zstd, which needs pyarrow; install it with `pip install 'tunegate[train]'`"
        ) from None
    # Unlike the package zstandard it tells a file that was cut off from a whole one.
    stream: BufferedIOBase = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    return stream


def _facts(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
