"""Training rows for tests, made of a question and an answer."""

from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.messages import Message


def row(asked, answer, line=1, *, system="", file="train.jsonl"):
    """Return a row of one turn each."""
    start = [Message(role="system", content=system)] if system else []
    asking = [Message(role="user", content=asked)] if asked else []
    return DataRow(file=file, line=line, messages=(*start, *asking, Message(role="assistant", content=answer)))


def rows(*pairs: tuple[str, str]):
    """Return rows of pairs of question and answer, numbered from 1."""
    return [row(asked, answer, line) for line, (asked, answer) in enumerate(pairs, start=1)]


def talk(*turns: str, line=1):
    """Return a row of several turns, the user's first."""
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[place % 2], content=text) for place, text in enumerate(turns))
    return DataRow(file="train.jsonl", line=line, messages=messages)


def case(name, asked, expected=None, *, system="", group=None):
    """Return a case of one turn."""
    start = [Message(role="system", content=system)] if system else []
    return Case(id=name, messages=(*start, Message(role="user", content=asked)), expected=expected, group=group)
