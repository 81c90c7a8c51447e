"""What users asked, in production logs: rows without answers, of any file that training rows are read from."""

from collections.abc import Iterator
from pathlib import Path

from harness.data.checks.problem import Problem
from harness.data.files.found import Values
from harness.data.files.values import read_values
from harness.data.formats.format import Misfit, listed
from harness.data.formats.known import INSTRUCTION, PROMPT, TEXT, TURNS
from harness.data.formats.turns import chat_turns, share_turns
from harness.errors import DataError
from harness.records.record import Json, Record
from harness.scorers.reading.json_values import look_up
from harness.text.visible import for_terminal, quoted

COLUMNS = (*TURNS, *INSTRUCTION, *PROMPT, *TEXT, "ticket", "request.messages", "request.prompt")
"""Where it is looked for what was asked, in this order."""


class Logged(Record, frozen=True, kw_only=True):
    """One request: where it is, as ``file:line``, and what the user asked, turn by turn."""

    place: str
    text: str


def read_logs(path: Path, column: str = "") -> Iterator[Logged | Problem]:
    """Yield what users asked in each row; answers are not read. ``column`` names where that is, also ``a.b``.

    A row without a text there is left out: it asks nothing.

    Raises:
        DataError: the file can't be read, or none of its first row's columns is known to hold what was asked.
    """
    known = column
    for found in read_values(path, str(path)):
        if isinstance(found, Problem):
            yield found
            continue
        line, values = found
        known = known or _column(values, path)
        if text := _asked(_value(values, known)):
            yield Logged(place=f"{path}:{line}", text=text)


def _column(values: Values, path: Path) -> str:
    found = next((name for name in COLUMNS if _asked(_value(values, name))), "")
    if not found:
        known = ", ".join(map(for_terminal, values))
        raise DataError(f"{path}: no column that is known to hold what users asked; name one of {known} with --column")
    return found


def _value(values: Values, column: str) -> Json:
    if column in values:
        return values[column]
    try:
        return look_up(dict(values), column)
    except LookupError:
        return None


def _asked(value: Json) -> str:
    """Return what the user said; empty where there is nothing, or turns that nobody can read."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return value.strip()
    items = listed(value)
    if items is None:
        return value.strip() if isinstance(value, str) else ""
    for read in (chat_turns, share_turns):
        try:
            return "\n".join(turn.text.strip() for turn in read(items) if turn.role == "user" and turn.text.strip())
        except Misfit:
            continue
    return ""


def refuse_without(column: str, path: Path, read: int) -> None:
    """Refuse a file in which no row asks anything.

    Raises:
        DataError: names the column where that was looked for.
    """
    if not read:
        where = f"the column {quoted(column)}" if column else "its columns"
        raise DataError(f"{path}: no row has a text in {where}, so there is nothing to label")
