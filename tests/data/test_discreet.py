"""Broken rows are told without what is personal or secret in them, by every command that tells of them."""

import json

import pytest

from harness.data.convert import Wanted, convert
from harness.data.rows import load_rows
from harness.data.table import read_table
from harness.errors import DataError
from tests.apart import run_harness
from tests.data.planted import row

KEY = "ghp_" + "k3Yx9ZqLmN0pRt7" + "VwB2cD4fG6hJ8sA1uE5oI"
"""In the form of a token."""
BROKEN = [
    json.dumps({"messages": [{"role": KEY, "content": "a"}, {"role": "assistant", "content": "b"}]}),
    json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b", "tool_call_id": KEY}]}),
    json.dumps(f"use {KEY}"),
    f'{{"{KEY}": 1, "{KEY}": 2}}',
]


def shows(told: str) -> bool:
    """Tell whether a text has a good part of the key."""
    return any(KEY[start : start + 9] in told for start in range(2, len(KEY) - 10))


@pytest.fixture(params=BROKEN, ids=["role", "call", "text", "key"])
def path(request, tmp_path):
    """Write a good row and a broken one."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(row("How do I do a thing?", "Like this.") + b"\n" + request.param.encode() + b"\n")
    return path


def test_training_refuses_a_broken_row_without_its_secret(path):
    """And names its place."""
    with pytest.raises(DataError, match=r"rows\.jsonl:2: ") as failed:
        load_rows(path)

    assert not shows(str(failed.value))


def test_convert_lists_a_broken_row_without_its_secret(path, tmp_path):
    """A tool's result without a call is no problem of reading, so that row is written."""
    done = convert([path], tmp_path / "new.jsonl", Wanted())

    assert done.problems or "tool_call_id" in path.read_text()
    assert not shows(" ".join(problem.told for problem in done.problems))


def test_a_table_refuses_a_broken_row_without_its_secret(tmp_path):
    """Also a value that is no text, and the names of columns, which can be the first row."""
    (tmp_path / "a.jsonl").write_text(f'"{KEY}"\n')
    (tmp_path / "b.jsonl").write_text(json.dumps({KEY: [KEY]}) + "\n")
    (tmp_path / "c.csv").write_text(f"{KEY},{KEY}\n1,2\n")

    with pytest.raises(DataError, match="expected an object") as broken:
        read_table(tmp_path / "a.jsonl")
    with pytest.raises(DataError, match="no column 'text'") as absent:
        read_table(tmp_path / "b.jsonl")[0].value("text")
    with pytest.raises(DataError, match="expected a text") as other:
        read_table(tmp_path / "b.jsonl")[0].text(KEY)
    with pytest.raises(DataError, match="appears twice") as twice:
        read_table(tmp_path / "c.csv")

    assert not any(shows(str(one.value)) for one in (broken, absent, twice))
    assert not shows(str(other.value).replace(repr(KEY), ""))  # the column is what the caller named


def test_columns_that_are_no_part_of_a_row_are_named_without_secrets(tmp_path):
    """The first row of a file without names of columns is taken for them."""
    (tmp_path / "a.csv").write_text(f"text,label,{KEY}\nIt broke,bug,1\n")

    told = run_harness(tmp_path, "data", "show", "a.csv")

    assert told.ret == 0
    assert "not part of a row: gh…oI" in told.outlines[0]
