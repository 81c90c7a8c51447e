"""Read training rows from any file and format: each a conversation, or the problem that it is. Nothing is skipped."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from harness.data.checks.personal.quotations import discreet
from harness.data.checks.problem import Problem
from harness.data.files.found import Found, Values
from harness.data.files.values import read_values
from harness.data.formats.format import Format, Misfit
from harness.data.formats.known import FORMATS, recognised
from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.messages import Message
from harness.text.visible import for_terminal, quoted

LOOKED_AT = 100
"""Rows by which a format is recognised."""
NAMED = 12
"""Most columns that a text lists."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a file, to be read once. ``format`` is None where no row could be read at all.

    ``left_out`` are columns of the first rows that are no part of a conversation.
    """

    format: Format | None
    found: Iterator[DataRow | Problem]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[DataRow | Problem]:
        """Read on."""
        return self.found

    @property
    def told(self) -> str:
        """What the file is, and what of it is not taken, in one line."""
        if self.format is None:
            return "no row could be read"
        parts = [self.format.title, *[self.format.note] * bool(self.format.note)]
        if self.left_out:
            shown = ", ".join(map(for_terminal, self.left_out[:NAMED])) + ", ..." * (len(self.left_out) > NAMED)
            parts.append(f"not part of a row: {discreet(shown)}")
        return "; ".join(parts)


def read_rows(path: Path, called: str = "", given: Format | None = None, group: str = "") -> Rows:
    """Return the rows of a file: JSON Lines, JSON, CSV, Parquet, a folder of ``datasets``; also packed by gz or zst.

    The format is the one ``given``, else recognised by the first rows; one that doesn't fit it is a problem. The column
    ``group`` is kept in each row. Places name the file as it is ``called``, by default by its path. What comes is read
    while it is iterated.

    Raises:
        DataError: nothing of the file can be read, its columns are not those of a format, it has no column ``group``,
            or, while it is iterated, it is damaged or has changed.
    """
    called = called or str(path)
    values: Iterator[Found] = read_values(path, called)
    first: list[Found] = []
    looked_at: list[Values] = []
    try:
        for found in values:
            first.append(found)
            if not isinstance(found, Problem):
                looked_at.append(found[1])
                if len(looked_at) == LOOKED_AT:
                    break
    except DataError as problem:
        if not first:
            raise
        values = _raising(problem)  # in its turn: what was read until then is told
    kind = given or recognised(looked_at)
    if looked_at and (kind is None or not any(map(kind.fits, looked_at))):
        raise DataError(_unknown(called, looked_at, kind))
    columns = dict.fromkeys(column for row in looked_at for column in row)
    if group and looked_at and group not in columns:
        raise DataError(f"{called}: no column {quoted(group)}; its columns are {_shown(columns)}")
    return Rows(
        format=kind if looked_at else None,
        found=_rows(chain(first, values), kind, called, group),
        left_out=tuple(column for column in columns if kind is not None and column not in (*kind.columns, group)),
    )


def refuse_repeated(paths: Sequence[Path]) -> None:
    """Refuse files of which one is named twice.

    Raises:
        DataError: names it.
    """
    seen: dict[Path, Path] = {}
    for path in paths:
        if (first := seen.setdefault(path.resolve(), path)) is not path:
            raise DataError(f"{path}: the same file as {first}; name each file once")


def with_system(row: DataRow, system: str) -> DataRow:
    """Return a row that starts with this system prompt; one that has one of its own stays as it is."""
    if row.messages and row.messages[0].role == "system":
        return row
    return msgspec.structs.replace(row, messages=(Message(role="system", content=system), *row.messages))


def _raising(problem: DataError) -> Iterator[Found]:
    yield from ()
    raise problem


def _rows(found: Iterator[Found], kind: Format | None, called: str, group: str) -> Iterator[DataRow | Problem]:
    for one in found:
        if isinstance(one, Problem) or kind is None:
            assert isinstance(one, Problem)  # noqa: S101 - without a format there are no values
            yield msgspec.structs.replace(one, told=discreet(one.told))
            continue
        line, values = one
        try:
            read = kind.read(values)
        except Misfit as wrong:
            yield Problem(kind=wrong.kind.name, places=(f"{called}:{line}",), told=discreet(str(wrong)))
        else:
            in_group = "" if not group or values.get(group) is None else str(values[group])
            yield DataRow(file=called, line=line, messages=read.messages, tools=read.tools, group=in_group)


def _shown(columns: Iterable[str]) -> str:
    names = list(columns)
    return discreet(", ".join(map(quoted, names[:NAMED]))) + ", ..." * (len(names) > NAMED)


def _unknown(called: str, rows: list[Values], kind: Format | None) -> str:
    shown = _shown(dict.fromkeys(column for row in rows for column in row))
    if kind is not None:
        return f"{called}: no row has {kind.title}; its columns are {shown}"
    titles = "; ".join(one.title for one in FORMATS)
    return (
        f"{called}: not a known format, its columns are {shown}; known are {titles}. Rename the columns, or say which "
        "are meant: harness data convert --input COLUMN --output COLUMN"
    )
