"""Write training rows in another format: JSON Lines, from files of any format, whole or not at all."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from harness.data.checks.problem import Problem
from harness.data.checks.structure import WRONG_FORMAT
from harness.data.formats.format import Format
from harness.data.generated.standing import refuse_unreviewed
from harness.data.reading import read_rows, refuse_repeated, with_system
from harness.data.row import DataRow
from harness.errors import DataError, StoreError
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.text.atomic import replacing
from harness.text.unwritten import unwritten
from harness.text.visible import quoted

Target = Literal["chat", "sharegpt", "alpaca", "prompt-completion"]
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}
PAIR = ["user", "assistant"]


class FileRead(Record, frozen=True, kw_only=True):
    """One file: ``told`` is what its rows are, and what of them is not taken; and how many could be read."""

    file: str
    told: str
    rows: int


class Converted(Record, frozen=True, kw_only=True):
    """What became of all rows. With any ``problems`` nothing was written."""

    files: tuple[FileRead, ...]
    problems: tuple[Problem, ...]

    @property
    def rows(self) -> int:
        """How many rows could be read."""
        return sum(file.rows for file in self.files)


class Wanted(Record, frozen=True, kw_only=True):
    """What is written: ``format``, a system prompt for rows without one, and a column that rows keep beside it.

    An empty one adds none.
    """

    format: Target = "chat"
    system: str = ""
    group: str = ""


def convert(files: Sequence[Path], to: Path, wanted: Wanted, given: Format | None = None) -> Converted:
    """Write the rows of all files, one after the other, to a new file of JSON Lines.

    ``given`` is the format of all of them where it is not recognised by their columns.

    Raises:
        DataError: the file is there already, or one of the others can't be read.
        StoreError: it can't be written.
    """
    refuse_existing(to)
    refuse_repeated(files)
    refuse_unreviewed(files)
    make_folder_of(to)
    problems: list[Problem] = []
    read: list[FileRead] = []
    with suppress(_HasProblems), replacing(to) as out:
        for file in files:
            rows, number = read_rows(file, given=given, group=wanted.group), 0
            for line in _lines(rows, wanted, problems):
                number += 1
                if not problems:
                    out.write(line)
            read.append(FileRead(file=str(file), told=rows.told, rows=number))
        if problems:
            raise _HasProblems
    return Converted(files=tuple(read), problems=tuple(problems))


def write_rows(rows: Iterable[DataRow], to: Path) -> None:
    """Write rows as chat messages to a new file of JSON Lines, whole or not at all.

    Raises:
        DataError: the file is there already.
        StoreError: it can't be written.
    """
    refuse_existing(to)
    make_folder_of(to)
    with replacing(to) as out:
        for row in rows:
            out.write(msgspec.json.encode(row_as(row, "chat")) + b"\n")


def refuse_existing(path: Path) -> None:
    """Refuse to overwrite a file.

    Raises:
        DataError: it is there already.
    """
    if os.path.lexists(path):
        raise DataError(f"{path}: is there already, and nothing is overwritten; name another file")


def row_as(row: DataRow, target: Target) -> dict[str, Json]:
    """Return a row in another format.

    Raises:
        ValueError: the format has no place for something of it; the text says for what.
    """
    if target == "sharegpt":
        return _sharegpt(row)
    if target == "alpaca":
        return _alpaca(row)
    plain: list[Json] = msgspec.to_builtins(row.messages)
    tools = {"tools": list(row.tools)} if row.tools else {}
    if target == "chat":
        return {"messages": plain, **tools}
    return {"prompt": plain[:-1], "completion": plain[-1:], **tools}


def line_of(row: DataRow, wanted: Wanted) -> bytes:
    """Return the line that is written for a row.

    Raises:
        ValueError: the format has no place for something of it; the text says for what.
    """
    return msgspec.json.encode(_beside(row_as(row, wanted.format), wanted.group, row)) + b"\n"


def make_folder_of(file: Path) -> None:
    """Make the folder in which a file shall be.

    Raises:
        StoreError: it can't be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{file.parent}: can't be made: {unwritten(problem)}") from problem


class _HasProblems(Exception):
    """Ends the block in which a file is written, so that nothing is."""


def _lines(rows: Iterable[DataRow | Problem], wanted: Wanted, problems: list[Problem]) -> Iterable[bytes]:
    """Yield each row as a line; what is wrong joins ``problems``."""
    for one in rows:
        if isinstance(one, Problem):
            problems.append(one)
            continue
        row = with_system(one, wanted.system) if wanted.system else one
        try:
            line = line_of(row, wanted)
        except ValueError as wrong:
            problems.append(Problem(kind=WRONG_FORMAT.name, places=(one.place,), told=str(wrong)))
        else:
            yield line


def _beside(values: dict[str, Json], column: str, row: DataRow) -> dict[str, Json]:
    """Return the values of a row with the column that it keeps, which no format can have itself."""
    if not column:
        return values
    if column in values:
        raise ValueError(f"the column {quoted(column)} is one of the format")
    return values | {column: row.group}


def _sharegpt(row: DataRow) -> dict[str, Json]:
    turns: list[Json] = []
    for number, message in enumerate(row.messages, start=1):
        calls = (
            [] if isinstance(message.tool_calls, msgspec.UnsetType) else [one.function for one in message.tool_calls]
        )
        if calls and message.text:
            raise ValueError(f"message {number} says something and calls a tool, which is two turns in ShareGPT")
        made: list[Json] = [{"name": one.name, "arguments": _arguments(one.arguments, number)} for one in calls]
        if made:
            value = msgspec.json.encode(made[0] if len(made) == 1 else made).decode()
            turns.append({"from": "function_call", "value": value})
        else:
            turns.append({"from": SPEAKERS[message.role], "value": message.text})
    tools = {"tools": msgspec.json.encode(row.tools).decode()} if row.tools else {}
    return {"conversations": turns, **tools}


def _arguments(given: Mapping[str, Json] | str, number: int) -> Json:
    if not isinstance(given, str):
        return dict(given)
    try:
        read: Json = msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError(f"message {number} calls a tool with arguments that are not JSON") from None
    return read


def _alpaca(row: DataRow) -> dict[str, Json]:
    turns = row.messages[1:] if row.messages[:1] and row.messages[0].role == "system" else row.messages
    if row.tools or [turn.role for turn in turns] != PAIR * (len(turns) // 2) or not turns or _calls_any(turns):
        raise ValueError(
            "alpaca has no place for tools, nor for other turns than the user's and the assistant's by turns"
        )
    *earlier, asked, answered = (turn.text for turn in turns)
    history: list[Json] = [list(earlier[place : place + 2]) for place in range(0, len(earlier), 2)]
    made: dict[str, Json] = {"instruction": asked, "input": "", "output": answered}
    if row.system:
        made["system"] = row.system
    if history:
        made["history"] = history
    return made


def _calls_any(turns: Sequence[Message]) -> bool:
    return any(turn.calls for turn in turns)
