"""Rows for tests of checks."""

from collections.abc import Iterable

from harness.data.checks.problem import Check, Problem
from harness.data.row import DataRow
from harness.records.messages import Message


def row(asked: str, answer: str, *, line: int = 1, system: str = "") -> DataRow:
    """Return a row of one question and its answer."""
    turns = (("system", system), ("user", asked), ("assistant", answer))
    messages = tuple(Message(role=role, content=text) for role, text in turns if text or role != "system")
    return DataRow(file="rows.jsonl", line=line, messages=messages)


def rows(pairs: Iterable[tuple[str, str]], system: str = "") -> list[DataRow]:
    """Return rows of questions and answers, one a line."""
    return [row(asked, answer, line=line, system=system) for line, (asked, answer) in enumerate(pairs, 1)]


def problems(check: Check, of: Iterable[DataRow]) -> list[Problem]:
    """Return what a check finds."""
    found = [problem for one in of for problem in check.see(one)]
    return [*found, *check.finish()]


def kinds(check: Check, of: Iterable[DataRow]) -> list[str]:
    """Return the kinds of what a check finds."""
    return [problem.kind for problem in problems(check, of)]
