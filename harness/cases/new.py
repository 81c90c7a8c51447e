"""Make cases of rows: which column is what, and an id for each that stays the same when the rows are read again."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from harness.asking.cases import check_case
from harness.cases.holding import passages_in
from harness.data.checks.personal.quotations import discreet
from harness.data.table import TableRow
from harness.errors import DataError
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.text.visible import for_terminal, quoted

ID_DIGITS = 12
"""Hexadecimal digits of the digest in an id: among a million questions two share them once in 500 times."""
WHOLE = ""
"""The name under which a column is the whole expected answer, not a field of it."""


class CaseColumns(Record, frozen=True, kw_only=True):
    """Which columns of a row hold what of a case. A name can be a path, ``request.messages``; "" is for no column.

    ``input`` is a text, which a user says, or a list of messages; ``expected`` has a column for each field of the
    expected answer, or one under "", which is the whole answer. A column of ``tags`` gives tags ``name-value``.
    """

    input: str
    expected: dict[str, str] = msgspec.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    group: str = ""
    id: str = ""
    system: str = ""
    parses_expected: bool = False
    """Whether texts of the expected columns are JSON."""


class Built(Record, frozen=True, kw_only=True):
    """The cases of all rows, and where each is from."""

    cases: tuple[Case, ...]
    places: dict[str, str]
    """By the id of each case, the place of its row."""
    rows: int
    repeated: int
    """Rows that ask and expect what an earlier one does."""
    answers: int
    """Conversations whose last message was an assistant's: that is the answer, and not asked."""


def build_cases(rows: Sequence[TableRow], columns: CaseColumns) -> Built:
    """Return a case for each row, in their order; of rows that ask and expect the same, the first.

    Raises:
        DataError: a column is missing or empty in a row, a value doesn't fit, an id is used twice, or two rows ask the
            same and expect different answers; the text names the row.
        CaseFileError: a conversation can't be asked; the text names the row.
    """
    cases: dict[str, Case] = {}
    places: dict[str, str] = {}
    repeated = answers = 0
    for row in rows:
        case, has_answer = _case(row, columns)
        check_case(case, row.place)
        answers += has_answer
        if (known := cases.get(case.id)) is None:
            cases[case.id], places[case.id] = case, row.place
            continue
        if known == case and not columns.id:
            repeated += 1
            continue
        raise DataError(f"{row.place}: {_clash(known, case, places[case.id], columns)}")
    return Built(cases=tuple(cases.values()), places=places, rows=len(rows), repeated=repeated, answers=answers)


def made_id(messages: tuple[Message, ...]) -> str:
    """Return the id of a case that has none: made of what is asked."""
    return f"case-{digest(messages)[:ID_DIGITS]}"


def asked_id(case: Case) -> str:
    """Return the id of a case made of what is asked, and of the passages in ``context`` of its ``meta``.

    The same question about other passages is another case.
    """
    context = [{"id": one.id, "text": one.text} for one in passages_in(case)]
    return f"case-{digest([case.messages, context])[:ID_DIGITS]}" if context else made_id(case.messages)


def column_of_expected(text: str) -> tuple[str, str]:
    """Return the field and the column that a text of the command line names.

    >>> column_of_expected("label"), column_of_expected("queue=Queue name")
    (('', 'label'), ('queue', 'Queue name'))
    """
    name, separator, column = text.partition("=")
    return (name.strip(), column.strip()) if separator else (WHOLE, text)


def tag_word(text: str) -> str:
    """Return a text as a tag has it: small letters, digits and hyphens."""
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")


def _clash(known: Case, case: Case, place: str, columns: CaseColumns) -> str:
    if columns.id:
        return f"the id {case.id!r} is already used at {place}; ids must be unique"
    if known.expected != case.expected:
        return f"asks the same as {place} and expects another answer; keep one of them"
    return f"asks the same as {place} and has other tags, group or meta; keep one of them, or name a column with --id"


def _case(row: TableRow, columns: CaseColumns) -> tuple[Case, bool]:
    messages, answer = _conversation(row, columns)
    expected = _expected(row, columns) if columns.expected else _said(answer) if answer else None
    case = Case(
        id=_text(row, columns.id) if columns.id else "",
        messages=messages,
        expected=expected,
        tags=tuple(dict.fromkeys(tag for column in columns.tags for tag in _tags(row, column))),
        group=_text(row, columns.group) if columns.group else None,
        meta={column: row.value(column) for column in columns.meta},
    )
    case = case if columns.id else msgspec.structs.replace(case, id=asked_id(case))
    return case, answer is not None


def _conversation(row: TableRow, columns: CaseColumns) -> tuple[tuple[Message, ...], Message | None]:
    """Return what is asked, and the assistant's last message where the conversation has it."""
    value = row.value(columns.input)
    if isinstance(value, list):
        messages = tuple(_message(row, columns.input, number, one) for number, one in enumerate(value, start=1))
    elif isinstance(value, str):
        messages = (Message(role="user", content=value.strip()),)
    else:
        raise DataError(
            f"{row.place}: the column {quoted(columns.input)} is {discreet(quoted(value))}; expected a text or a list "
            "of messages"
        )
    answer = messages[-1] if messages and messages[-1].role == "assistant" else None
    asked = messages[:-1] if answer else messages
    if columns.system:
        asked = (Message(role="system", content=row.text(columns.system)), *asked)
    return asked, answer


def _message(row: TableRow, column: str, number: int, value: object) -> Message:
    """Return a message of a log. What is null or an empty list there says nothing; any other field must be known."""
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if name == "content" or (one is not None and one != [])}
        if value.get("content", "") is None and "tool_calls" not in value:
            value["content"] = ""
        value.setdefault("content", None)
    try:
        return msgspec.convert(value, Message)
    except msgspec.ValidationError as problem:
        raise DataError(
            f"{row.place}: message {number} of {quoted(column)} doesn't fit: {for_terminal(str(problem))}"
        ) from None


def _said(answer: Message) -> Json:
    """Return an answer as cases expect it: its text, or the calls that it makes."""
    if not answer.calls:
        return answer.text.strip() or None
    return [{"name": call.name, "arguments": _decoded(call.arguments)} for call in answer.calls]


def _decoded(arguments: str) -> Json:
    try:
        value: Json = msgspec.json.decode(arguments or "{}")
    except UNREADABLE:
        return arguments
    return value


def _expected(row: TableRow, columns: CaseColumns) -> Json:
    found: Mapping[str, Json] = {
        name: _expected_value(row, column, columns) for name, column in columns.expected.items()
    }
    return found[WHOLE] if WHOLE in found else dict(found)


def _expected_value(row: TableRow, column: str, columns: CaseColumns) -> Json:
    value = row.value(column)
    if not isinstance(value, str):
        return value
    if not columns.parses_expected:
        return value.strip()
    try:
        decoded: Json = msgspec.json.decode(value)
    except UNREADABLE:
        raise DataError(f"{row.place}: {quoted(column)} is {discreet(quoted(value))}, which is not JSON") from None
    return decoded


def _text(row: TableRow, column: str) -> str:
    """Return the text or the number in a column as a text."""
    value = row.value(column)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else row.text(column)


def _tags(row: TableRow, column: str) -> list[str]:
    value = row.value(column)
    values = value if isinstance(value, list) else [value]
    words = [tag_word(one if isinstance(one, str) else msgspec.json.encode(one).decode()) for one in values]
    if not all(words):
        raise DataError(f"{row.place}: {quoted(column)} is {discreet(quoted(value))}; a tag needs letters or digits")
    return [f"{tag_word(column)}-{word}" for word in words]
