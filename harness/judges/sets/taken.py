"""What a labelled set holds, in our records: people's labels, and verdicts that judges gave elsewhere."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median_low

import msgspec

from harness.errors import DataError, RubricError
from harness.judges.labels import Label, Preferred
from harness.judges.verdicts import StoredVerdict
from harness.records.record import UNREADABLE, Json, Record
from harness.records.scored import Rubric
from harness.text.atomic import write_durably
from harness.text.jsonl import load_jsonl, read_named
from harness.text.visible import for_terminal

Rows = Sequence[tuple[str, dict[str, Json]]]
"""Rows of files that others wrote, each with its place, as ``file:line``."""


class Taken(Record, frozen=True, kw_only=True):
    """Labels, the verdicts of each judge by its name, and sentences about what was left out."""

    labels: tuple[Label, ...]
    verdicts: dict[str, tuple[StoredVerdict, ...]] = msgspec.field(default_factory=dict)
    notes: tuple[str, ...] = ()


def rows_in(file: Path) -> Rows:
    """Return the rows of a file: lines of JSON, or one JSON array of objects.

    Raises:
        DataError: it can't be read, or holds no rows.
    """
    if file.suffix != ".json":
        return [(f"{file}:{line}", row) for line, row in load_jsonl(file, dict[str, Json], DataError)]
    try:
        rows = msgspec.json.decode(read_named(file, DataError), type=list[dict[str, Json]])
    except UNREADABLE as problem:
        raise DataError(f"{file}: is not a JSON array of objects: {for_terminal(str(problem))}") from problem
    return [(f"{file}: row {number}", row) for number, row in enumerate(rows, start=1)]


def refuse_wrong_kind(rubric: Rubric, kind: str, of: str) -> None:
    """Refuse labels that are not of a rubric's kind.

    Raises:
        RubricError: they are not.
    """
    if rubric.kind != kind:
        raise RubricError(
            f"{of} are of kind {kind!r}, but {rubric.id!r} is of kind {rubric.kind!r}; name another rubric"
        )


def text_in(row: Mapping[str, Json], key: str, place: str) -> str:
    """Return a text of a row; a number or a truth value is taken as its JSON.

    Raises:
        DataError: it is missing, or something else.
    """
    value = row.get(key)
    if isinstance(value, bool | int | float):
        return msgspec.json.encode(value).decode()
    if not isinstance(value, str):
        raise DataError(
            f"{place}: `{key}` must be a text, {'is missing' if key not in row else f'got {type(value).__name__}'}"
        )
    return value


def most(votes: Mapping[str, int]) -> Preferred:
    """Return what most people chose between two answers; a tie where nothing has most.

    >>> most({"baseline": 2, "candidate": 1}), most({"baseline": 1, "candidate": 1})
    ('baseline', 'tie')
    """
    (first, count), *rest = Counter(votes).most_common()
    winner: Preferred = "baseline" if first == "baseline" else "candidate" if first == "candidate" else "tie"
    return "tie" if rest and rest[0][1] == count else winner


def middle(votes: Mapping[str, int]) -> int:
    """Return the level that most people gave; of several, and where all differ, the lower middle one of all votes.

    >>> middle({"4": 2, "1": 1}), middle({"2": 1, "3": 1, "5": 1})
    (4, 3)
    """
    (first, count), *rest = Counter(votes).most_common()
    if not rest or rest[0][1] < count:
        return int(first)
    return median_low([int(level) for level, times in votes.items() for _ in range(times)])


def write_verdicts(path: Path, verdicts: Iterable[StoredVerdict]) -> None:
    """Write a judge's verdicts, one a line, in place of what was there.

    Raises:
        StoreError: the file can't be written.
    """
    write_durably(path, b"".join(msgspec.json.encode(one) + b"\n" for one in verdicts))


def verdicts_file(judges: Path, rubric: Rubric, judge: str) -> Path:
    """Return where a judge's verdicts from elsewhere are kept, in a folder of rubrics.

    >>> verdicts_file(Path("judges"), Rubric(id="tone", version=1, kind="scale", question="", prompt=""), "a/b").name
    'tone.a-b.verdicts.jsonl'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", judge).strip(".-") or "judge"
    return judges / f"{rubric.id}.{plain[:80]}.verdicts.jsonl"
