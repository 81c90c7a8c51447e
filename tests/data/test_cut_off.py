"""Files of which a part is missing: what is there is read, and the check can't tell, whatever is switched off."""

import gzip
import json
import os
import random

import pyarrow as pa
import pytest

from harness.config.rows import DataConfig
from harness.data.check import check_files
from harness.data.checks.every import KINDS
from harness.data.files.values import read_values
from harness.data.look import draw
from harness.errors import DataError
from harness.report.view.data import outcome_of
from tests.data.planted import row

OFF = DataConfig(off={"invalid-json": "we know", "not-utf-8": "we know", "long-line": "we know"})
ONE = row("How do I do a thing?", "Like this.")
LONG = b'{"prompt": "' + b"x" * (17 << 20) + b'"}'


def packed() -> bytes:
    """Return rows packed by gzip, whose letters don't repeat."""
    chance = random.Random(0)  # noqa: S311 - no secret
    lines = [row(f"{chance.getrandbits(400):x}", "Yes.") for _ in range(400)]
    return gzip.compress(b"\n".join(lines))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"[" + ONE + b"," + ONE, "the array is not closed"),
        ("a.json", b"[" + ONE + b"," + ONE[:-9], "the array is not closed"),
        ("a.json", b"[" + ONE + b"] [" + ONE + b"]", "something follows the end of the array"),
        (
            "a.json",
            b"[" + ONE + b"," + LONG + b"," + ONE + b"]",
            "what follows a row that is too long could not be read",
        ),
        ("a.jsonl", ONE + b"\n" + ONE[:-9], "is the file whole?"),
        ("a.jsonl", ONE + b"\n" + '{"prompt": "ü'.encode()[:-1], "is the file whole?"),
        ("a.jsonl.gz", packed()[:-200], "only a part of a packed file"),
    ],
    ids=["array", "array in a row", "two arrays", "a long row", "lines", "a letter", "gz"],
)
def test_a_part_of_a_file_is_no_clean_file(tmp_path, name, content, words):
    """Even where that kind of problem is switched off."""
    path = tmp_path / name
    path.write_bytes(content)

    done = check_files([path], [], KINDS, OFF)

    assert done.rows >= 1
    assert tuple(done.problems) == ()
    assert outcome_of(done) == "inconclusive"
    assert words in done.untold[0]
    assert str(path) in done.untold[0]


@pytest.mark.parametrize("content", [ONE + b"\n{broken\n" + ONE, ONE + b"\n[1]", b"[" + ONE + b", 3]"])
def test_a_broken_row_ends_nothing(tmp_path, content):
    """A row that is whole and wrong is no end of the file; switched off, it leaves the rest clean."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)

    done = check_files([path], [], KINDS, DataConfig(off={"invalid-json": "we know", "wrong-format": "we know"}))

    assert outcome_of(done) == "passed"


def test_a_stream_of_arrow_that_was_cut_between_two_batches_is_noticed(tmp_path):
    """To pyarrow it is whole."""
    path = tmp_path / "a.arrow"
    table = pa.table({"prompt": ["What is one?"], "completion": ["b"]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
        where = file.tell()
        stream.write_table(table)
    assert len(list(read_values(path, "a"))) == 2

    os.truncate(path, where)

    done = check_files([path], [], KINDS, OFF)
    assert (done.rows, outcome_of(done)) == (1, "inconclusive")
    assert "its end is missing" in done.untold[0]


def test_what_was_read_before_a_change_is_told(tmp_path, monkeypatch):
    """Of a small file too, whose rows are all looked at to see its format."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(ONE + b"\n" + json.dumps({"prompt": "a"}).encode())
    facts = iter([(1,), (2,), (2,)])
    monkeypatch.setattr("harness.data.stream._facts", lambda _status: next(facts))

    done = check_files([path], [], KINDS, DataConfig(off={"missing-column": "we know", "wrong-format": "we know"}))

    assert (done.rows, outcome_of(done)) == (1, "inconclusive")
    assert "changed while it was read" in done.untold[0]


def test_looking_at_rows_refuses_a_packed_file_that_was_cut_off(tmp_path):
    """Drawn at random from a part, they would not be a random look."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed()[:-200])

    with pytest.raises(DataError, match="only a part of a packed file"):
        draw(path, 1, 0)
