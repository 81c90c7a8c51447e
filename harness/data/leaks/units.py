"""What of a row and of a case is looked for in the other: whole inputs, turns, outputs; never system prompts."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from harness.data.alike.frame import Frame, without_frames
from harness.data.alike.likeness import figures_of, told, worded
from harness.data.alike.remembered import short_digest
from harness.data.alike.runs import SHORTEST, length_in_words
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.messages import Message, in_lines

Where = Literal["input", "output"]
FEWEST_WORDS = 3
"""Of an input that counts whatever the output is: with "Hello" many rows begin."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One text. ``plain`` is without punctuation and frame; ``key`` is the same for the same texts, None for none."""

    where: Where
    text: str
    plain: str
    key: int | None
    figures: int
    has_words: bool
    """Whether it has enough words to be nearly another one."""


def units_of_row(row: DataRow, frames: Sequence[Frame]) -> Iterator[Unit]:
    """Yield the input of a row, each of several user turns, and its output unless it is as short as a label."""
    yield from _units([one for one in row.messages[:-1] if one.role != "system"], row.output, frames, slice(None))


def units_of_case(case: Case, frames: Sequence[Frame]) -> Iterator[Unit]:
    """Yield the input of a case, the last of several user turns, and the expected answer as for a row."""
    expected = "" if case.expected is None else case.expected
    answer = expected if isinstance(expected, str) else msgspec.json.encode(expected).decode()
    yield from _units([one for one in case.messages if one.role != "system"], answer, frames, slice(-1, None))


def _units(turns: Sequence[Message], answer: str, frames: Sequence[Frame], asked: slice) -> Iterator[Unit]:
    whole = "\n".join(in_lines(turn.text, turn.calls) for turn in turns)
    if whole.strip():
        yield _unit("input", whole, frames, FEWEST_WORDS, answer)
    if len(turns) > 1:
        for place, turn in list(enumerate(turns))[asked]:
            # What starts a conversation depends on nothing before it, so it counts as a whole input does.
            if turn.role == "user" and turn.text.strip():
                yield _unit("input", turn.text, frames, FEWEST_WORDS if place == 0 else SHORTEST, "")
    if length_in_words(worded(answer)) >= SHORTEST:
        yield _unit("output", answer, (), SHORTEST, "")


def _unit(where: Where, text: str, frames: Sequence[Frame], fewest: int, answer: str) -> Unit:
    plain = without_frames(worded(text), frames)
    words, figures = length_in_words(plain), figures_of(text)
    key = None
    if words >= fewest:
        key = short_digest(where, plain, *figures[-1:])
    elif answer.strip():
        key = short_digest("both", plain, *figures[-1:], told(answer))
    return Unit(
        where=where,
        text=text,
        plain=plain,
        key=key,
        figures=short_digest(*figures),
        has_words=words >= fewest,
    )
