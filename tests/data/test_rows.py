"""Training rows: read, checked, and never trained and measured on at once."""

import gzip
import json
import re
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from harness.data.rows import files_of, load_rows, refuse_leaks
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


def pairs(folder: Path) -> Path:
    """Write preference pairs as CSV."""
    path = folder / "pairs.csv"
    path.write_text("prompt;chosen;rejected\nHi;Yes;No\n")
    return path


def saved_set(folder: Path) -> Path:
    """Save a data set of texts and labels in two files."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["No", "Yes"])})
    rows = Dataset.from_dict({"text": ["Hi", "Hi"], "label": [1, 1]}, features=features)
    rows.save_to_disk(folder / "set", num_shards=2)
    return folder / "set"


def share(folder: Path) -> Path:
    """Write ShareGPT as a packed array."""
    path = folder / "share.json.gz"
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]
    path.write_bytes(gzip.compress(json.dumps([{"conversations": turns}]).encode()))
    return path


@pytest.mark.parametrize("write", [pairs, saved_set, share])
def test_what_can_be_read_can_be_trained_on(tmp_path, write):
    """By the same reader."""
    rows = load_rows(write(tmp_path))

    assert {tuple((turn.role, turn.text) for turn in row.messages) for row in rows} == {
        (("user", "Hi"), ("assistant", "Yes"))
    }


def test_that_half_of_each_pair_is_left_out_is_told(tmp_path):
    """A training would else be of other data than its user thinks; of other formats nothing is told."""
    told: list[str] = []

    load_rows(pairs(tmp_path), told.append)
    load_rows(share(tmp_path), told.append)

    assert told == [f"{tmp_path / 'pairs.csv'}: preference pairs: chosen taken, rejected left out"]


def test_the_files_of_a_folder_are_those_with_its_rows(tmp_path):
    """So that the digest of the data is of them."""
    folder = saved_set(tmp_path)

    assert [path.name for path in files_of(folder)] == ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    assert files_of(folder / "state.json") == (folder / "state.json",)


def test_a_call_without_its_result_is_not_trained_on(tmp_path):
    """Structure is checked whatever the format."""
    turns = [("human", "Hi"), ("function_call", '{"name": "look", "arguments": {}}'), ("gpt", "Yes")]
    line = json.dumps({"conversations": [{"from": who, "value": what} for who, what in turns]})

    with pytest.raises(
        DataError, match=r"jsonl:1: the call 'call_1' has no result before message 3.*; add a turn of role"
    ):
        load_rows(written(tmp_path, line))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\npay me back,billing\n", ": no column 'customer'; its columns are 'text', 'label'"),
        ("text,label,customer\npay me back,billing,\n", ": no row has a value in the column 'customer'"),
    ],
)
def test_a_group_that_no_row_has_is_refused(content, words, tmp_path):
    """Else rows of one customer would be on both sides of a split, and nobody would know."""
    path = tmp_path / "rows.csv"
    path.write_text(content)

    with pytest.raises(DataError, match=re.escape(f"{path}{words}")):
        load_rows(path, group="customer")
