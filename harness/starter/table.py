"""Read somebody's own rows, from CSV or JSON Lines: by column, each with the line where it is."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.records.record import Json, Record
from harness.text.jsonl import load_jsonl, read_named
from harness.text.visible import for_terminal, quoted

DELIMITERS = (",", ";", "\t")
KINDS = (".csv", ".jsonl")


class TableRow(Record, frozen=True, kw_only=True):
    """One row: its values by column, and its place, as ``file:line``."""

    line: int
    place: str
    values: dict[str, Json]

    def value(self, column: str) -> Json:
        """Return the value in a column.

        Raises:
            DataError: there is no such column, or it is empty here.
        """
        if column not in self.values:
            known = ", ".join(map(for_terminal, self.values)) or "none"
            raise DataError(f"{self.place}: no column {quoted(column)}; the columns are {known}")
        value = self.values[column]
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


def read_table(path: Path) -> tuple[TableRow, ...]:
    """Return the rows of a file ``*.csv``, whose first line names the columns, or ``*.jsonl``, one object a line.

    Raises:
        DataError: the file is missing, empty, of another kind, not UTF-8, or a row doesn't fit the others.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise DataError(f"{path}: expected a file whose name ends in {' or '.join(KINDS)}")
    rows = tuple(_csv_rows(path) if kind == ".csv" else _jsonl_rows(path))
    if not rows:
        raise DataError(f"{path}: no row below the names of the columns")
    return rows


def _jsonl_rows(path: Path) -> Iterator[TableRow]:
    for line, values in load_jsonl(path, dict[str, Json], DataError):
        yield TableRow(line=line, place=f"{path}:{line}", values=values)


def _csv_rows(path: Path) -> Iterator[TableRow]:
    text = _text_of(path)
    names_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=names_line.count), strict=True)
    names: list[str] = []
    before = 0
    try:
        for fields in reader:
            line, before = before + 1, reader.line_num  # a field in quotes can be several lines long
            place = f"{path}:{line}"
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
        raise DataError(f"{path}:{before + 1}: not valid CSV: {for_terminal(str(problem))}") from problem


def _text_of(path: Path) -> str:
    content = read_named(path, DataError)
    if not content.strip():
        raise DataError(f"{path}: the file is empty; expected a line with the columns' names, and rows below it")
    try:
        return content.decode("utf-8-sig")  # spreadsheets write a byte-order mark
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8; save the file as CSV in UTF-8") from problem


def _checked_names(fields: list[str], place: str) -> list[str]:
    names = [field.strip() for field in fields]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DataError(f"{place}: the column {quoted(repeated[0])} appears twice; rename one of them")
    return names
