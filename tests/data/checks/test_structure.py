"""What is wrong with one row by itself: who says what in which order, and calls with their results."""

from pathlib import Path

import pytest

from harness.data.checks.structure import KINDS, Structure
from harness.data.row import DataRow
from harness.records.messages import CalledFunction, Message, ToolCall


def calling(*ids: str, arguments: dict | str = "{}") -> Message:
    """Return a turn that calls a function for each id."""
    made = tuple(ToolCall(id=one, function=CalledFunction(name="look", arguments=arguments)) for one in ids)
    return Message(role="assistant", content=None, tool_calls=made)


def result(call: str) -> Message:
    """Return the result of a call."""
    return Message(role="tool", content="", tool_call_id=call)


def said(roles: str) -> tuple[Message, ...]:
    """Return turns by the first letters of their roles."""
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return tuple(Message(role=names[one], content=one) for one in roles)


def kinds(*messages: Message) -> list[str]:
    """Return the names of the kinds of problems in a row."""
    row = DataRow(file="t.jsonl", line=3, messages=messages)
    found = list(Structure().see(row))
    assert all(problem.places == ("t.jsonl:3",) for problem in found)
    return sorted(problem.kind for problem in found)


@pytest.mark.parametrize("roles", ["ua", "sua", "uaua"])
def test_turns_in_order_are_no_problem(roles):
    """A system message, then user and assistant by turns."""
    assert kinds(*said(roles)) == []


@pytest.mark.parametrize(
    ("roles", "wrong"),
    [
        ("", ["no-answer"]),
        ("u", ["no-answer"]),
        ("su", ["no-answer"]),
        ("uau", ["no-answer"]),
        ("a", ["role-order"]),
        ("sa", ["role-order"]),
        ("uua", ["role-order"]),
        ("uaa", ["role-order"]),
        ("usa", ["role-order"]),
        ("ssua", ["role-order"]),
        ("uta", ["result-without-call"]),
        ("uat", ["no-answer", "result-without-call"]),
    ],
)
def test_turns_out_of_order_are_told(roles, wrong):
    """Each kind once a row."""
    assert kinds(*said(roles)) == wrong


@pytest.mark.parametrize("blank", ["", " \n", ()])
def test_a_turn_without_words_is_told(blank):
    """Of the user or the assistant; a system prompt or a tool's result can be empty."""
    user, answer = said("ua")

    assert kinds(user, Message(role="assistant", content=blank)) == ["empty-turn"]
    assert kinds(Message(role="user", content=blank), answer) == ["empty-turn"]
    assert kinds(Message(role="system", content=blank), user, calling("1"), result("1"), answer) == []


@pytest.mark.parametrize(
    ("turns", "wrong"),
    [
        ((calling("1"),), []),
        ((calling("1", "2"), result("2"), result("1"), *said("a")), []),
        ((calling("1"), result("1"), calling("2"), result("2"), *said("aua")), []),
        ((calling("", ""), *said("tta")), []),
        ((calling("1"), *said("ta")), []),
        ((calling("1"), *said("a")), ["call-without-result"]),
        ((calling("1"), *said("ua")), ["call-without-result"]),
        ((calling("1", "2"), result("1"), *said("a")), ["call-without-result"]),
        ((calling("1", "2"), result("1")), ["call-without-result", "no-answer"]),
        ((calling("1"), result("1"), *said("ua")), ["role-order"]),
        ((calling("1"), result("2"), *said("a")), ["call-without-result", "result-without-call"]),
        ((calling("1"), result("1"), result("1"), *said("a")), ["result-without-call"]),
        ((calling(""), *said("tta")), ["result-without-call"]),
    ],
)
def test_calls_and_results_belong_together(turns, wrong):
    """By their ids, or without these in their order; a call that ends the row is what is trained."""
    assert kinds(*said("u"), *turns) == wrong


@pytest.mark.parametrize("arguments", ["", "{", "[]", "3", '{"a": NaN}', "[" * 100_000])
def test_a_call_without_an_object_of_arguments_is_told(arguments):
    """A template that shows arguments would break at it."""
    assert kinds(*said("u"), calling("1", arguments=arguments)) == ["broken-call"]


def test_a_call_of_nothing_is_told():
    """It has no name."""
    nameless = ToolCall(function=CalledFunction(name=" ", arguments={}))

    assert kinds(*said("u"), Message(role="assistant", content=None, tool_calls=(nameless,))) == ["broken-call"]


def test_every_kind_has_a_name_of_its_own_and_a_remedy():
    """What settings and pages refer to."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.remedy.endswith(".") and kind.title for kind in KINDS)


def test_the_page_names_every_kind():
    """With what to do."""
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text()

    assert [kind.name for kind in KINDS if f"| `{kind.name}` |" not in page] == []
