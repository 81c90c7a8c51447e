"""Plain JSON Lines of answers, which anybody can write: one object for each answer."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.exchange.foreign import as_record, decode, lines_of
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.records.answered import ENDINGS
from harness.records.messages import Message
from harness.records.record import Json, Record

TOOL = "plain JSON Lines"


class PlainAnswer(Record, frozen=True, kw_only=True):
    """One line: ``prompt`` or ``messages``, ``answer`` or ``error``, and what else is known."""

    id: str = ""
    prompt: str | None = None
    messages: tuple[Message, ...] | None = None
    expected: Json | msgspec.UnsetType = msgspec.UNSET
    answer: str | None = None
    error: str | None = None
    model: str = ""
    sampling: dict[str, Json] = msgspec.field(default_factory=dict)
    repeat: int = 0
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    reasoning: str = ""


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: a line is wrong.
    """
    for place, line in lines_of(path, content):
        yield _row(as_record(decode(line, place), PlainAnswer, place), place)


def _row(said: PlainAnswer, place: str) -> ImportedRow:
    if (said.prompt is None) == (said.messages is None):
        raise DataError(f'{place}: give either "prompt", the text of the question, or "messages"')
    if (said.answer is None) == (said.error is None):
        raise DataError(f'{place}: give either "answer", or "error" where there was none')
    if said.finish_reason not in ENDINGS:
        known = ", ".join(sorted(filter(None, ENDINGS)))
        raise DataError(f'{place}: "finish_reason" is {said.finish_reason!r}; expected one of {known}, or give "error"')
    return ImportedRow(
        place=place,
        by=AskedBy(tool=TOOL, model=said.model, sampling=said.sampling),
        prompt=asked_in_text(said.prompt) if said.prompt is not None else said.messages or (),
        id=said.id,
        targets=None if isinstance(said.expected, msgspec.UnsetType) else (said.expected,),
        text=said.answer or "",
        error=said.error,
        repeat=said.repeat,
        finish_reason=said.finish_reason,
        tokens_in=said.tokens_in,
        tokens_out=said.tokens_out,
        seconds=said.seconds,
        reasoning=said.reasoning,
    )
