"""Read somebody's own rows, from any file that ``files/values.py`` reads: by column, each with its place."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.data.checks.personal.quotations import discreet
from harness.data.checks.problem import Problem
from harness.data.checks.structure import in_words
from harness.data.files.values import read_values
from harness.errors import DataError
from harness.records.record import Json, Record
from harness.scorers.reading.json_values import look_up
from harness.text.visible import for_terminal, quoted

T = TypeVar("T")
KINDS = (".csv", ".jsonl", ".ndjson", ".log", ".parquet")
"""How names of files end that hold rows, where one is looked for among others. A log has an object for each request."""


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
        value = self.value_or_none(column)
        if value is None:
            raise DataError(f"{self.place}: the column {quoted(column)} is empty; fill it in, or remove the row")
        return value

    def value_or_none(self, column: str) -> Json:
        """Return the value in a column; None where it is empty here, or white space alone.

        Raises:
            DataError: there is no such column.
        """
        value = self._found(column)
        return None if isinstance(value, str) and not value.strip() else value

    def text(self, column: str) -> str:
        """Return the text in a column, without white space at its ends.

        Raises:
            DataError: as ``value``; or the value is not a text.
        """
        value = self.value(column)
        if not isinstance(value, str):
            raise DataError(f"{self.place}: the column {quoted(column)} is {discreet(quoted(value))}; expected a text")
        return value.strip()

    def _found(self, column: str) -> Json:
        if column in self.values:
            return self.values[column]
        try:
            return look_up(self.values, column)
        except LookupError:
            known = discreet(", ".join(map(for_terminal, self.values))) or "none"
            raise DataError(f"{self.place}: no column {quoted(column)}; the columns are {known}") from None


def read_table(path: Path, called: str = "") -> tuple[TableRow, ...]:
    """Return the rows of a file or a folder of ``datasets``; what is read is in ``data/files/values.py``.

    Errors and places name the file as it is ``called``, by default by its path.

    Raises:
        DataError: the file is missing, empty, of another kind, not UTF-8, or a row can't be read.
    """
    called = called or str(path)
    return tuple(_rows(path, called))


def spread(all_of_them: Sequence[T], number: int) -> tuple[T, ...]:
    """Return ``number`` of them at equal distances, or all where there are fewer.

    >>> spread(range(10), 4)
    (0, 2, 5, 7)
    """
    if len(all_of_them) <= number:
        return tuple(all_of_them)
    return tuple(all_of_them[index * len(all_of_them) // number] for index in range(number))


def _rows(path: Path, called: str) -> Iterator[TableRow]:
    has_lines = not path.is_dir() and path.suffix not in {".parquet", ".arrow"}
    for found in read_values(path, called):
        if isinstance(found, Problem):
            raise DataError(in_words(msgspec.structs.replace(found, told=discreet(found.told))))
        line, values = found
        yield TableRow(line=line, place=f"{called}:{line}" if has_lines else f"{called}: row {line}", values=values)
