"""``harness data suggest``: the worksheet, and what is refused."""

import csv
import json

import pytest

from harness.runs.folder import write_run
from tests.apart import run_harness
from tests.sample_run import sample_run

LOGS = [
    '=HYPERLINK("http://evil") our export drops a column since the update of Tuesday, write to ada.byron@tidewell.io',
    "The calendar shows last year's holidays in the wrong colour",
]


@pytest.fixture
def folder(tmp_path):
    """Save the sample run, and logs."""
    sample = sample_run()
    runs = tmp_path / "runs" / sample.run.id
    runs.mkdir(parents=True)
    write_run(runs, sample.run, sample.answers, sample.judgements)
    (tmp_path / "logs.jsonl").write_text("".join(json.dumps({"prompt": text}) + "\n" for text in LOGS))
    return tmp_path


def test_a_worksheet_is_written_that_a_spreadsheet_opens_safely(folder):
    """No formula, no personal data, a column for the answer; and no row of training data."""
    done = run_harness(folder, "data", "suggest", "3", "--logs", "logs.jsonl", "-n", "9")

    assert done.ret == 0
    text = (folder / "to_label.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(text.decode("utf-8-sig").splitlines()))
    assert len(lines) == 9
    assert {one["label"] for one in lines} == {""}
    assert all(one["reason"] for one in lines)
    (log,) = (one for one in lines if "export" in one["text"])
    assert log["text"].startswith("'=HYPERLINK")
    assert "ada.byron" not in log["text"]
    assert log["place"] == "logs.jsonl:1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for one in lines for cell in one.values())
    assert {one["kind"] for one in lines} >= {"log", "case"}
    assert not list(folder.glob("*.jsonl.*"))


def test_json_lines_are_printed_and_the_same_seed_gives_the_same(folder):
    """No file is written then."""
    first, second = (run_harness(folder, "data", "suggest", "3", "--logs", "logs.jsonl", "--json") for _ in range(2))

    assert first.ret == 0
    assert first.outlines == second.outlines
    told = [json.loads(line) for line in first.outlines]
    assert {"kind", "place", "reason"} <= told[0].keys()
    assert not (folder / "to_label.csv").exists()


def test_rows_of_training_data_tell_what_is_new(folder):
    """A request that was trained on is not labelled again; an adapter's folder would do as well."""
    turns = [{"role": "user", "content": LOGS[1]}, {"role": "assistant", "content": "x"}]
    (folder / "train.jsonl").write_text(json.dumps({"messages": turns}) + "\n")

    done = run_harness(
        folder, "data", "suggest", "3", "--logs", "logs.jsonl", "--training-data", "train.jsonl", "-n", "50"
    )

    assert done.ret == 0
    text = (folder / "to_label.csv").read_text()
    assert "our export" in text
    assert "holidays" not in text
    assert "training row" in text


def test_nothing_is_overwritten_and_unknown_columns_are_told(folder):
    """With the name of what is there, or of the columns."""
    (folder / "to_label.csv").write_text("mine")
    (folder / "other.jsonl").write_text('{"what": "x"}\n')

    there = run_harness(folder, "data", "suggest", "3")
    other = run_harness(folder, "data", "suggest", "3", "--logs", "other.jsonl", "--to", "b.csv")
    nothing = run_harness(folder, "data", "suggest", "3", "--logs", "other.jsonl", "--column", "n", "--to", "b.csv")

    assert (there.ret, other.ret, nothing.ret) == (2, 2, 2)
    assert "to_label.csv: is there already" in there.stderr.str()
    assert "no field that is known to hold what was asked" in other.stderr.str()
    assert "no row asks anything at `n`, as [logs.mapping] has it; the first row has what" in nothing.stderr.str()
    assert (folder / "to_label.csv").read_text() == "mine"
