"""Training rows: read, checked, and never trained and measured on at once."""

import json
from pathlib import Path

import pytest

from harness.data.rows import load_rows, refuse_leaks
from harness.errors import DataError


def row(*turns: str, system: str | None = None) -> str:
    """Return a line in which user and assistant take turns."""
    messages = [{"role": ("user", "assistant")[place % 2], "content": turn} for place, turn in enumerate(turns)]
    first = [{"role": "system", "content": system}] if system else []
    return json.dumps({"messages": first + messages})


def written(folder: Path, *lines: str, name: str = "train.jsonl") -> Path:
    """Write lines into a file."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_rows_keep_their_order_and_their_lines(tmp_path):
    """A blank line is skipped, and counted."""
    path = written(tmp_path, row("a", "b", system="s"), "", row("c", "d", "e", "f"))

    rows = load_rows(path)

    assert [(one.line, len(one.messages)) for one in rows] == [(1, 3), (3, 4)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"messages": [', "not valid JSON at column"),
        ('{"text": "a"}', "no value in `messages` or .*; the row has text"),
        ('{"messages": "a"}', "'messages' is 'a'; expected a list of turns"),
        ('{"messages": [{"role": "robot", "content": "a"}]}', "robot"),
        ('{"messages": [{"role": "user", "content": 3}]}', "`content` is 3; expected a text"),
        ('{"messages": []}', "has no messages"),
        (row("a"), "ends with a message of role 'user'"),
        (row("a", "b", "c"), "the last one must be the assistant's, which is what is trained; add the answer"),
        ('{"messages": [{"role": "assistant", "content": "a"}]}', "message 1 has role 'assistant', expected 'user'"),
        (
            json.dumps({"messages": [{"role": role, "content": "a"} for role in ("user", "system", "assistant")]}),
            "message 2 has role 'system', expected 'assistant'",
        ),
        (row("a", "  "), "message 2, of role 'assistant', is empty"),
        ("[" * 100_000, "not valid JSON: nested too deeply"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(line, words, tmp_path):
    """Whatever is wrong, the text starts with the place."""
    path = written(tmp_path, row("a", "b"), line)

    with pytest.raises(DataError, match=words) as caught:
        load_rows(path)

    assert str(caught.value).startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b'{"messages": "\xff"}', "jsonl:1: not UTF-8 at byte 14"),
        (b'{"' + b"a" * 20_000_000, "jsonl:1: longer than 16 MiB"),
        (b"{\n", "an object over several lines"),
    ],
)
def test_a_wrong_file_is_named(content, words, tmp_path):
    """The text says how to save it."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)

    with pytest.raises(DataError, match=words):
        load_rows(path)


def test_a_missing_file_is_named(tmp_path):
    """Not a traceback."""
    with pytest.raises(DataError, match="no such file"):
        load_rows(tmp_path / "none.jsonl")


def test_a_validation_row_that_is_trained_on_is_refused(tmp_path):
    """Other spaces, capitals or another answer make it no other row."""
    source = written(tmp_path, row("one", "1"), row("My app  crashes", "2"))
    held_out = written(tmp_path, row("three", "3"), row("my App crashes", "4"), name="validation.jsonl")

    with pytest.raises(DataError, match="1 of 2 validation rows are") as caught:
        refuse_leaks(load_rows(source), load_rows(held_out), (source, held_out))

    assert str(caught.value).startswith(f"{held_out}:2: also a training row, {source}:2 ")


def test_rows_of_their_own_are_no_leak(tmp_path):
    """The same answer to another question is fine, and so is the same question under another system message."""
    source = written(tmp_path, row("one", "1"), row("two", "2", system="a"))
    held_out = written(tmp_path, row("three", "1"), row("two", "2", system="b"), name="validation.jsonl")

    refuse_leaks(load_rows(source), load_rows(held_out), (source, held_out))

    assert len(load_rows(held_out)) == 2
