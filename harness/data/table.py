"""Read somebody's own rows, from CSV, JSON Lines or Parquet: by column, each with the place where it is."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from harness.data.parquet import parquet_rows
from harness.errors import DataError
from harness.records.record import Json, Record
from harness.scorers.reading.json_values import look_up
from harness.text.jsonl import load_jsonl, read_named
from harness.text.visible import for_terminal, quoted

T = TypeVar("T")
DELIMITERS = (",", ";", "\t")


class TableRow(Record, frozen=True, kw_only=True):
    """One row: its values by column, and its place, as ``file:line``; in Parquet ``line`` counts the rows."""

    line: int
    place: str
    values: dict[str, Json]

    def value(self, column: str) -> Json:
        """Return the value in a column; ``request.messages`` and ``choices.0.text`` lead into objects and lists.

        Raises:
            DataError: there is no such column, or it is empty here.
        """
        value = self._found(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise DataError(f"{self.place}: the column {quoted(column)} is empty; fill it in, or remove the row")
        return value

    def text(self, column: str) -> str:
        """Return the text in a column, without white space at its ends.

        Raises:
            DataError: as ``value``; or the value is not a text.
        """
        value = self.value(column)
        if not isinstance(value, str):
            raise DataError(f"{self.place}: the column {quoted(column)} is {quoted(value)}; expected a text")
        return value.strip()

    def _found(self, column: str) -> Json:
        if column in self.values:
            return self.values[column]
        try:
            return look_up(self.values, column)
        except LookupError:
            known = ", ".join(map(for_terminal, self.values)) or "none"
            raise DataError(f"{self.place}: no column {quoted(column)}; the columns are {known}") from None


def read_table(path: Path, called: str = "") -> tuple[TableRow, ...]:
    """Return the rows of a file: CSV, whose first line names the columns; JSON Lines, one object a line; or Parquet.

    Errors and places name the file as it is ``called``, by default by its path.

    Raises:
        DataError: the file is missing, empty, of another kind, not UTF-8, or a row doesn't fit the others.
    """
    called = called or str(path)
    read = KINDS.get(path.suffix.lower())
    if read is None:
        *first, last = KINDS
        raise DataError(f"{called}: expected a file whose name ends in {', '.join(first)} or {last}")
    rows = tuple(read(path, called))
    if not rows:
        raise DataError(f"{called}: no row below the names of the columns")
    return rows


def spread(all_of_them: Sequence[T], number: int) -> tuple[T, ...]:
    """Return ``number`` of them at equal distances, or all where there are fewer.

    >>> spread(range(10), 4)
    (0, 2, 5, 7)
    """
    if len(all_of_them) <= number:
        return tuple(all_of_them)
    return tuple(all_of_them[index * len(all_of_them) // number] for index in range(number))


def _jsonl_rows(path: Path, called: str) -> Iterator[TableRow]:
    for line, values in load_jsonl(path, dict[str, Json], DataError, called):
        yield TableRow(line=line, place=f"{called}:{line}", values=values)


def _parquet_rows(path: Path, called: str) -> Iterator[TableRow]:
    for number, values in parquet_rows(path, called):
        yield TableRow(line=number, place=f"{called}: row {number}", values=values)


def _csv_rows(path: Path, called: str) -> Iterator[TableRow]:
    text = _text_of(path, called)
    names_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=names_line.count), strict=True)
    names: list[str] = []
    before = 0
    try:
        for fields in reader:
            line, before = before + 1, reader.line_num  # a field in quotes can be several lines long
            place = f"{called}:{line}"
            if not fields:
                continue
            if not names:
                names = _checked_names(fields, place)
            elif len(fields) != len(names):
                raise DataError(
                    f"{place}: {len(fields)} fields, but {len(names)} columns; put a field with a comma, a semicolon "
                    "or a line end in quotation marks"
                )
            else:
                yield TableRow(line=line, place=place, values=dict(zip(names, fields, strict=True)))
    except csv.Error as problem:
        raise DataError(f"{called}:{before + 1}: not valid CSV: {for_terminal(str(problem))}") from problem


KINDS: dict[str, Callable[[Path, str], Iterator[TableRow]]] = {
    ".csv": _csv_rows,
    ".jsonl": _jsonl_rows,
    ".ndjson": _jsonl_rows,
    ".log": _jsonl_rows,
    ".parquet": _parquet_rows,
}
"""How each kind of file is read, by how its name ends. A log is JSON Lines: an object for each request."""


def _text_of(path: Path, called: str) -> str:
    content = read_named(path, DataError, called)
    if not content.strip():
        raise DataError(f"{called}: the file is empty; expected a line with the columns' names, and rows below it")
    try:
        return content.decode("utf-8-sig")  # spreadsheets write a byte-order mark
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise DataError(f"{called}:{line}: not UTF-8; save the file as CSV in UTF-8") from problem


def _checked_names(fields: list[str], place: str) -> list[str]:
    names = [field.strip() for field in fields]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DataError(f"{place}: the column {quoted(repeated[0])} appears twice; rename one of them")
    return names
