"""Split training rows into train, validation and a sealed test, which is written as the cases of a suite."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.asking.cases import check_case
from harness.cases.file import write_new
from harness.cases.new import made_id
from harness.data.alike.likeness import NearIndex, grams
from harness.data.alike.runs import SHORTEST, length_in_words
from harness.data.convert import refuse_existing, write_rows
from harness.data.row import DataRow
from harness.data.seal import make_seal, seal_of
from harness.data.split import Parts, split, units_of
from harness.errors import DataError
from harness.records.asked import Case
from harness.records.record import UNREADABLE, Json, Record

NEAR = 0.7
"""Jaccard similarity of character 5-grams from which on two rows' inputs are kept in one part, as in the check."""
TRAIN, VALIDATION, TEST = "train", "validation", "test"
MOST_LABELS = 50
"""Different answers up to which these are labels, so that each is spread over all parts."""
EACH = 5
"""Rows that a label has on average where answers are labels."""


class Wanted(Record, frozen=True, kw_only=True):
    """How rows are split: the shares of validation and test, by which field of a JSON answer, and the seed.

    Without a ``field``, answers that are labels are spread evenly, and others are not.
    """

    validation: float = 0.1
    test: float = 0.1
    field: str = ""
    seed: int = 0


class Written(Record, frozen=True, kw_only=True):
    """The files that were written, and how many rows each has; ``kept_together`` counts rows that have company."""

    files: dict[str, int]
    cases: str
    kept_together: int


def split_rows(rows: Sequence[DataRow], wanted: Wanted) -> Parts:
    """Deal rows to train, validation and test. Rows of a group, and rows that are nearly the same, stay together.

    Raises:
        DataError: there are too few rows for the shares, or an answer doesn't have the field.
    """
    shares = {TRAIN: 1 - wanted.validation - wanted.test, VALIDATION: wanted.validation, TEST: wanted.test}
    shares = {name: share for name, share in shares.items() if share > 0}
    units = units_of(len(rows), _near(rows), [row.group or None for row in rows])
    parts = split(units, _strata(rows, wanted.field), shares, wanted.seed)
    if empty := [name for name in shares if not parts.rows[name]]:
        raise DataError(
            f"{len(rows)} rows, in {parts.units} units that belong together, are too few to split: nothing is left for "
            f"{empty[0]}"
        )
    return parts


class Places(Record, frozen=True, kw_only=True):
    """Where a split is written: the folder of the training files, and that of the suite."""

    into: Path
    suite: Path


def write_split(
    rows: Sequence[DataRow], parts: Parts, where: Places, seed: int, now: Callable[[], dt.datetime]
) -> Written:
    """Write ``train.jsonl`` and ``validation.jsonl`` into a folder, and the test as the sealed cases of a suite.

    All of them are written, or none.

    Raises:
        DataError, CaseFileError: a file is there already, or a row of the test can't be asked, or asks what another
            one does.
    """
    cases = _cases([rows[place] for place in parts.rows[TEST]])
    into, test = where.into, where.suite / "cases.jsonl"
    chosen = {into / f"{name}.jsonl": parts.rows[name] for name in (TRAIN, VALIDATION) if name in parts.rows}
    for path in (*chosen, test, seal_of(test)):
        refuse_existing(path)
    files: dict[str, int] = {}
    try:
        for path, places in chosen.items():
            write_rows([rows[place] for place in places], path)
            files[str(path)] = len(places)
        write_new(test, cases)
        files[str(test)] = len(cases)
        make_seal(test, tuple(dict.fromkeys(Path(row.file).name for row in rows)), seed, now)
    except BaseException:
        for name in files:
            Path(name).unlink(missing_ok=True)
        raise
    return Written(files=files, cases=str(test), kept_together=len(rows) - parts.units)


def _near(rows: Sequence[DataRow]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows whose inputs are nearly the same, or whose outputs are and are no labels."""
    inputs = [grams(row.input) for row in rows]
    outputs = [grams(row.output) if length_in_words(row.output) >= SHORTEST else frozenset() for row in rows]
    for sets in (inputs, outputs):
        index = NearIndex(NEAR, sets)
        for place, one in enumerate(sets):
            yield from ((near.place, place) for near in index.near(one) if one)
            index.add(one)


def _strata(rows: Sequence[DataRow], field: str) -> list[str]:
    """Return what is to be spread evenly of each row: its label, or nothing where answers are none."""
    if field:
        return [_field_of(row, field) for row in rows]
    answers = [row.output.strip() for row in rows]
    labels = Counter(answers)
    are_labels = 1 < len(labels) <= MOST_LABELS and len(rows) >= EACH * len(labels)
    return answers if are_labels else [""] * len(rows)


def _field_of(row: DataRow, field: str) -> str:
    try:
        answer: Json = msgspec.json.decode(row.output)
    except UNREADABLE:
        answer = None
    if not isinstance(answer, dict) or field not in answer:
        raise DataError(
            f"{row.place}: the answer is no JSON object with a field {field!r}, by which rows are to be spread"
        )
    return msgspec.json.encode(answer[field]).decode()


def _cases(rows: Sequence[DataRow]) -> list[Case]:
    cases: dict[str, tuple[Case, str]] = {}
    for row in rows:
        case = _case_of(row)
        check_case(case, row.place)
        if case.id in cases and cases[case.id][0] != case:
            raise DataError(
                f"{row.place}: asks the same as {cases[case.id][1]} and has another answer; decide which one is right"
            )
        cases.setdefault(case.id, (case, row.place))
    return [case for case, _ in cases.values()]


def _case_of(row: DataRow) -> Case:
    asked = row.messages[:-1]
    expected: Json = row.output
    with suppress(*UNREADABLE):
        if isinstance(read := msgspec.json.decode(row.output), dict | list):
            expected = read
    return Case(id=made_id(asked), messages=asked, expected=expected, tools=row.tools or msgspec.UNSET)
