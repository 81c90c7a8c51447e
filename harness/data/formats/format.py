"""What a format of rows is, and what reading a row in it gives: a conversation, or why it doesn't fit."""

from collections.abc import Callable, Mapping

import msgspec

from harness.data.checks.problem import Kind
from harness.data.checks.structure import MISSING_COLUMN, WRONG_FORMAT
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.text.visible import for_terminal, quoted

Values = Mapping[str, Json]


class Misfit(ValueError):
    """A row doesn't fit the format of its file; the text says why, and ``kind`` which kind of problem it is."""

    def __init__(self, kind: Kind, told: str) -> None:
        super().__init__(told)
        self.kind = kind


class Conversation(Record, frozen=True, kw_only=True):
    """What a row says: the turns, and the functions that it can call."""

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One format: ``name`` for machines, ``title`` for people, and ``note`` where not all of a row is taken.

    ``columns`` are all that it can read. ``fits`` tells by the columns and the types of their values whether a row
    looks like it; ``read`` raises ``Misfit``.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    fits: Callable[[Values], bool]
    read: Callable[[Values], Conversation]
    note: str = ""


def first_of(values: Values, columns: tuple[str, ...]) -> str | None:
    """Return the first of these columns that has a value; None when none has."""
    return next((column for column in columns if values.get(column) is not None), None)


def text_in(values: Values, columns: tuple[str, ...]) -> str:
    """Return the text in the first of these columns that has a value.

    Raises:
        Misfit: none has, or it is not a text.
    """
    column = first_of(values, columns)
    if column is None:
        raise missing(values, columns)
    value = values[column]
    if not isinstance(value, str):
        raise Misfit(WRONG_FORMAT, f"the column {quoted(column)} is {quoted(value)}; expected a text")
    return value


def missing(values: Values, columns: tuple[str, ...]) -> Misfit:
    """Return the misfit of a row that has none of these columns."""
    got = ", ".join(for_terminal(column) for column, value in values.items() if value is not None) or "nothing"
    wanted = " or ".join(f"`{column}`" for column in columns)
    return Misfit(MISSING_COLUMN, f"no value in {wanted}; the row has {for_terminal(got)}")


def listed(value: Json) -> list[Json] | None:
    """Return a list, also one that a column has as JSON in a text; None for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return None
    return value if isinstance(value, list) else None
