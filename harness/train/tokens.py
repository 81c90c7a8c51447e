"""From rows to tokens and labels: the base model's own chat template, the loss on the assistant's words only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from jinja2 import TemplateError

from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.asked import NO_TOOLS, Message, Tools
from harness.records.record import Record

IGNORED = -100
"""The label of a token without a loss, as in torch's cross entropy."""


class Template(Protocol):
    """Renders messages as tokens, as ``ChatTemplate`` does."""

    @property
    def eos_token_id(self) -> int:
        """The token that ends a turn."""
        ...

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Return the tokens of a conversation with its tools, ready for the assistant's answer if wanted."""
        ...


class TokenRow(Record, frozen=True, kw_only=True):
    """A row as the model reads it. A label is the token itself where the loss counts, else ``IGNORED``."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]


def encode(rows: Sequence[DataRow], template: Template, max_length: int, place: Path) -> tuple[TokenRow, ...]:
    """Return the tokens of all rows, read from ``place``.

    Raises:
        DataError: a row has more than ``max_length`` tokens; or the template refuses it, or renders a turn differently
            when more turns follow, so that training would show the model what it never sees in use.
    """
    encoded = tuple(_encoded(row, template, f"{place}:{row.line}") for row in rows)
    long = [(row.line, len(tokens.input_ids)) for row, tokens in zip(rows, encoded, strict=True)]
    long = [(line, length) for line, length in long if length > max_length]
    if long:
        line, length = long[0]
        raise DataError(
            f"{place}:{line}: {length} tokens, more than max_length = {max_length} "
            f"({len(long)} of {len(rows)} rows are too long, the longest has {max(length for _, length in long)}); "
            "raise max_length or shorten the rows: rows are never cut silently"
        )
    return encoded


def _encoded(row: DataRow, template: Template, place: str) -> TokenRow:
    try:
        return _encode_row(row, template, place)
    except TemplateError as problem:
        raise DataError(f"{place}: the base model's chat template can't render this row: {problem}") from problem


def _encode_row(row: DataRow, template: Template, place: str) -> TokenRow:
    tools = Tools(functions=row.tools)
    whole = template.tokens(row.messages, answer_next=False, tools=tools)
    labels = [IGNORED] * len(whole)
    for position, message in enumerate(row.messages):
        if message.role != "assistant":
            continue
        before = template.tokens(row.messages[:position], answer_next=True, tools=tools)
        after = template.tokens(row.messages[: position + 1], answer_next=False, tools=tools)
        if whole[: len(after)] != after or after[: len(before)] != before:
            raise DataError(
                f"{place}: the base model's chat template renders message {position + 1} differently in use than in "
                "training; split the row into rows that each end with one answer"
            )
        end = _end_of_turn(after, len(before), template.eos_token_id)
        labels[len(before) : end] = whole[len(before) : end]
    return TokenRow(input_ids=tuple(whole), labels=tuple(labels))


def _end_of_turn(tokens: list[int], start: int, eos: int) -> int:
    """Return where the answer ends: its end-of-turn token is trained, what the template puts after it is not."""
    for position in range(len(tokens) - 1, start - 1, -1):
        if tokens[position] == eos:
            return position + 1
    return len(tokens)
