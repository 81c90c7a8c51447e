"""Files as they come: every command that reads rows reads them, or says what is wrong, in little memory."""

import gzip
import json
import os
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from tests.apart import run_harness
from tests.data.planted import row

COMMANDS = {"check": (), "clean": (), "convert": ("--to", "new.jsonl"), "show": ("-n", "1")}
GOOD = {
    "lines.jsonl": row("How is one?", "Aa.") + b"\r\n" + row("How is two?", "Bb.") + b"\r" + row("And three?", "Cc."),
    "excel.csv": 'sep=;\r\ntext;label\r\n"He said ""hi""; ok";bug\r\nPay me;billing\r\n'.encode("utf-8-sig"),
    "tabs.csv": b"text\tlabel\nIt broke, I fear\tbug\n",
    "quotes.csv": b"'text'|'label'\n'It''s broken|bent'|'bug'\n",
    "long.jsonl": row("Long?", "word " * 210_000 + "."),
    "packed.jsonl.gz": gzip.compress(row("Hm?", "Yes.")),
}
REFUSED = {
    "empty.jsonl": (b"", "the file is empty"),
    "blank.jsonl": (b"\n \r\n", "the file is empty"),
    "names.csv": (b"text,label\n", "the file is empty, or has the names of columns alone"),
}


def run(folder, command: str, *names: str):
    """Run a command of ``harness data`` on files."""
    return run_harness(folder, "data", command, *names, *COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", GOOD)
def test_what_is_only_unusual_is_read(tmp_path, command, name):
    """Ends of lines, separators, quotation marks, byte-order marks, a megabyte, a packed file."""
    (tmp_path / name).write_bytes(GOOD[name])

    told = run(tmp_path, command, name)

    assert told.ret == (1 if command == "check" else 0)  # few rows are a problem
    assert "can't" not in told.stdout.str().replace("can't be seen", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_nested_parquet_and_zst_are_read(tmp_path, command):
    """By pyarrow."""
    turns = [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello."}]
    write_table(pa.table({"messages": [turns], "meta": [{"a": 1}]}), tmp_path / "a.parquet")
    with pa.CompressedOutputStream(str(tmp_path / "b.jsonl.zst"), "zstd") as file:
        file.write(row("Hm?", "Yes."))

    for name in ("a.parquet", "b.jsonl.zst"):
        (tmp_path / "new.jsonl").unlink(missing_ok=True)
        assert run(tmp_path, command, name).ret == (1 if command == "check" else 0)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rows_is_refused(tmp_path, command, name):
    """With exit code 2."""
    content, words = REFUSED[name]
    (tmp_path / name).write_bytes(content)

    told = run(tmp_path, command, name)

    assert told.ret == 2
    assert f"error: {name}: {words}" in told.stderr.str()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_and_a_pipe_are_refused_at_once(tmp_path, command):
    """And nothing waits for what never comes."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")

    folder, pipe = run(tmp_path, command, "folder"), run(tmp_path, command, "pipe.jsonl")

    assert (folder.ret, pipe.ret) == (2, 2)
    assert "a folder, but not one that `datasets` saved" in folder.stderr.str()
    assert "it is a FIFO, not a regular file; save what it brings into a file first" in pipe.stderr.str()


@pytest.mark.parametrize("command", ["check", "clean", "convert"])
def test_of_many_broken_rows_all_are_listed(tmp_path, command):
    """Forty in a hundred: the first twenty in the terminal, all of them for machines."""
    lines = [row(f"Is {n * 7} odd?", f"Answer {n}.") if n % 5 > 1 else b'{"messages": [' for n in range(100)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")

    told = run(tmp_path, command, "a.jsonl")
    whole = run_harness(tmp_path, "data", command, "a.jsonl", *COMMANDS[command], "--json")

    problems = [one for one in json.loads(whole.stdout.str())["problems"] if one["kind"] == "invalid-json"]
    assert told.ret == whole.ret == 1
    assert "Not JSON: 40 (invalid-json)" in told.outlines
    assert "  and 20 more; --json has them all" in told.outlines
    assert [one["places"][0] for one in problems] == [f"a.jsonl:{n + 1}" for n in range(100) if n % 5 <= 1]
    assert not (tmp_path / "new.jsonl").exists()


@pytest.mark.parametrize("command", ["check", "clean", "convert"])
def test_a_column_that_some_rows_have_not_is_told_with_its_line(tmp_path, command):
    """Whether it is absent or null."""
    rows = [{"prompt": "What is a?", "completion": "b"}, {"prompt": "Why c?"}, {"prompt": "d", "completion": None}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))

    told = run(tmp_path, command, "a.jsonl")

    assert told.ret == 1
    assert "A column that is missing: 2 (missing-column)" in told.outlines
    assert [line.partition(": ")[0] for line in told.outlines if "no value in" in line] == [
        "  a.jsonl:2",
        "  a.jsonl:3",
    ]


def test_a_row_that_is_there_in_two_formats_is_a_copy_of_itself(tmp_path):
    """For check; and clean keeps the first."""
    (tmp_path / "a.jsonl").write_bytes(row("Where do I find invoices of May?", "Under Billing, then Invoices."))
    (tmp_path / "b.csv").write_text(
        'instruction,output\nWhere do I find invoices of May?,"Under Billing, then Invoices."\n'
    )

    checked, cleaned = run(tmp_path, "check", "a.jsonl", "b.csv"), run(tmp_path, "clean", "a.jsonl", "b.csv")

    assert "  a.jsonl:1: 2 rows are the same" in checked.outlines
    assert "  b.csv:2: removed, since it is the same as a.jsonl:1" in cleaned.outlines


def test_characters_that_can_not_be_seen_are_told_and_shown_as_escapes(tmp_path):
    """Convert keeps them as they are."""
    (tmp_path / "a.jsonl").write_bytes(row("Is pay\u200bment due?", "inv\u202efdp\u202c"))

    assert "Characters that can't be seen: 2 (invisible)" in run(tmp_path, "check", "a.jsonl").outlines
    assert "Characters that can't be seen: 2 (invisible)" in run(tmp_path, "clean", "a.jsonl").outlines
    assert r"    Is pay\u200bment due?" in run(tmp_path, "show", "a.jsonl").outlines
    run(tmp_path, "convert", "a.jsonl")
    assert "pay\u200bment" in json.loads((tmp_path / "new.jsonl").read_text())["messages"][0]["content"]


ROOM = 200 << 20
"""Bytes of addresses that a process can have: Python with its libraries, and the longest line some times over."""
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({room}, {room}))
from pathlib import Path
from harness.data.reading import read_rows
from harness.data.checks.problem import Problem
rows = list(read_rows(Path(sys.argv[1])))
print([one.kind if isinstance(one, Problem) else one.line for one in rows])
"""


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b'{"prompt": "a", "completion": "b"}\n{"prompt": "', [1, "long-line"]),
        (b'[{"prompt": "a", "completion": "b"}, {"prompt": "', [1, "long-line", "invalid-json"]),
        (b'prompt,completion\na,b\n"', [2, "long-line"]),
    ],
    ids=["lines", "array", "csv"],
)
def test_a_line_without_an_end_takes_no_memory(tmp_path, start, found):
    """A file with holes, larger than all memory that the process can have."""
    path = tmp_path / "rows"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(ROOM + (1 << 20))

    code = READ.format(room=ROOM)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.strip() == str(found)
