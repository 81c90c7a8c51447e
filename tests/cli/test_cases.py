"""``harness cases``: what is written, told and refused on the command line."""

import json

import pytest

from harness.asking.cases import load_cases


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, without a terminal and 60 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


def test_new_makes_a_case_file_of_a_table(folder, harness):
    """And says what became of each row, and what comes next."""
    (folder / "t.csv").write_text("text;label;lang\nIt broke;bug;en\nIt broke;bug;en\nPay me;billing;de\n")

    told = harness(
        "cases", "new", "t.csv", "--to", "s/cases.jsonl", "--input", "text", "--expected", "label", "--tag", "lang"
    )

    assert told.splitlines() == [
        "s/cases.jsonl: 2 cases written, from 3 rows",
        "1 row left out: an earlier one asks and expects the same",
        "Next: harness cases check s/cases.jsonl",
    ]
    assert [(case.expected, case.tags) for case in load_cases(folder / "s" / "cases.jsonl")] == [
        ("bug", ("lang-en",)),
        ("billing", ("lang-de",)),
    ]


def test_new_adds_only_when_told(folder, harness):
    """Without --append the file stays; with it, only what is new comes."""
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n')
    new = ("cases", "new", "t.jsonl", "--to", "cases.jsonl", "--input", "q", "--expected", "a")
    harness(*new)
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n{"q": "1 + 2", "a": 3}\n')

    refused, added = harness(*new), harness(*new, "--append")

    assert refused.startswith("2: error: cases.jsonl: is there already")
    assert "1 case written, from 2 rows\n1 case there already\n" in added
    assert [case.expected for case in load_cases(folder / "cases.jsonl")] == [2, 3]


def test_new_takes_rows_at_equal_distances(folder, harness):
    """The same ones each time."""
    (folder / "t.jsonl").write_text("".join(json.dumps({"q": f"question {n}"}) + "\n" for n in range(100)))

    harness("cases", "new", "t.jsonl", "--to", "cases.jsonl", "--input", "q", "--take", "4")

    assert [case.messages[0].text for case in load_cases(folder / "cases.jsonl")] == [
        f"question {n}" for n in (0, 25, 50, 75)
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--input", "qq"), "t.jsonl:1: no column 'qq'; the columns are q, a"),
        (("--input", "q", "--expected", "a", "--expected", "x=a"), "--expected is one COLUMN, or NAME=COLUMN"),
        (("--input", "q", "--split", "test"), "--split and --file say which part of a data set is read"),
    ],
)
def test_new_says_what_is_wrong_and_writes_nothing(folder, harness, options, words):
    """In one line."""
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n')

    told = harness("cases", "new", "t.jsonl", "--to", "cases.jsonl", *options)

    assert told.startswith(f"2: error: {words}")
    assert not (folder / "cases.jsonl").exists()
