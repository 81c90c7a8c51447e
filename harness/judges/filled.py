"""Worksheets that people have filled in, read back as labels: one table for each person."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.judges.labels import AnswerLabel
from harness.judges.sets.taken import middle
from harness.judges.worksheet import read_key
from harness.records.scored import Rubric
from harness.scorers.judges.scale import levels_of
from harness.text.jsonl import read_named


def labels_of_tables(tables: Sequence[Path], key_file: Path, rubric: Rubric) -> tuple[AnswerLabel, ...]:
    """Return the labels that filled-in tables give: each is one person's, called as its file. Empty cells say nothing.

    Raises:
        DataError: a table can't be read, has a row of another worksheet or one twice, or a level that there is none of.
        ReviewError: the key is missing, or of another rubric or version.
    """
    key = read_key(key_file, rubric)
    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for table in tables:
        person = table.stem
        if any(person in levels for levels in said.values()):
            raise DataError(f"{table}: another table is called {person!r} too; name each file after who filled it in")
        for row, level in _levels_in(table, key, rubric).items():
            said[row][person] = level
    if not said:
        raise DataError(f"{', '.join(map(str, tables))}: no answer has a level; fill in the column `level`")
    found = []
    for row, by in said.items():
        votes = dict(sorted(Counter(by.values()).items()))
        found.append(msgspec.structs.replace(key[row], level=middle(votes), votes=votes, by=by))
    return tuple(found)


def _levels_in(table: Path, key: Mapping[str, AnswerLabel], rubric: Rubric) -> dict[str, str]:
    try:
        text = read_named(table, DataError).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{table}: is not UTF-8; save it as CSV in UTF-8") from problem
    dialect = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect)
    if not {"id", "level"} <= {*(reader.fieldnames or ())}:
        raise DataError(f"{table}:1: has no columns `id` and `level`; keep the first line as it was")
    found: dict[str, str] = {}
    seen: set[str] = set()
    for row in reader:
        place, name = f"{table}:{reader.line_num}", (row["id"] or "").strip()
        if name not in key:
            raise DataError(f"{place}: the key has no answer {name!r}; is this the table of another worksheet?")
        if name in seen:
            raise DataError(f"{place}: answer {name!r} is there twice; keep one line")
        seen.add(name)
        level = (row["level"] or "").strip().removesuffix(".0")
        levels = levels_of(rubric, key[name].criterion)
        if level and level not in levels:
            raise DataError(f"{place}: `level` is {level!r}; it can be {', '.join(levels)}, or empty")
        if level:
            found[name] = level
    return found
