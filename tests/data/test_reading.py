"""From a file to rows: the format is named, each row is there or is a problem, and nothing needs the file in memory."""

import json
import tracemalloc

import pytest

from harness.data.checks.problem import Problem
from harness.data.formats.known import columns_named
from harness.data.reading import read_rows, with_system
from harness.data.row import DataRow
from harness.errors import DataError


def chat(asked: str, answered: str, **more: object) -> str:
    """Return a line of chat format."""
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return json.dumps({"messages": turns, **more}, ensure_ascii=False)


@pytest.fixture
def written(tmp_path):
    """Return a function that writes lines into a file."""

    def write(*lines: str, name: str = "rows.jsonl"):  # noqa: ANN202 - a path
        path = tmp_path / name
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def test_rows_have_their_file_and_line(written):
    """The file by its name where one is given."""
    path = written(chat("a", "b"), "", chat("c", "d"))

    rows = read_rows(path, "mine.jsonl")

    assert rows.format.name == "chat"
    assert [row.place for row in rows] == ["mine.jsonl:1", "mine.jsonl:3"]
    assert [row.place for row in read_rows(path)] == [f"{path}:1", f"{path}:3"]


def test_of_many_broken_rows_all_are_told(written):
    """Also the first ones, and none of the good ones is lost."""
    lines = [["{broken", '{"text": "x"}', chat("q", "a"), chat("q", "a"), chat("q", "a")][n % 5] for n in range(1_000)]

    found = list(read_rows(written(*lines)))

    problems = [one for one in found if isinstance(one, Problem)]
    assert [one.places[0].rpartition(":")[2] for one in problems] == [str(n + 1) for n in range(1_000) if n % 5 < 2]
    assert {one.kind for one in problems} == {"invalid-json", "missing-column"}
    assert sum(isinstance(one, DataRow) for one in found) == 600


def test_a_file_of_broken_rows_alone_has_no_format(written):
    """Its problems are told all the same."""
    rows = read_rows(written("{broken", "{too"))

    assert rows.format is None
    assert rows.told == "no row could be read"
    assert [one.kind for one in rows] == ["invalid-json", "invalid-json"]


def test_columns_that_are_no_part_of_a_row_are_named(written):
    """So that nothing is left out silently."""
    rows = read_rows(written(chat("a", "b", id=3), chat("a", "b", source="x")))

    assert rows.told == "chat messages; not part of a row: id, source"


def test_preference_pairs_say_so(written):
    """The rejected answer is left out."""
    rows = read_rows(written('{"prompt": "a", "chosen": "b", "rejected": "c"}'))

    assert rows.told == "preference pairs; chosen taken, rejected left out"
    assert [row.output for row in rows] == ["b"]


def test_unknown_columns_are_refused_with_the_formats_there_are(written):
    """And with what names the columns."""
    path = written("ticket;team", "x;bug", name="t.csv")

    with pytest.raises(
        DataError, match=r"not a known format, its columns are 'ticket', 'team'; known are .*--input COL"
    ):
        read_rows(path)
    assert [row.output for row in read_rows(path, given=columns_named("ticket", "team"))] == ["bug"]
    with pytest.raises(DataError, match="no row has the columns 'tickets' and 'team'; its columns are"):
        read_rows(path, given=columns_named("tickets", "team"))


def test_hidden_characters_are_kept(written):
    """What is trained is what is in the file; pages and the terminal make it visible."""
    text = "a\u202eb\u200b\ufeff\x1b[31m"

    (row,) = read_rows(written(chat(text, text)))

    assert row.input == row.output == text


def test_an_answer_of_a_megabyte_is_read(written):
    """Long answers are rare, and right."""
    (row,) = read_rows(written(chat("a", "x" * 1_000_000)))

    assert len(row.output) == 1_000_000


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv"])
def test_reading_takes_no_more_memory_with_more_rows(written, name):
    """A file of 30 MB needs less than a third of it, and a million rows would need no more."""
    text = "x" * 10_000
    rows = [chat("a", text)] * 3_000
    lines = {
        "rows.jsonl": rows,
        "rows.json": [f"[{','.join(rows)}]"],
        "rows.csv": ["text,label", *[f"a,{text}"] * 3_000],
    }
    path = written(*lines[name], name=name)
    tracemalloc.start()

    number = sum(isinstance(one, DataRow) for one in read_rows(path))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert number == 3_000
    assert peak < 10_000_000


def test_a_system_prompt_is_added_where_there_is_none(written):
    """One that a row has stays."""
    with_one = chat("a", "b", system="Mine.")

    rows = [with_system(row, "Ours.") for row in read_rows(written(chat("a", "b"), with_one))]

    assert [row.system for row in rows] == ["Ours.", "Mine."]
