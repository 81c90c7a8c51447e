"""What users asked, read out of production logs of any shape."""

import json

import pytest

from harness.data.checks.problem import Problem
from harness.data.logs import read_logs
from harness.errors import DataError

TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is my parcel?"},
    {"role": "assistant", "content": "Which one?"},
    {"role": "user", "content": "The blue one."},
]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"messages": TURNS}, ""),
        ({"messages": [*TURNS, {"role": "assistant", "content": "Tomorrow."}]}, ""),
        ({"id": 3, "request": {"messages": TURNS}}, ""),
        ({"conversations": [{"from": "human", "value": "Where is my parcel?\nThe blue one."}]}, ""),
        ({"prompt": "Where is my parcel?\nThe blue one.", "ms": 12}, ""),
        ({"ticket": " Where is my parcel?\nThe blue one. "}, ""),
        ({"what": {"asked": "Where is my parcel?\nThe blue one."}}, "what.asked"),
    ],
)
def test_what_the_user_asked_is_found(tmp_path, row, column):
    """In the columns of the known formats, or where it is said to be; answers and prompts are not read."""
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(row) + "\n")

    (found,) = read_logs(path, column)

    assert found.text == "Where is my parcel?\nThe blue one."
    assert found.place == f"{path}:1"


def test_csv_and_rows_that_ask_nothing(tmp_path):
    """A row without a text asks nothing; one that can't be read is a problem."""
    path = tmp_path / "log.csv"
    path.write_text("id;ticket\n1;Where is it?\n2;\n3;One;too many\n4;And now?\n")

    found = list(read_logs(path))

    assert [one.text for one in found if not isinstance(one, Problem)] == ["Where is it?", "And now?"]
    assert sum(isinstance(one, Problem) for one in found) == 1


def test_a_file_without_a_known_column_names_those_that_there_are(tmp_path):
    """So that one can be chosen."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"what": "x", "n": 1}\n')

    with pytest.raises(DataError, match="name one of what, n with --column"):
        list(read_logs(path))
