"""Rows in CSV as spreadsheets and exports write it: with any usual separator and quotes, and a line ``sep=;``."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from harness.data.checks.personal.quotations import discreet
from harness.data.checks.problem import Problem
from harness.data.checks.structure import BROKEN_CSV, NOT_UTF8
from harness.data.files.found import Found
from harness.data.files.json_text import problem, too_long
from harness.data.stream import LONGEST_LINE, lines
from harness.errors import DataError
from harness.records.record import Record
from harness.text.figures import count
from harness.text.visible import for_terminal, quoted

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""The first line that Excel writes and reads."""

Line = tuple[int, str]


class Dialect(Record, frozen=True, kw_only=True):
    """How fields are separated and quoted."""

    delimiter: str
    quote: str


def csv_values(parts: Iterable[bytes], called: str) -> Iterator[Found]:
    """Yield each row below the names of the columns, or what is wrong with it.

    Raises:
        DataError: there are no names of columns, or two columns have the same one.
    """
    wrong: list[Problem] = []
    texts = _texts(parts, called, wrong)
    first = next(texts, None)
    delimiter = None
    if first and (said := SEPARATOR_LINE.fullmatch(first[1])):
        delimiter = said[1]
        first = next(texts, None)
    if first is None:
        yield from wrong
        return
    names: list[str] = []
    for line, fields in _records(chain([first], texts), dialect_of(first[1], delimiter)):
        if isinstance(fields, str):
            yield problem(BROKEN_CSV, called, line, f"not valid CSV: {for_terminal(fields)}")
        elif not names:
            names = _checked_names(fields, f"{called}:{line}")
        elif any("\udc80" <= char <= "\udcff" for field in fields if not field.isascii() for char in field):
            yield problem(NOT_UTF8, called, line, "not UTF-8")
        elif len(fields) != len(names):
            told = f"{count(len(fields), 'field')}, but {count(len(names), 'column')}"
            yield problem(BROKEN_CSV, called, line, told)
        else:
            yield line, dict(zip(names, fields, strict=True))
        if wrong:
            yield from wrong
            wrong.clear()
    yield from wrong


def dialect_of(names: str, delimiter: str | None = None) -> Dialect:
    """Return the dialect of a file by its line of names: the separator that is there most often, outside of quotes.

    >>> dialect_of('"a,b";c'), dialect_of("'a','b'")
    (Dialect(delimiter=';', quote='"'), Dialect(delimiter=',', quote="'"))
    """
    quote = "'" if re.fullmatch(r"'[^']*'(?:.'[^']*')*", names.strip()) else '"'
    outside = re.sub(f"{quote}[^{quote}]*{quote}", "", names)
    return Dialect(delimiter=delimiter or max(DELIMITERS, key=outside.count), quote=quote)


def _texts(parts: Iterable[bytes], called: str, wrong: list[Problem]) -> Iterator[Line]:
    """Yield lines as text, in which bytes that are not UTF-8 are surrogates; too long ones are ``wrong``."""
    has_begun = False
    for number, line in lines(parts):
        if line is None:
            wrong.append(too_long(called, number))
        elif has_begun or line.strip():
            has_begun = True
            yield number, line.decode("utf-8", "surrogateescape")


def _records(texts: Iterator[Line], dialect: Dialect) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (line, fields) of each row that is not empty, or (line, why not); after a wrong one its next line is tried.

    A quotation mark that nobody closes would else take all rows up to the next one with it.
    """
    csv.field_size_limit(LONGEST_LINE)
    again: deque[Line] = deque()
    taken: list[Line] = []

    def fed() -> Iterator[str]:
        while line := again.popleft() if again else next(texts, None):
            taken.append(line)
            yield line[1]

    while True:
        reader = csv.reader(fed(), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
        try:
            for fields in reader:
                number = taken[0][0]
                taken.clear()
                if any(fields):
                    yield number, fields
        except csv.Error as wrong:
            number, *_ = taken[0]
            again.extendleft(reversed(taken[1:]))
            taken.clear()
            yield number, str(wrong)
        else:
            return


def _checked_names(fields: list[str], place: str) -> list[str]:
    names = [field.strip() for field in fields]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DataError(f"{place}: the column {discreet(quoted(repeated[0]))} appears twice; rename one of them")
    if any("\udc80" <= char <= "\udcff" for name in names for char in name):
        raise DataError(f"{place}: not UTF-8; save the file as CSV in UTF-8")
    return names
