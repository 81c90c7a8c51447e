"""Rows written in another format: nothing is lost on the way there and back, and nothing half-written is left."""

import json

import pytest

from harness.data.convert import Wanted, convert, row_as
from harness.data.reading import read_rows
from harness.errors import DataError, StoreError

CALL = {"type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
PLAIN = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}]}
ANSWER = {"role": "assistant", "content": "b"}
LONG = {
    "messages": [*PLAIN["messages"], ANSWER, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]
}
CALLING = {
    "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": [CALL | {"id": "call_1"}, CALL | {"id": "call_2"}]},
        {"role": "tool", "content": "1", "tool_call_id": "call_1"},
        {"role": "tool", "content": "2", "tool_call_id": "call_2"},
        ANSWER,
    ],
    "tools": [TOOL],
}


@pytest.fixture
def rows(tmp_path):
    """Return a function that writes objects into a file of JSON Lines."""

    def write(*values: dict, name: str = "in.jsonl"):  # noqa: ANN202 - a path
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in values))
        return path

    return write


def messages_in(path) -> list:
    """Return the turns and tools of each row of a file."""
    return [(row.messages, row.tools) for row in read_rows(path)]


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("chat", CALLING),
        ("chat", LONG),
        ("sharegpt", CALLING),
        ("sharegpt", LONG),
        ("alpaca", LONG),
        ("prompt-completion", CALLING),
        ("prompt-completion", LONG),
    ],
)
def test_a_row_comes_back_as_it_was(rows, tmp_path, target, values):
    """From each format that is written: system prompt, turns, calls, results and functions."""
    source, made = rows(values), tmp_path / "made.jsonl"

    done = convert([source], made, Wanted(format=target))

    assert done.problems == ()
    assert messages_in(made) == messages_in(source)


def test_alpaca_has_the_columns_that_others_read(rows):
    """Earlier turns are its history."""
    (row,) = read_rows(rows(LONG))

    assert row_as(row, "alpaca") == {
        "instruction": "c",
        "input": "",
        "output": "d",
        "system": "s",
        "history": [["a", "b"]],
    }


@pytest.mark.parametrize(
    ("target", "values", "words"),
    [
        ("alpaca", CALLING, "alpaca has no place for tools"),
        ("alpaca", PLAIN, "alpaca has no place for"),
        (
            "sharegpt",
            {"messages": [PLAIN["messages"][1], ANSWER | {"tool_calls": [CALL]}]},
            "message 2 says something and calls a tool",
        ),
        (
            "sharegpt",
            {"messages": [ANSWER | {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
            "message 1 calls a tool with arguments that are not JSON",
        ),
    ],
)
def test_what_a_format_has_no_place_for_is_a_problem(rows, tmp_path, target, values, words):
    """With its line; then nothing is written."""
    made = tmp_path / "made.jsonl"

    done = convert([rows(LONG, values)], made, Wanted(format=target))

    assert [problem.told.startswith(words) for problem in done.problems] == [True]
    assert done.problems[0].places[0].endswith("in.jsonl:2")
    assert not made.exists()


def test_several_files_of_several_formats_become_one(rows, tmp_path):
    """In their order, each with what it was."""
    made = tmp_path / "new" / "made.jsonl"
    pairs = rows({"prompt": "x", "chosen": "y", "rejected": "z"}, name="pairs.jsonl")

    done = convert([rows(LONG, LONG), pairs], made, Wanted())

    assert [(file.told, file.rows) for file in done.files] == [
        ("chat messages", 2),
        ("preference pairs; chosen taken, rejected left out", 1),
    ]
    assert [row.output for row in read_rows(made)] == ["d", "d", "y"]
    assert done.rows == 3


def test_with_any_broken_row_nothing_is_written_and_all_are_told(rows, tmp_path):
    """No half file, and no unfinished one beside it."""
    source = rows({"messages": 3}, LONG, {"messages": 4}, LONG)
    made = tmp_path / "out" / "made.jsonl"

    done = convert([source], made, Wanted())

    assert [problem.places for problem in done.problems] == [(f"{source}:1",), (f"{source}:3",)]
    assert list(made.parent.iterdir()) == []


def test_nothing_is_overwritten(rows):
    """Not even the file that is read."""
    source = rows(LONG)
    before = source.read_bytes()

    with pytest.raises(DataError, match="is there already, and nothing is overwritten"):
        convert([source], source, Wanted())
    assert source.read_bytes() == before


def test_a_column_is_kept_beside_the_rows(tmp_path):
    """So that rows of one customer can stay together when they are split."""
    (tmp_path / "tickets.csv").write_text("text,label,customer,id\npay me,billing,c1,7\n")

    done = convert([tmp_path / "tickets.csv"], tmp_path / "out.jsonl", Wanted(group="customer"))

    assert done.files[0].told == "text and label; not part of a row: id"
    (row,) = read_rows(tmp_path / "out.jsonl", group="customer")
    assert (row.group, row.input, row.output) == ("c1", "pay me", "billing")


def test_a_column_that_is_part_of_the_format_is_not_kept_beside_it(tmp_path):
    """One would replace the other."""
    (tmp_path / "in.csv").write_text("text,label,tools\npay me,billing,x\n")

    with pytest.raises(DataError, match="no column 'messages'"):
        convert([tmp_path / "in.csv"], tmp_path / "out.jsonl", Wanted(group="messages"))
    (tmp_path / "in.csv").write_text("text,label,messages\npay me,billing,x\n")
    done = convert([tmp_path / "in.csv"], tmp_path / "out.jsonl", Wanted(group="messages"))

    assert [problem.told for problem in done.problems] == ["the column 'messages' is one of the format"]


def test_a_folder_that_cant_be_made_is_told(rows, tmp_path):
    """In one line that names it."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"file: can't be made: "):
        convert([rows(PLAIN)], tmp_path / "file" / "out.jsonl", Wanted())
