"""From rows to tokens and labels: the base model's own chat template, the loss on the assistant's words only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from jinja2 import TemplateError

from harness.data.checks.personal.quotations import discreet
from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.asked import NO_TOOLS
from harness.records.messages import Message, Tools
from harness.records.record import Record
from harness.text.visible import quoted

IGNORED = -100
"""The label of a token without a loss, as in torch's cross entropy."""
AROUND = 8
"""Tokens that are shown before and after the first that differs."""

OTHER_PROMPT = (
    "set template_args, or a chat_template, with which an answer in a row starts as the prompt in use ends (thinking "
    "that the prompt turns off must be off in the row too)"
)
OTHER_TURNS = 'split the row into rows that each end with one answer, or set loss_on = "last"'

LossOn = Literal["all", "last"]
"""Which of a row's answers the loss is on."""


class Template(Protocol):
    """Renders messages as tokens, as ``ChatTemplate`` does."""

    @property
    def stop_tokens(self) -> tuple[int, ...]:
        """The tokens at which an engine ends an answer."""
        ...

    def tokens(self, messages: Sequence[Message], *, answer_next: bool, tools: Tools = NO_TOOLS) -> list[int]:
        """Return the tokens of a conversation with its tools, ready for the assistant's answer if wanted."""
        ...

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        ...


class TokenRow(Record, frozen=True, kw_only=True):
    """A row as the model reads it. A label is the token itself where the loss counts, else ``IGNORED``."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def trained(self) -> int:
        """How many tokens the loss is on."""
        return sum(label != IGNORED for label in self.labels)


def encode(
    rows: Sequence[DataRow], template: Template, max_length: int, place: Path, loss_on: LossOn = "all"
) -> tuple[TokenRow, ...]:
    """Return the tokens of all rows, read from ``place``; the loss is on all answers of each, or on the last alone.

    Raises:
        DataError: a row has more than ``max_length`` tokens; or the template refuses it, or renders a turn differently
            when more turns follow, so that training would show the model what it never sees in use; or an answer ends
            in no token at which an engine stops, so that the model would never learn to stop.
    """
    encoded = tuple(_encoded(row, template, f"{place}:{row.line}", loss_on) for row in rows)
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


def answers_of(row: DataRow, loss_on: LossOn) -> tuple[int, ...]:
    """Return the places of the answers in a row that the loss is on."""
    found = tuple(place for place, message in enumerate(row.messages) if message.role == "assistant")
    return found if loss_on == "all" else found[-1:]


def first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    """Return the place of the first token that is not the same in both; None where they are the same.

    >>> [first_difference([1, 2], other) for other in ([1, 3], [1], [1, 2, 3], [1, 2])]
    [1, 1, 2, None]
    """
    pairs = enumerate(zip(one, other, strict=False))
    place = next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
    return None if place == len(one) == len(other) else place


def shown_at(tokens: Sequence[int], place: int, template: Template) -> str:
    """Return the text around a token, for a message: what is before it, and from it on."""
    before = template.decoded(tokens[max(0, place - AROUND) : place])
    after = template.decoded(tokens[place : place + AROUND]) if place < len(tokens) else "(its end)"
    return discreet(f"{quoted(after)} after {quoted(before)}")


def _encoded(row: DataRow, template: Template, place: str, loss_on: LossOn) -> TokenRow:
    try:
        return _encode_row(row, template, place, loss_on)
    except TemplateError as problem:
        raise DataError(f"{place}: the base model's chat template can't render this row: {problem}") from problem


def _encode_row(row: DataRow, template: Template, place: str, loss_on: LossOn) -> TokenRow:
    tools = Tools(functions=row.tools)
    whole = template.tokens(row.messages, answer_next=False, tools=tools)
    labels = [IGNORED] * len(whole)
    for position in answers_of(row, loss_on):
        before = template.tokens(row.messages[:position], answer_next=True, tools=tools)
        after = template.tokens(row.messages[: position + 1], answer_next=False, tools=tools)
        told = f"{place}: the base model's chat template renders message {position + 1} differently in use than in"
        _refuse_other(after, before, template, (told, OTHER_PROMPT))
        _refuse_other(whole, after, template, (told, OTHER_TURNS))
        end = _end_of_turn(after, len(before), template, f"{place}: message {position + 1}")
        labels[len(before) : end] = whole[len(before) : end]
    return TokenRow(input_ids=tuple(whole), labels=tuple(labels))


def _refuse_other(trained: Sequence[int], used: Sequence[int], template: Template, told: tuple[str, str]) -> None:
    """Refuse a row whose tokens in training don't start with those in use; ``told`` begins and ends the text."""
    at = first_difference(trained[: len(used)], used)
    if at is not None:
        begin, remedy = told
        raise DataError(
            f"{begin} training; at token {at + 1} it is {shown_at(used, at, template)} in use, and "
            f"{shown_at(trained, at, template)} in training; {remedy}"
        )


def _end_of_turn(tokens: Sequence[int], start: int, template: Template, place: str) -> int:
    """Return where the answer ends: its end-of-turn token is trained, what the template puts after it is not."""
    for position in range(len(tokens) - 1, start - 1, -1):
        if tokens[position] in template.stop_tokens and not template.decoded(tokens[position + 1 :]).strip():
            return position + 1
    stops = ", ".join(quoted(template.decoded([one])) for one in template.stop_tokens) or "none is known"
    end = discreet(quoted(template.decoded(tokens[-AROUND:])))
    raise DataError(
        f"{place}: the chat template ends the answer with {end}, and "
        f"there is no stop token in it at which an engine ends an answer ({stops}): a model trained on it would never "
        "stop; name a chat_template that ends each turn of the assistant with one, or correct eos_token_id in "
        "generation_config.json"
    )
