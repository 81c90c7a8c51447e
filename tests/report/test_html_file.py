"""The report as a file in its run folder, its summary in Markdown, and where its templates come from."""

import re

import pytest

from harness.errors import HarnessError, NoSuchModel, StoreError
from harness.report import markdown_summary, render, write_report
from harness.report.view.sections import Past
from harness.runs.folder import write_run
from harness.text.pages import content_folder
from harness.text.visible import for_markdown
from tests.report.pages import alone, as_past, verdict
from tests.sample_run import earlier_runs

# Summary for CI


def test_summary_states_the_verdict_then_a_row_for_each_gate(sample):
    """The first line is the verdict; the table has a row for each gate, pinned test and broken test."""
    lines = markdown_summary(sample.run).splitlines()
    rows = [line for line in lines if line.startswith("| ")]

    assert lines[0].startswith("### ❌ triage-too-hot failed against triage: 3 of 7 gates failed")
    assert len(rows) == 2 + len(sample.run.verdicts) + 2 + len(sample.run.broken) + len(sample.run.unmeasured)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 10 for row in rows)
    assert any("inconclusive (advisory)" in row.replace("\\", "") for row in rows)


def test_summary_escapes_hostile_text():
    """Pipes, line ends, markup, links and mentions in names and reasons stay text and keep the table whole."""
    evil = "a|b\n<img src=x> [x](https://evil.example) @team `c` www.evil.example"
    text = markdown_summary(alone(verdicts=(verdict("failed", reasons=(evil,)),), broken=(evil,)))

    assert "<img" not in text
    assert "@team" not in text
    assert "https://" not in text
    assert "[x](" not in text
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 10 for row in text.splitlines() if row.startswith("|"))


def test_escape_keeps_plain_words():
    """Ordinary text is not touched."""
    assert for_markdown("Dropped by 0.227, more than 0.05") == "Dropped by 0.227, more than 0.05"


# Files


def test_report_is_written_into_the_run_folder(tmp_path, sample):
    """A run folder gains report.html, the same page as rendered with the runs beside it, and no other file."""
    folders = [tmp_path / run.id for run in (*earlier_runs(), sample.run)]
    for folder, run in zip(folders, (*earlier_runs(), sample.run), strict=True):
        folder.mkdir()
        write_run(folder, run, sample.answers, sample.judgements)
    before = {path.name for path in folders[-1].iterdir()}

    path = write_report(folders[-1])

    past = [as_past(run) for run in earlier_runs()]
    assert path == folders[-1] / "report.html"
    assert path.read_text(encoding="utf-8") == render(sample.run, sample.answers, sample.judgements, Past(past))
    assert {path.name for path in folders[-1].iterdir()} == before | {"report.html"}


def test_folder_without_a_run_is_refused(tmp_path):
    """No run.json, no report."""
    with pytest.raises(NoSuchModel):
        write_report(tmp_path)


@pytest.mark.parametrize("missing", ["answers.jsonl", "scores.jsonl"])
def test_missing_file_is_named(tmp_path, missing):
    """A run folder that lost a file gives an error that names it, and no half report."""
    write_run(tmp_path, alone(), [], [])
    (tmp_path / missing).unlink()

    with pytest.raises(StoreError, match=re.escape(missing)):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_damaged_line_is_named(tmp_path, sample):
    """A cut line is named by file and line."""
    write_run(tmp_path, alone(), sample.answers[:2], [])
    path = tmp_path / "answers.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(StoreError, match=r"answers\.jsonl:2"):
        write_report(tmp_path)


def test_content_comes_from_the_checkout():
    """In a checkout, the folders beside the package are used."""
    assert (content_folder("reports") / "report.html.j2").is_file()


def test_installed_package_uses_its_own_copy(tmp_path):
    """An installed package finds its own copy, even with a stray folder of that name beside it."""
    package = tmp_path / "harness"
    (package / "_content" / "reports").mkdir(parents=True)
    (tmp_path / "reports").mkdir()

    assert content_folder("reports", package) == package / "_content" / "reports"


def test_missing_content_is_an_error(tmp_path):
    """Neither folder: the error says what to do."""
    with pytest.raises(HarnessError, match="install again"):
        content_folder("judges", tmp_path / "harness")
