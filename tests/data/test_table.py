"""Rows of CSV, JSON Lines and Parquet: what is read, and how each mistake is told."""

import datetime as dt
import sys

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from harness.data.table import read_table
from harness.errors import DataError


def table(tmp_path, content: bytes, name: str = "t.csv"):
    """Write a file and read it."""
    (tmp_path / name).write_bytes(content)
    return read_table(tmp_path / name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_with_the_line_of_each_row(tmp_path, delimiter):
    """A byte-order mark, a line end inside of a field, an empty line, Windows line ends."""
    lines = ["text,label", '"one, and\r\ntwo",a', "", "three,b"]
    content = "\r\n".join(lines).replace(",", delimiter).encode("utf-8-sig")

    rows = table(tmp_path, content)

    assert [(row.line, row.values) for row in rows] == [
        (2, {"text": f"one{delimiter} and\r\ntwo", "label": "a"}),
        (5, {"text": "three", "label": "b"}),
    ]


def test_json_lines_keep_their_values(tmp_path):
    """Objects stay objects."""
    rows = table(tmp_path, b'{"text": "x", "label": {"a": 1}}\n', "t.JSONL")

    assert [(row.line, row.values) for row in rows] == [(1, {"text": "x", "label": {"a": 1}})]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "t.csv: the file is empty"),
        ("t.csv", b"text,label\n", "t.csv: the file is empty, or has the names of columns alone"),
        ("t.csv", b"text,label\nx,a\nL\xf6we,b\n", "t.csv:3: not UTF-8; save the file as UTF-8"),
        ("t.csv", b"text,text\nx,a\n", "t.csv:1: the column 'text' appears twice"),
        ("t.csv", b"text,label\nx,a\ny,b,c\n", "t.csv:3: 3 fields, but 2 columns"),
        ("t.csv", b'text,label\nx,a\n"y"z,b\n', "t.csv:3: not valid CSV"),
        ("t.csv", b'text,label\nx,a\n"y,b\n', "t.csv:3: not valid CSV"),
        ("t.jsonl", b'{"text": "x"}\n[1]\n', "t.jsonl:2: expected an object, got [1]"),
        ("t.jsonl", b'{"text": "x", "text": "y"}\n', "t.jsonl:1: the key 'text' appears twice"),
        ("t.xlsx", b"PK\x03\x04", "t.xlsx: is a zip file, as Excel workbooks are: unpack it, or save the sheet as CSV"),
        ("t.parquet", b"PAR1", "t.parquet: not readable as Parquet"),
    ],
)
def test_a_mistake_names_its_line(tmp_path, name, content, words):
    """And what to do."""
    with pytest.raises(DataError) as told:
        table(tmp_path, content, name)

    assert words in str(told.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    """By its path."""
    with pytest.raises(DataError, match=r"none\.csv: no such file"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "column", "words"),
    [
        (b"text,label\nx,a\n", "txt", "t.csv:2: no column 'txt'; the columns are text, label"),
        (b"text,label\n ,a\n", "text", "t.csv:2: the column 'text' is empty"),
    ],
)
def test_a_value_that_is_missing_names_row_and_columns(tmp_path, content, column, words):
    """So that the flag or the row can be corrected."""
    (row,) = table(tmp_path, content)

    with pytest.raises(DataError) as told:
        row.text(column)

    assert words in str(told.value)


def test_a_text_is_not_made_of_something_else(tmp_path):
    """A number in JSON Lines is no text."""
    (row,) = table(tmp_path, b'{"text": 5}\n', "t.jsonl")

    with pytest.raises(DataError, match="is 5; expected a text"):
        row.text("text")


def test_parquet_rows_are_json_values(tmp_path):
    """A date is a text, a struct an object, a list of structs a list; what is no JSON value is empty."""
    columns = {
        "text": ["x", "y"],
        "n": [1, None],
        "share": [0.5, float("nan")],
        "on": [dt.date(2026, 1, 2), None],
        "chat": [[{"role": "user", "content": "hi"}], []],
        "image": [b"\x00", b"\x01"],
    }
    write_table(pa.table(columns), tmp_path / "t.parquet")

    first, second = read_table(tmp_path / "t.parquet")

    assert first.values == {
        "text": "x",
        "n": 1,
        "share": 0.5,
        "on": "2026-01-02",
        "chat": [{"role": "user", "content": "hi"}],
        "image": None,
    }
    assert second.place == f"{tmp_path / 't.parquet'}: row 2"
    with pytest.raises(DataError, match=r"t.parquet: row 2: the column 'share' is empty"):
        second.value("share")


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    """In one line."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(DataError, match=r"t.parquet: Parquet needs pyarrow; install it with .*tunegate\[train\]"):
        table(tmp_path, b"PAR1", "t.parquet")


@pytest.mark.parametrize("name", ["t.ndjson", "t.log"])
def test_logs_are_read_by_paths_into_their_objects(tmp_path, name):
    """As a proxy writes requests and answers."""
    (row,) = table(tmp_path, b'{"request": {"model": "m"}, "choices": [{"text": "yes"}]}\n', name)

    assert row.value("request.model") == "m"
    assert row.text("choices.0.text") == "yes"
    with pytest.raises(DataError, match=r"no column 'choices.1.text'; the columns are request, choices"):
        row.value("choices.1.text")
