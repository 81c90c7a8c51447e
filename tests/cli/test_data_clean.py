"""``harness data clean``: what is told, written and refused on the command line."""

import json

import pytest

from tests.apart import run_harness
from tests.data.planted import SUITE, row

ROWS = [
    row("Das MenÃ¼ fehlt. ", "Laden Sie neu."),
    row("Where is my pay\u00adment plan?", "Under Billing."),
    row("Where is my payment plan?", "Under Billing."),
    row("Write to lena.brandt@nordkai-freight.no &amp; me.", "Done."),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with four rows, of which each has something."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(ROWS))
    return tmp_path


def files(folder) -> list[str]:
    """Return the names of all files."""
    return sorted(path.name for path in folder.iterdir())


def test_without_to_each_change_is_told_and_nothing_is_written(folder):
    """With its place, its kind, and what it was and will be; the exit code is 1."""
    told = run_harness(folder, "data", "clean", "rows.jsonl")

    assert told.ret == 1
    assert told.outlines == [
        "rows.jsonl: chat messages: 4 rows",
        "White space at the ends of texts: 1 (white-space)",
        "  rows.jsonl:1: 1 character at the ends of the user's turn",
        "Rows that are there twice: 1 (duplicate)",
        "  rows.jsonl:3: removed, since it is the same as rows.jsonl:2",
        "Characters that can't be seen: 1 (invisible)",
        "  rows.jsonl:2: in the user's turn: U+00AD soft hyphen: 'Where is my payment plan?'",
        "HTML: 1 (html)",
        "  rows.jsonl:4: in the user's turn: '…le…no &amp; me.' → '…le…no & me.'",
        "Wrongly decoded text: 1 (mojibake)",
        "  rows.jsonl:1: in the user's turn: 'Das MenÃ¼ fehlt.' → 'Das Menü fehlt.'",
        "5 changes: 3 rows changed, 1 removed, of 4",
        "Nothing is written; --to FILE.jsonl writes the rows, and a patch",
    ]
    assert files(folder) == ["rows.jsonl"]


def test_what_is_written_can_be_undone(folder, harness):
    """Rows as convert writes them come back; the masked address too, since the patch holds it."""
    harness("data", "convert", "rows.jsonl", "--to", "plain.jsonl")

    told = harness("data", "clean", "rows.jsonl", "--mask", "--to", "clean.jsonl").splitlines()
    undone = harness("data", "clean", "--undo", "clean.jsonl.patch", "clean.jsonl", "--to", "before.jsonl")

    assert told[-4:] == [
        "6 changes: 3 rows changed, 1 removed, of 4",
        "clean.jsonl: 3 rows written",
        "clean.jsonl.patch: undoes it; it holds the rows as they were, personal data too",
        "Next: harness data check clean.jsonl",
    ]
    assert "Write to [E-MAIL] & me." in (folder / "clean.jsonl").read_text()
    assert undone.splitlines() == ["before.jsonl: 4 rows written, as before clean.jsonl was cleaned"]
    assert (folder / "before.jsonl").read_bytes() == (folder / "plain.jsonl").read_bytes()


def test_json_has_every_change(folder):
    """Without what is personal."""
    shown = run_harness(folder, "data", "clean", "rows.jsonl", "--mask", "--json")

    found = json.loads("\n".join(shown.outlines))
    assert shown.ret == 1
    assert found["counts"] == {"mojibake": 1, "white-space": 1, "invisible": 1, "duplicate": 1, "html": 1, "e-mail": 1}
    assert sorted((one["place"], one["kind"]) for one in found["changes"]) == [
        ("rows.jsonl:1", "mojibake"),
        ("rows.jsonl:1", "white-space"),
        ("rows.jsonl:2", "invisible"),
        ("rows.jsonl:3", "duplicate"),
        ("rows.jsonl:4", "e-mail"),
        ("rows.jsonl:4", "html"),
    ]
    assert (found["rows"], found["changed"], found["removed"], found["to"]) == (4, 3, 1, None)
    assert "lena" not in shown.stdout.str()


def test_more_changes_than_are_shown_are_counted(folder):
    """Twenty of a kind are shown."""
    (folder / "many.jsonl").write_bytes(b"\n".join(row(f"Is {number} a number? ", "Yes.") for number in range(25)))

    told = run_harness(folder, "data", "clean", "many.jsonl").outlines

    assert told[1] == "White space at the ends of texts: 25 (white-space)"
    assert told[22] == "  and 5 more; --json has them all"


def test_clean_rows_end_with_nothing_to_do(folder, harness):
    """Exit code 0."""
    (folder / "good.jsonl").write_bytes(ROWS[2])

    told = harness("data", "clean", "good.jsonl").splitlines()

    assert told[-2:] == ["0 changes: 0 rows changed, 0 removed, of 1", "Clean"]


def test_only_some_kinds(folder, harness):
    """Named with commas."""
    told = harness("data", "clean", "rows.jsonl", "--only", "html, mojibake", "--to", "clean.jsonl")

    assert "2 changes: 2 rows changed, 0 removed, of 4" in told


def test_what_is_meant_to_be_so_is_left_alone(folder, harness):
    """By harness.toml, off or a warning; --only takes it away all the same."""
    (folder / "harness.toml").write_text(
        '[data]\noff = {html = "our answers are HTML"}\nwarn = {duplicate = "asked often"}\n'
    )

    told = harness("data", "clean", "rows.jsonl", "--to", "clean.jsonl")
    only = harness("data", "clean", "rows.jsonl", "--only", "html", "--to", "other.jsonl")

    assert "left alone, as harness.toml says: html: our answers are HTML" in told
    assert "left alone, as harness.toml says: duplicate: asked often" in told
    assert "3 changes: 2 rows changed, 0 removed, of 4" in told
    assert "1 change: 1 row changed" in only


def test_leaks_are_removed_where_that_is_asked_for(folder, harness):
    """By the cases of a suite."""
    case = json.loads((SUITE / "cases.jsonl").read_text().splitlines()[0])
    (folder / "leak.jsonl").write_bytes(ROWS[2] + b"\n" + row(case["messages"][-1]["content"], "bug"))

    told = harness(
        "data", "clean", "leak.jsonl", "--leaks", "--suites", str(SUITE / "cases.jsonl"), "--to", "clean.jsonl"
    )

    assert f"leak.jsonl:2: removed, since the input of case '{case['id']}'" in told
    assert "clean.jsonl: 1 row written" in told


def test_broken_rows_stop_it(folder):
    """They are listed, and nothing is written."""
    (folder / "rows.jsonl").write_bytes(ROWS[0] + b"\n{broken\n")

    told = run_harness(folder, "data", "clean", "rows.jsonl", "--to", "clean.jsonl")

    assert told.ret == 1
    assert "Not JSON: 1 (invalid-json)" in told.outlines
    assert told.outlines[-1] == "1 problem is in the way, so nothing was written"
    assert files(folder) == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--to", "rows.jsonl"), "rows.jsonl: is there already, and nothing is overwritten"),
        (("--only", "htlm"), "--only htlm: not a kind that can be taken away; did you mean html?"),
        (("--only", "\x1bzzz"), r"--only \x1bzzz: not a kind that can be taken away; kinds are mojibake, html"),
        (("--only", "e-mail"), "--only e-mail: needs --mask too"),
        (("--only", "leak"), "--only leak: needs --leaks too"),
        (("--leaks",), "--leaks and --suites are given together"),
        (("--suites", "x"), "--leaks and --suites are given together"),
        (("--undo", "p"), "--undo PATCH needs the one FILE that was cleaned, and --to FILE.jsonl"),
        (("--undo", "none.patch", "--to", "a.jsonl"), "none.patch: no such file"),
    ],
)
def test_wrong_use_is_one_line(folder, harness, options, words):
    """With exit code 2, and nothing is written."""
    told = harness("data", "clean", "rows.jsonl", *options)

    assert told.startswith("2: error: ")
    assert words in told
    assert files(folder) == ["rows.jsonl"]


def test_check_says_what_it_fixes(folder):
    """Of each kind: how many."""
    told = " ".join(run_harness(folder, "data", "check", "rows.jsonl").stdout.str().split())

    assert "as users will. harness data clean fixes it." in told
    assert told.count("harness data clean fixes it") == 3
