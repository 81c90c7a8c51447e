"""Make cases of somebody's own rows: a few of them, spread over the labels or over the file."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, zip_longest
from pathlib import Path

import msgspec

from harness.cases.new import tag_word
from harness.data.checks.personal.quotations import discreet
from harness.data.table import TableRow, read_table, spread
from harness.errors import DataError
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.scorers.contexts.passages import read_passages
from harness.starter.choices import Task
from harness.text.visible import quoted

TEN = 10
MOST_LABELS = 100
"""More different answers than this are hardly labels."""


class Columns(Record, frozen=True, kw_only=True):
    """Which columns hold what is asked, what is expected, and tags (``name-value``, so that suites can gate slices).

    ``context`` holds the passages that an answer rests on; empty where there are none.
    """

    input: str
    expected: str
    tags: tuple[str, ...] = ()
    context: str = ""


class Imported(Record, frozen=True, kw_only=True):
    """The cases that were taken, all expected answers of the file in order, and how many rows it has."""

    cases: tuple[Case, ...]
    expected: tuple[Json, ...]
    rows: int
    repeated: int
    """How many rows were left out because an earlier one asks and expects the same."""


def import_cases(path: Path, columns: Columns, task: Task) -> Imported:
    """Return ten cases of a file's rows, or all where there are fewer.

    Raises:
        DataError: the file is wrong, a column is missing or empty in a row, an expected answer doesn't fit the task, or
            two rows ask the same and expect different answers.
    """
    rows = read_table(path)
    read = READERS[task]
    cases: dict[tuple[str, str], tuple[TableRow, Case]] = {}
    for row in rows:
        case = _case(row, columns, read(row, columns.expected))
        asked = case.messages[0].text, digest(case.meta)
        if asked not in cases:
            cases[asked] = row, case
        elif cases[asked][1].expected != case.expected:
            first = cases[asked][0].line
            raise DataError(f"{row.place}: asks the same as line {first} and expects another answer; keep one of them")
    found = [case for _, case in cases.values()]
    if task == "labels":
        _refuse_too_many_labels(path, columns, found)
    return Imported(
        cases=_spread_over_labels(found) if task == "labels" else spread(found, TEN),
        expected=tuple(case.expected for case in found),
        rows=len(rows),
        repeated=len(rows) - len(found),
    )


def labels_of(expected: Sequence[Json]) -> tuple[str, ...]:
    """Return the labels in the order in which they appear."""
    return tuple(dict.fromkeys(map(str, expected)))


def _case(row: TableRow, columns: Columns, expected: Json) -> Case:
    tags = tuple(f"{tag_word(column)}-{tag_word(row.text(column))}" for column in columns.tags)
    messages = (Message(role="user", content=row.text(columns.input)),)
    meta = _context(row, columns.context, is_answered=expected is not None) if columns.context else {}
    return Case(id=f"line-{row.line:05}", messages=messages, expected=expected, tags=tags, meta=meta)


def _context(row: TableRow, column: str, *, is_answered: bool) -> dict[str, Json]:
    """Return the passages of a row, of a text or of what JSON in it says, and whether they hold the answer."""
    value = row.value(column)
    if isinstance(value, str):
        with suppress(*UNREADABLE):
            value = msgspec.json.decode(value)
    try:
        passages = read_passages(value)
    except ValueError as problem:
        raise DataError(f"{row.place}: {quoted(column)} has no passages that can be read: {problem}") from None
    context: Json = [{"id": one.id, "text": one.text} for one in passages]
    return {"context": context, "answerable": is_answered}


def _text(row: TableRow, column: str) -> Json:
    return row.text(column)


def _text_or_none(row: TableRow, column: str) -> Json:
    return None if row.value_or_none(column) is None else row.text(column)


def _object(row: TableRow, column: str) -> Json:
    value = _json(row, column)
    if not isinstance(value, dict) or not value:
        raise DataError(
            f"{row.place}: {quoted(column)} is {discreet(quoted(value))}; expected a JSON object with the values"
        )
    return value


def _calls(row: TableRow, column: str) -> Json:
    value = _json(row, column)
    if not isinstance(value, dict | list):
        raise DataError(
            f'{row.place}: {quoted(column)} is {discreet(quoted(value))}; expected a call, {{"name": ..., "arguments": '
            "{...}}, or a list of calls, [] for none"
        )
    return value


def _json(row: TableRow, column: str) -> Json:
    value = row.value(column)
    if not isinstance(value, str):
        return value
    try:
        decoded: Json = msgspec.json.decode(value)
    except UNREADABLE:
        raise DataError(f"{row.place}: {quoted(column)} is {discreet(quoted(value))}, which is not JSON") from None
    return decoded


READERS: dict[Task, Callable[[TableRow, str], Json]] = {
    "labels": _text,
    "json": _object,
    "text": _text,
    "tool-calls": _calls,
    "documents": _text_or_none,
}
"""How each task reads what is expected."""


def _refuse_too_many_labels(path: Path, columns: Columns, cases: Sequence[Case]) -> None:
    number = len(labels_of([case.expected for case in cases]))
    if number > MOST_LABELS:
        raise DataError(
            f"{path}: the column {quoted(columns.expected)} has {number} different labels, more than {MOST_LABELS}; "
            "for free texts use --task text"
        )


def _spread_over_labels(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Return ten cases in the file's order, as many of each label as of the others where there are enough."""
    by_label: defaultdict[Json, list[Case]] = defaultdict(list)
    for case in cases:
        by_label[case.expected].append(case)
    turns = zip_longest(*(spread(of_label, TEN) for of_label in by_label.values()))
    taken = [case for case in chain.from_iterable(turns) if case is not None][:TEN]
    return tuple(sorted(taken, key=lambda case: case.id))
