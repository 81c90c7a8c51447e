"""One run folder of each released format, as that version wrote it: every later version reads them all."""

from pathlib import Path

import pytest

from harness.report import write_report
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.runs.listing import read_listing
from harness.runs.outcome import overall
from harness.runs.pairs import compare_runs
from harness.runs.rows import write_rows
from harness.verdicts.gate import decide

RELEASED = sorted(path for path in (Path(__file__).parent / "released").iterdir() if path.is_dir())


@pytest.fixture(params=RELEASED, ids=lambda path: path.name)
def folder(request, tmp_path) -> Path:
    """Return a copy of a released run folder."""
    copied = tmp_path / "0001-2026-11-26-dd36"
    copied.mkdir()
    for path in request.param.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    return copied


def test_a_released_format_is_read_whole(folder):
    """Twelve cases of both sides, each with its score, and one gate that failed."""
    run = read_run(folder)

    answers, judgements = list(read_answers(folder)), list(read_judgements(folder))
    assert (len(answers), len(judgements)) == (24, 24)
    assert {one.side for one in answers} == {"baseline", "candidate"}
    assert [one.outcome for one in run.verdicts] == ["failed"]
    assert len(run.verdicts[0].comparison.rows) == 12


def test_a_released_run_is_listed(folder):
    """On the page of all runs, with the outcome that its verdicts have."""
    listing = read_listing(folder.parent)

    assert [(one.id, one.outcome) for one in listing.runs] == [(folder.name, overall(read_run(folder)))]
    assert len(listing.runs[0].gates) == len(read_run(folder).verdicts) > 0
    assert listing.left_out == ()


def test_a_released_run_is_reported_compared_and_written_as_rows(folder, tmp_path):
    """By the commands of today."""
    report = write_report(folder).read_text()
    write_rows(folder, tmp_path / "rows.csv")
    (pair,) = compare_runs(folder, folder)

    assert "candidate 0.833 is below the floor 0.850" in report
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + 12
    assert pair.comparison.lost == ()


def test_a_released_gate_is_decided_again_by_the_rules_of_today(folder):
    """Ten of twelve don't reach .85. By version 0.1 that failed; today a floor is the plain rule that it was."""
    (verdict,) = read_run(folder).verdicts

    again = decide(verdict.test_id, verdict.comparison, verdict.gate)

    assert again.outcome == "failed"
    assert "below the floor 0.850" in " ".join(again.reasons)
