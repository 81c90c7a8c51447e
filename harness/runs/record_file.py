"""``run.json`` piece by piece: the rows of its comparisons can be a million, and are never in memory as one text.

The file is one JSON object on one line, as msgspec writes it. In it ``"rows":[{"case_id":`` is only where the rows of
a comparison begin, and ``}],"lost":`` only where they end: within a text each quotation mark has a backslash before it.

Rows take most of a large file, 139 MB for a million of one gate, but little memory. What is beside them is 3 MB then,
and takes up to 20 times its size as objects; so that is limited, and the file is not.
"""

import errno
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.records.record import UNREADABLE
from harness.records.saved import Measure, Run
from harness.text.regular import open_regular, read_regular

BEGIN, FIRST = b'"rows":[', b'"rows":[{"case_id":'
NEXT, END = b',{"case_id":', b'}],"lost":'
EMPTY = b'"rows":[],"lost":'
BLOCK = 1 << 20
"""Bytes that are read at once."""
AT_ONCE = 1_000
"""Rows that are written at once."""
LARGEST, LARGEST_ROW = 1 << 27, 1 << 24
"""Bytes of what is not rows, and of one row, in a file that is read."""
TOO_LARGE = "{} has more than {:,} bytes, so this is not a run that the harness saved; move its folder away"
Made = TypeVar("Made")


def written(run: Run) -> Iterator[bytes]:
    """Yield the content of a run's ``run.json``."""
    all_rows = [comparison.rows for _, comparison in run.comparisons]
    around = msgspec.json.encode(with_rows(run, lambda _: ())).split(EMPTY)
    for text, rows in zip(around, all_rows, strict=False):  # after the last rows is one text more
        yield text + BEGIN
        yield from _written(rows)
        yield EMPTY[len(BEGIN) :]
    yield around[-1] + b"\n"


def with_rows(run: Run, rows_of: Callable[[Comparison], Sequence[Row]]) -> Run:
    """Return a run with other rows in each of its comparisons."""

    def changed(made: Made) -> Made:
        comparison: Comparison = made.comparison  # type: ignore[attr-defined]
        return msgspec.structs.replace(  # type: ignore[type-var]
            made, comparison=msgspec.structs.replace(comparison, rows=rows_of(comparison))
        )

    return msgspec.structs.replace(
        run, verdicts=tuple(map(changed, run.verdicts)), measures=tuple[Measure, ...](map(changed, run.measures))
    )


def few_at_once(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield rows, some at a time."""
    left = iter(rows)
    while some := tuple(itertools.islice(left, AT_ONCE)):
        yield some


def read_record(path: Path) -> Run:
    """Return the run in a ``run.json``, its rows in columns.

    Raises:
        OSError: it can't be read, or is no run, since what is beside its rows is too large.
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is damaged.
    """
    found: list[Rows] = []
    decoder = msgspec.json.Decoder(tuple[Row, ...])
    try:
        with open_regular(path) as file:
            text = without_rows(file, lambda place, part: _add(found, place, decoder.decode(part)))
        run = msgspec.json.decode(text, type=Run)
    except UNREADABLE:  # what is wrong is told of the file as it is
        if path.stat().st_size > LARGEST:
            raise
        found, run = [], msgspec.json.decode(read_regular(path), type=Run)
    return with_rows(run, lambda one: found[int(one.rows[0].case_id)] if found and one.rows else Rows.of(one.rows))


def without_rows(file: IO[bytes], each: Callable[[int, bytes], None] | None = None) -> bytes:
    """Return the content of a ``run.json`` with one row in place of all rows of each comparison.

    Its id is the number of the comparison among those that have rows, from 0. ``each`` is called with that number and
    with some of its rows as a JSON array, in their order.

    Raises:
        OSError: there is too much beside the rows, or one row is too large.
    """
    texts, place, size = [], -1, 0
    for is_first, is_row, part in _parts(file):
        if is_first:
            place += 1
            texts.append(f'{{"case_id":"{place}","baseline":null,"candidate":null}}'.encode())
        if not is_row:
            size += len(part)
            _refuse_large("what is beside its rows", size, LARGEST)
            texts.append(part)
        elif each is not None:
            each(place, b"[" + part + b"]")
    return b"".join(texts)


def _parts(file: IO[bytes]) -> Iterator[tuple[bool, bool, bytes]]:
    """Yield the parts of a file: whether it is the first part of some rows, whether it is rows, and its bytes."""
    held, in_rows, is_first = b"", False, False
    while block := file.read(BLOCK):
        held += block
        while True:
            at = held.find(END if in_rows else FIRST)
            if at < 0:
                break
            at += 1 if in_rows else len(BEGIN)
            yield is_first, in_rows, held[:at]
            held, in_rows, is_first = held[at:], not in_rows, not in_rows
        # What is left can end within a row, or within the bytes that are looked for.
        at = held.rfind(NEXT) if in_rows else len(held) - len(FIRST)
        if at > 0:
            yield is_first, in_rows, held[:at]
            held, is_first = held[at + in_rows :], False
        _refuse_large("a row", len(held), LARGEST_ROW)
    yield False, False, held


def _refuse_large(what: str, size: int, most: int) -> None:
    if size > most:
        raise OSError(errno.EFBIG, TOO_LARGE.format(what, most))


def _add(found: list[Rows], place: int, rows: Iterable[Row]) -> None:
    if place == len(found):
        found.append(Rows())
    for row in rows:
        found[place].add(row)


def _written(rows: Sequence[Row]) -> Iterator[bytes]:
    between = b""
    for some in few_at_once(rows):
        yield between + msgspec.json.encode(some)[1:-1]
        between = b","
