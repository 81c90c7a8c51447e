"""Read and check training rows: chat format, one conversation a line, which ends with the assistant's words."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import DataError
from harness.records.asked import Message
from harness.records.record import Record
from harness.text.jsonl import load_jsonl


class Conversation(Record, frozen=True, kw_only=True):
    """One line of a training file."""

    messages: tuple[Message, ...]


class TrainingRow(Record, frozen=True, kw_only=True):
    """A checked conversation; ``line`` is its line in the file."""

    line: int
    messages: tuple[Message, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """What the last answer replies to, without differences in case and white space."""
        return tuple(" ".join(message.text.split()).casefold() for message in self.messages[:-1])


def load_rows(path: Path) -> tuple[TrainingRow, ...]:
    """Return the checked rows of a JSON Lines file, in its order.

    Raises:
        DataError: the file or a row is wrong; the text starts with ``file:line``.
    """
    rows = []
    for number, conversation in load_jsonl(path, Conversation, DataError):
        _check(conversation.messages, f"{path}:{number}")
        rows.append(TrainingRow(line=number, messages=conversation.messages))
    return tuple(rows)


def refuse_leaks(train: Sequence[TrainingRow], validation: Sequence[TrainingRow], files: tuple[Path, Path]) -> None:
    """Refuse validation rows whose question is also in the training rows; ``files`` is where both come from.

    Raises:
        DataError: says how many there are, and where the first one is in both files.
    """
    lines = {row.asked: row.line for row in train}
    leaks = [row for row in validation if row.asked in lines]
    if leaks:
        first = leaks[0]
        raise DataError(
            f"{files[1]}:{first.line}: also a training row, {files[0]}:{lines[first.asked]} "
            f"({len(leaks)} of {len(validation)} validation rows are); a loss on trained rows shows nothing: "
            "remove them"
        )


def _check(messages: tuple[Message, ...], place: str) -> None:
    if not messages or messages[-1].role != "assistant":
        got = f"ends with a message of role {messages[-1].role!r}" if messages else "has no messages"
        raise DataError(f"{place}: the row {got}; the last message must be the assistant's, which is what is trained")
    turns = messages[1:] if messages[0].role == "system" else messages
    for position, message in enumerate(turns):
        wanted = ("user", "assistant")[position % 2]
        if message.role != wanted:
            raise DataError(
                f"{place}: message {position + len(messages) - len(turns) + 1} has role {message.role!r}, "
                f"expected {wanted!r}; user and assistant take turns, after at most one system message"
            )
        if not message.text.strip():
            raise DataError(f"{place}: a message of role {message.role!r} is empty")
