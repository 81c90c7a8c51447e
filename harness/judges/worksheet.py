"""Answers for people to give levels, by a rubric with a scale: a table that any spreadsheet opens, and its key.

The table shows what was asked, what was expected and the facts where the judge sees them too, and the answer; neither
side nor case. The key has the labels without their levels, and stays with who made the
table.
"""

import csv
import io
import random
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError, ReviewError, StoreError
from harness.judges.labels import AnswerLabel
from harness.judges.matched import PairRead
from harness.judges.plan import NextLabels
from harness.records.record import Json, Record
from harness.records.scored import Rubric
from harness.scorers.judges.prompt import facts_to_show
from harness.scorers.judges.scale import criteria_of, levels_of
from harness.text.atomic import write_durably
from harness.text.jsonl import load_jsonl
from harness.text.unwritten import unwritten
from harness.text.visible import for_csv

TABLE, LEVELS = "answers.csv", "levels.txt"
COLUMNS = ("id", "criterion", "level", "asked", "expected", "facts", "answer")
UNSAID = 0
"""The level of a label that nobody has given yet."""


class KeyRow(Record, frozen=True, kw_only=True):
    """One answer of a table: its id there, and the label that it will get."""

    id: str
    label: AnswerLabel


def key_rows(rubric: Rubric, found: NextLabels, read: Mapping[str, PairRead], seed: int) -> tuple[KeyRow, ...]:
    """Return a row for each answer of the drawn cases, of both sides in one random order; the same twice is one."""
    rows = [
        KeyRow(
            id=f"answer-{secrets.token_hex(4)}",
            label=AnswerLabel(
                rubric=rubric.id,
                version=rubric.version,
                case_id=name,
                messages=read[name].case.messages,
                answer=answer,
                level=UNSAID,
                expected=read[name].case.expected,
                criterion=criterion,
                group=read[name].case.group,
                drawn=found.draw.id,
                facts=facts_to_show(rubric, read[name].case),
            ),
        )
        for name in found.chosen
        for answer in dict.fromkeys((read[name].baseline, read[name].candidate))
        for criterion in criteria_of(rubric) or ("",)
    ]
    return tuple(random.Random(f"worksheet {seed}").sample(rows, len(rows)))  # noqa: S311 - must be repeatable


def write_worksheet(folder: Path, key_file: Path, rubric: Rubric, rows: Sequence[KeyRow]) -> tuple[Path, ...]:
    """Write the table, the levels with their texts, and the key; return the paths of the first two.

    Raises:
        StoreError: a file can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key_file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{problem.filename}: can't be made: {unwritten(problem)}") from problem
    write_durably(key_file, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    key_file.chmod(0o600)
    write_durably(folder / LEVELS, _instructions(rubric).encode())
    write_durably(folder / TABLE, _table(rubric, rows).encode("utf-8-sig"))
    return folder / TABLE, folder / LEVELS


def rubric_of_key(key_file: Path) -> str:
    """Return the id of the rubric that a key's answers are to be labelled by.

    Raises:
        DataError: it can't be read.
        ReviewError: it is missing.
    """
    return _rows_of(key_file)[0].label.rubric


def read_key(key_file: Path, rubric: Rubric) -> dict[str, AnswerLabel]:
    """Return the labels of a key, without levels, by their ids.

    Raises:
        DataError: it can't be read.
        ReviewError: it is missing, or of another rubric or version.
    """
    key = {row.id: row.label for row in _rows_of(key_file)}
    for label in key.values():
        if (label.rubric, label.version) != (rubric.id, rubric.version):
            raise ReviewError(
                f"{key_file}: is for version {label.version} of {label.rubric!r}, not for version {rubric.version} of "
                f"{rubric.id!r}; levels by other words are no labels of these"
            )
    return key


def _rows_of(key_file: Path) -> list[KeyRow]:
    if not key_file.exists():
        raise ReviewError(f"{key_file}: no such file; it should be the key of this worksheet; name it with --key")
    return [row for _, row in load_jsonl(key_file, KeyRow, DataError)]


def _table(rubric: Rubric, rows: Sequence[KeyRow]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        label = row.label
        asked = "\n\n".join(f"{message.role}: {message.text}" for message in label.messages)
        expected = _as_text(label.expected) if rubric.uses_expected else ""
        facts = "\n".join(map(_as_text, label.facts if isinstance(label.facts, list) else [label.facts or ""]))
        shown = (for_csv(text) for text in (asked, expected, facts, label.answer))
        writer.writerow([row.id, label.criterion, "", *shown])
    return text.getvalue()


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _instructions(rubric: Rubric) -> str:
    scales = [
        "\n".join(["", *heading, *(f"{level}: {text.strip()}" for level, text in levels_of(rubric, name).items())])
        for name, heading in [
            *((name, [f"{name}: {one.question.strip()}"]) for name, one in criteria_of(rubric).items()),
        ]
        or [("", [])]
    ]
    return "\n".join(
        [
            rubric.question.strip(),
            *scales,
            "",
            f"Write one of these levels into the column `level` of {TABLE}, for each answer, or leave it empty.",
            "Change nothing else. Save it as CSV, under your own name.",
            "",
        ]
    )
