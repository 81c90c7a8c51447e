"""What is wrong with one row by itself: how its file writes it, who says what in which order, calls and results.

A row that can't be read at all is a problem of the same kinds; the reader of rows finds it (``data/reading.py``).
"""

from collections.abc import Iterator

import msgspec
from msgspec import UnsetType

from harness.data.checks.personal.quotations import discreet
from harness.data.checks.problem import Kind, Problem
from harness.data.row import DataRow
from harness.records.messages import Message
from harness.records.record import UNREADABLE
from harness.text.visible import quoted

INVALID_JSON = Kind(
    name="invalid-json",
    title="Not JSON",
    remedy="Correct the line, or write the file again with a JSON library: one object a line.",
)
REPEATED_KEY = Kind(
    name="repeated-key",
    title="One key twice in an object",
    remedy="Keep one of the two: a reader would drop the other.",
)
NOT_UTF8 = Kind(name="not-utf-8", title="Not UTF-8", remedy="Save the file as UTF-8.")
LONG_LINE = Kind(
    name="long-line",
    title="A line that is too long",
    remedy="Check that the file has line ends, one row a line; split a row that is really that long.",
)
BROKEN_CSV = Kind(
    name="broken-csv",
    title="A line of CSV that doesn't fit its columns",
    remedy="Put a field with a separator, a quotation mark or a line end in quotation marks, and double those in it.",
)
WRONG_FORMAT = Kind(
    name="wrong-format",
    title="Not the format of the other rows",
    remedy="Write the row as the file's other rows, or put rows of another format into a file of their own.",
)
MISSING_COLUMN = Kind(
    name="missing-column",
    title="A column that is missing",
    remedy="Fill the column in, or remove the row.",
)
UNKNOWN_ROLE = Kind(
    name="unknown-role",
    title="A role that no chat has",
    remedy="Write system, user, assistant or tool.",
)
NO_ANSWER = Kind(
    name="no-answer",
    title="The last turn is not the assistant's",
    remedy="Add the answer that the model should learn, or remove what follows it.",
)
EMPTY_TURN = Kind(
    name="empty-turn",
    title="A turn without words",
    remedy="Write what is missing, or remove the row.",
)
ROLE_ORDER = Kind(
    name="role-order",
    title="Turns out of order",
    remedy="Let user and assistant take turns, after at most one system message; join what one of them says in a row.",
)
CALL_WITHOUT_RESULT = Kind(
    name="call-without-result",
    title="A tool call without its result",
    remedy="Add a turn of role tool with the call's result, or remove the call.",
)
RESULT_WITHOUT_CALL = Kind(
    name="result-without-call",
    title="A tool's result without a call",
    remedy="Add the call to the assistant's turn before it, with the same id, or remove the result.",
)
BROKEN_CALL = Kind(
    name="broken-call",
    title="A tool call that can't be made",
    remedy="Name a function, and give its arguments as a JSON object.",
)
KINDS = (
    INVALID_JSON,
    REPEATED_KEY,
    NOT_UTF8,
    LONG_LINE,
    BROKEN_CSV,
    WRONG_FORMAT,
    MISSING_COLUMN,
    UNKNOWN_ROLE,
    NO_ANSWER,
    EMPTY_TURN,
    ROLE_ORDER,
    CALL_WITHOUT_RESULT,
    RESULT_WITHOUT_CALL,
    BROKEN_CALL,
)


BY_NAME = {kind.name: kind for kind in KINDS}


def in_words(problem: Problem) -> str:
    """Return a problem of these kinds as an error's text: its place, what is wrong, and what to do."""
    remedy = BY_NAME[problem.kind].remedy.rstrip(".")
    return f"{problem.places[0]}: {problem.told}; {remedy[0].lower()}{remedy[1:]}"


class Structure:
    """Checks the turns of each row: its last one, empty ones, their order, and calls with their results."""

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield each kind of problem of a row once."""
        found: dict[str, str] = {}
        for kind, told in _problems(row.messages):
            found.setdefault(kind.name, told)
        for name, told in found.items():
            yield Problem(kind=name, places=(row.place,), told=discreet(told))

    def finish(self) -> Iterator[Problem]:
        """Yield nothing: each row was checked by itself."""
        yield from ()


def _problems(messages: tuple[Message, ...]) -> Iterator[tuple[Kind, str]]:
    if not messages or messages[-1].role != "assistant":
        got = f"ends with a message of role {messages[-1].role!r}" if messages else "has no messages"
        yield NO_ANSWER, f"the row {got}, but the last one must be the assistant's, which is what is trained"
    yield from _out_of_order(messages)
    for number, message in enumerate(messages, start=1):
        says_nothing = not message.text.strip() and not message.calls
        if says_nothing and message.role in {"user", "assistant"}:
            yield EMPTY_TURN, f"message {number}, of role {message.role!r}, is empty"
        yield from ((BROKEN_CALL, f"message {number}: {told}") for told in _broken_calls(message))
    yield from _unpaired(messages)


def _out_of_order(messages: tuple[Message, ...]) -> Iterator[tuple[Kind, str]]:
    """Yield where it is another one's turn; turns of tools are left to ``_unpaired``."""
    wanted: tuple[str, ...] = ("user",)
    has_called = False
    for number, message in enumerate(messages, start=1):
        if number == 1 and message.role == "system":
            continue
        if message.role == "tool":
            wanted = ("assistant",) if has_called else wanted
            continue
        if message.role not in wanted:
            yield ROLE_ORDER, f"message {number} has role {message.role!r}, expected {wanted[0]!r}"
            return
        has_called = bool(message.calls)
        # Who speaks after a call without a result is not told twice.
        wanted = ("assistant",) if message.role == "user" else ("user", "assistant") if has_called else ("user",)


def _unpaired(messages: tuple[Message, ...]) -> Iterator[tuple[Kind, str]]:
    waiting: list[str] = []
    for number, message in enumerate(messages, start=1):
        if message.role == "tool":
            given = "" if isinstance(message.tool_call_id, UnsetType) else message.tool_call_id
            if given in waiting:
                waiting.remove(given)
            elif waiting and (not given or not any(waiting)):
                waiting.pop(0)  # without ids results come in the order of their calls
            else:
                which = f"the call {quoted(given)}" if given else "a call"
                yield RESULT_WITHOUT_CALL, f"message {number} is the result of {which}, which no turn before it makes"
            continue
        if waiting:
            yield CALL_WITHOUT_RESULT, _told_of_calls(waiting, f"before message {number}, of role {message.role!r}")
        calls = () if isinstance(message.tool_calls, UnsetType) else message.tool_calls
        waiting = [call.id for call in calls]
    if waiting and messages[-1].role == "tool":  # calls of the last turn are what is trained
        yield CALL_WITHOUT_RESULT, _told_of_calls(waiting, "at the end of the row")


def _told_of_calls(waiting: list[str], where: str) -> str:
    named = f" {quoted(waiting[0])}" if waiting[0] else ""
    return f"the call{named} has no result {where}"


def _broken_calls(message: Message) -> Iterator[str]:
    for call in message.calls:
        if not call.name.strip():
            yield "a call names no function"
            continue
        try:
            arguments = msgspec.json.decode(call.arguments)
        except UNREADABLE:
            arguments = None
        if not isinstance(arguments, dict):
            yield f"the arguments of the call of {quoted(call.name)} are not a JSON object: {quoted(call.arguments)}"
