"""From a teacher's reply to a row: the answer to a seed's own question, or a new question with its answer as JSON."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.data.row import DataRow
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Called, CalledFunction, Message, ToolCall
from harness.records.record import Json, Record, digest
from harness.scorers.reading.embedded import last_json
from harness.scorers.reading.outcome import NotReadable
from harness.teacher.request import Planned
from harness.text.visible import quoted

SHAPE = 'a JSON object with "input", a text, and "output", a text or a JSON value'


class Misread(Exception):
    """A reply from which no row can be read; the text says why."""


class Made(Record, frozen=True, kw_only=True):
    """A row that a reply makes, and the case and response by which scorers check it."""

    row: DataRow
    case: Case
    answer: Response

    @property
    def id(self) -> str:
        """The digest of what is trained on, cut to 16 characters."""
        return row_id(self.row)


def row_id(row: DataRow) -> str:
    """Return the digest of what is trained on in a row, cut to 16 characters."""
    return digest([row.messages, row.tools])[:16]


def made_of(planned: Planned, response: Response, reply: Literal["answer", "row"], system: str, file: str) -> Made:
    """Return the row of an answered request; ``system`` is the prompt of rows that have none, and may be empty.

    Raises:
        Misread: there is no row in it.
    """
    if reply == "answer":
        return _answered(planned, response, system, file)
    asked, answered = _pair(response.text, planned.request.messages)
    messages = _with_system((Message(role="user", content=asked),), system)
    case = msgspec.structs.replace(planned.seed.case, messages=messages, expected=None, tools=msgspec.UNSET)
    row = DataRow(file=file, line=0, messages=(*messages, Message(role="assistant", content=answered)))
    return Made(row=row, case=case, answer=msgspec.structs.replace(response, text=answered, tool_calls=()))


def _answered(planned: Planned, response: Response, system: str, file: str) -> Made:
    messages = _with_system(planned.seed.case.messages, system)
    case = msgspec.structs.replace(planned.seed.case, messages=messages)
    tools = () if isinstance(case.tools, msgspec.UnsetType) else case.tools
    last = Message(role="assistant", content=response.text.strip() or None, tool_calls=_calls(response.tool_calls))
    row = DataRow(file=file, line=0, messages=(*messages, last), tools=tools)
    return Made(row=row, case=case, answer=response)


def _with_system(messages: tuple[Message, ...], system: str) -> tuple[Message, ...]:
    if not system or messages[0].role == "system":
        return messages
    return (Message(role="system", content=system), *messages)


def _calls(called: Sequence[Called]) -> tuple[ToolCall, ...] | msgspec.UnsetType:
    made = tuple(
        ToolCall(id=f"call_{number}", function=CalledFunction(name=one.name, arguments=one.arguments))
        for number, one in enumerate(called, start=1)
    )
    return made or msgspec.UNSET


def _pair(text: str, asked: Sequence[Message]) -> tuple[str, str]:
    """Return input and output of the last JSON in a reply; what is only quoted from the request does not count."""
    try:
        value: Json = msgspec.json.decode(last_json(text, asked))
    except (msgspec.DecodeError, RecursionError, NotReadable) as problem:
        raise Misread(f"no JSON can be read from the reply ({problem}); expected {SHAPE}") from problem
    if not isinstance(value, dict) or "input" not in value or "output" not in value:
        found = f"an object with {', '.join(map(quoted, value))}" if isinstance(value, dict) else "no object"
        raise Misread(f"the reply is {found}; expected {SHAPE}")
    wanted, answer = value["input"], value["output"]
    if not isinstance(wanted, str) or not wanted.strip():
        raise Misread(f'"input" is {quoted(wanted)}; expected {SHAPE}')
    answered = answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
    return wanted.strip(), answered.strip()
