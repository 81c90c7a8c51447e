"""Whole files cleaned: what is written, what is removed, and that nothing is lost."""

import csv
import json
from pathlib import Path

import pytest

from harness.asking.cases import load_cases
from harness.config.rows import DataConfig
from harness.data.check import check_files
from harness.data.checks.every import KINDS, every_check
from harness.data.checks.shape.shape import Shapes
from harness.data.clean.change import Change
from harness.data.clean.cleaning import Cleaned, Cleaner, clean_files, leaking
from harness.data.clean.fixes import PERSONAL, ROWS, TEXT
from harness.data.clean.patch import undo
from harness.data.convert import Wanted, convert
from harness.errors import DataError
from tests.data.planted import SUITE, planted, row

EVERYTHING = frozenset((*TEXT, *ROWS, *PERSONAL, "leak"))
USUAL = frozenset((*TEXT, *ROWS))
UNREADABLE = {"invalid-json", "not-utf-8", "wrong-format", "unknown-role"}


def clean(path: Path, to: Path | None, kinds: frozenset[str] = USUAL, group: str = "") -> tuple[Cleaned, list[Change]]:
    """Clean one file, and return what was done."""
    changes: list[Change] = []
    return clean_files([path], Cleaner(kinds), to, group, changes.append), changes


def suites() -> dict:
    """Return the cases that gate the shipped rows."""
    return {"support_triage": load_cases(SUITE / "cases.jsonl")}


@pytest.fixture
def faulty(tmp_path):
    """The planted rows that can be read."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(line for kind, line in planted() if kind not in UNREADABLE))
    return path


def checked(path: Path):
    """Check a file, against the suite too."""
    return check_files([path], (*every_check([], suites()), Shapes()), KINDS, DataConfig())


def test_after_it_check_finds_none_of_what_it_takes_away(faulty, tmp_path):
    """Planted faults of every kind; what check says that clean fixes is what it fixes."""
    before = checked(faulty)
    leaks = leaking([faulty], suites())

    clean_files([faulty], Cleaner(EVERYTHING, leaks), tmp_path / "clean.jsonl", "", lambda _change: None)

    after = checked(tmp_path / "clean.jsonl")
    gone = {problem.kind for problem in before.problems} - {problem.kind for problem in after.problems}
    assert gone >= {"mojibake", "invisible", "leak", *PERSONAL}
    assert {problem.kind for problem in before.problems if problem.fixable} == {
        *("mojibake", "invisible", "duplicate", "html")
    }
    assert not any(problem.fixable for problem in after.problems)
    same = [[one.fixable for one in done.problems if one.kind == "duplicate"] for done in (before, after)]
    assert same == [[False, True], [False]]  # of the one that is left, one row has a turn more
    html = [problem for problem in before.problems if problem.kind == "html"]
    assert [problem.fixable for problem in html] == [False, True]  # tags are for people to take out
    assert [problem.kind for problem in after.problems].count("html") == 1


def test_undone_it_is_what_convert_writes(faulty, tmp_path):
    """Byte by byte, with all kinds taken away."""
    clean_files(
        [faulty], Cleaner(EVERYTHING, leaking([faulty], suites())), tmp_path / "clean.jsonl", "", lambda _change: None
    )
    convert([faulty], tmp_path / "plain.jsonl", Wanted())

    undo(tmp_path / "clean.jsonl.patch", tmp_path / "clean.jsonl", tmp_path / "before.jsonl")

    assert (tmp_path / "clean.jsonl").read_bytes() != (tmp_path / "plain.jsonl").read_bytes()
    assert (tmp_path / "before.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["train.jsonl", "everyday.jsonl", "validation.jsonl"])
def test_the_shipped_rows_are_clean(name):
    """Nothing of them changes."""
    done, changes = clean(SUITE / "training" / name, None)

    assert (done.counts, changes) == ({}, [])


def test_the_first_of_rows_that_are_the_same_is_kept(tmp_path):
    """Also where they are the same only once they are clean, and in another format."""
    (tmp_path / "a.jsonl").write_bytes(row("Where?", "Here.") + b"\n" + row("Where? ", "Here.\u200b"))
    with (tmp_path / "b.csv").open("w") as file:
        csv.writer(file).writerows([["prompt", "completion"], ["Where?", "Here."], ["Where?", "There."]])
    changes: list[Change] = []

    done = clean_files(
        [tmp_path / "a.jsonl", tmp_path / "b.csv"], Cleaner(USUAL), tmp_path / "clean.jsonl", "", changes.append
    )

    removed = [(change.place, change.told) for change in changes if change.kind == "duplicate"]
    first = f"removed, since it is the same as {tmp_path}/a.jsonl:1"
    assert removed == [(f"{tmp_path}/a.jsonl:2", first), (f"{tmp_path}/b.csv:2", first)]
    assert (done.rows, done.removed, done.changed) == (4, 2, 0)
    assert len((tmp_path / "clean.jsonl").read_text().splitlines()) == 2


def test_a_row_with_another_answer_or_other_tools_is_no_duplicate(tmp_path):
    """Nor one with another system prompt."""
    rows = [
        row("Where?", "Here."),
        row("Where?", "here."),
        row("Where?", "Here.", "Be kind."),
        json.dumps(json.loads(row("Where?", "Here.")) | {"tools": [{"type": "function", "function": {"name": "f"}}]}),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(one if isinstance(one, str) else one.decode() for one in rows))

    done, _ = clean(tmp_path / "a.jsonl", None)

    assert (done.rows, done.counts) == (4, {})


def test_broken_rows_are_told_and_nothing_is_written(tmp_path):
    """What can't be read could not be given back."""
    (tmp_path / "a.jsonl").write_bytes(row("Where? ", "Here.") + b"\n{broken\n")

    done, changes = clean(tmp_path / "a.jsonl", tmp_path / "clean.jsonl")

    assert [problem.kind for problem in done.problems] == ["invalid-json"]
    assert [change.kind for change in changes] == ["white-space"]
    assert done.patch == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_clean_rows_are_written_with_a_patch_that_changes_nothing(tmp_path):
    """So that what comes next finds its file."""
    (tmp_path / "a.jsonl").write_bytes(row("Where?", "Here."))

    done, _ = clean(tmp_path / "a.jsonl", tmp_path / "new" / "clean.jsonl")

    assert (done.counts, done.patch) == ({}, str(tmp_path / "new" / "clean.jsonl.patch"))
    assert undo(Path(done.patch), tmp_path / "new" / "clean.jsonl", tmp_path / "before.jsonl") == 1


@pytest.mark.parametrize("there", ["clean.jsonl", "clean.jsonl.patch"])
def test_nothing_is_overwritten(tmp_path, there):
    """Neither rows nor a patch."""
    (tmp_path / "a.jsonl").write_bytes(row("Where? ", "Here."))
    (tmp_path / there).write_text("mine")

    with pytest.raises(DataError, match=f"{there}: is there already"):
        clean(tmp_path / "a.jsonl", tmp_path / "clean.jsonl")

    assert (tmp_path / there).read_text() == "mine"


def test_a_column_is_kept_for_the_split(tmp_path):
    """As by convert."""
    (tmp_path / "a.csv").write_text("text,label,customer\nIt broke ,bug,c1\n")

    clean(tmp_path / "a.csv", tmp_path / "clean.jsonl", group="customer")

    assert json.loads((tmp_path / "clean.jsonl").read_text())["customer"] == "c1"


def test_a_leak_in_a_system_prompt_removes_no_row(tmp_path):
    """All rows can have the prompt; check tells of it."""
    (case, *_) = [case for case in suites()["support_triage"] if len(case.messages[-1].text.split()) > 20]
    text = case.messages[-1].text
    (tmp_path / "a.jsonl").write_bytes(row("Hello there, you?", "Hi.", text) + b"\n" + row(text, "bug"))

    found = leaking([tmp_path / "a.jsonl"], suites())

    assert list(found.told) == [f"{tmp_path}/a.jsonl:2"]
    assert case.id in found.told[f"{tmp_path}/a.jsonl:2"]


def test_rows_that_change_between_both_readings_are_refused(tmp_path):
    """The wrong ones would be removed."""
    (tmp_path / "a.jsonl").write_bytes(row("Where?", "Here."))
    found = leaking([tmp_path / "a.jsonl"], suites())
    (tmp_path / "a.jsonl").write_bytes(row("Where else?", "Here."))

    with pytest.raises(DataError, match="changed while they were read"):
        clean_files([tmp_path / "a.jsonl"], Cleaner(EVERYTHING, found), tmp_path / "c.jsonl", "", lambda _change: None)

    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
