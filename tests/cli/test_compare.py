"""``harness compare``: its exit code when nothing could be compared. More of it is in test_runs.py."""

import msgspec
import pytest

from harness.cli.main import main
from harness.cli.tables import nothing_compared
from harness.records.compared import Verdict
from harness.runs.folder import write_run
from harness.runs.pairs import RunPair
from harness.verdicts.compare import over
from tests.sample_run import sample_run

SAMPLE = sample_run()


def save(folder, verdicts: tuple[Verdict, ...], number: int) -> None:
    """Save the invented run with these verdicts alone."""
    run = msgspec.structs.replace(SAMPLE.run, number=number, verdicts=verdicts, measures=())
    place = folder / "runs" / f"{number:04}-2026-11-22-1f3c"
    place.mkdir(parents=True)
    write_run(place, run, SAMPLE.answers, SAMPLE.judgements)


def compared(folder, monkeypatch, capsys, first: tuple[Verdict, ...], second: tuple[Verdict, ...]) -> tuple[int, str]:
    """Save two runs with these verdicts, compare them, and return exit code and output."""
    save(folder, first, 1)
    save(folder, second, 2)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["harness", "compare", "1", "2"])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().out


def of_queues() -> Verdict:
    """A verdict of the invented run."""
    return next(one for one in SAMPLE.run.verdicts if one.comparison.scorer == "field_equals('queue')")


def test_runs_that_share_nothing_are_undecided(tmp_path, monkeypatch, capsys):
    """Every measure is refused, each with its reason: exit code 6, and the last line says that nothing was compared."""
    renamed = msgspec.structs.replace(of_queues(), test_id="test_other.py::test_other")

    code, told = compared(tmp_path, monkeypatch, capsys, (of_queues(),), (renamed,))

    assert code == 6
    assert "not compared: only in run 0001-" in told
    assert told.endswith("nothing was compared: see above for each of 2 measures\n")


def test_runs_whose_cases_were_renewed_are_compared_on_those_that_stayed(tmp_path, monkeypatch, capsys):
    """One case left the suite since: the exit code is 0, and the sentence says what comes from the cases."""
    verdict = of_queues()
    fewer = over(verdict.comparison, verdict.comparison.rows[1:])

    code, told = compared(
        tmp_path, monkeypatch, capsys, (verdict,), (msgspec.structs.replace(verdict, comparison=fewer),)
    )

    stayed = len(fewer.rows)
    assert code == 0
    assert f"The cases are not those of run 1: 0 new cases, 1 gone, {stayed} unchanged." in told
    assert "nothing was compared" not in told


def test_runs_without_any_comparison_are_undecided(tmp_path, monkeypatch, capsys):
    """There is no table to point to."""
    code, told = compared(tmp_path, monkeypatch, capsys, (), ())

    assert code == 6
    assert "nothing was compared: neither run has a comparison" in told


def test_one_comparison_is_enough(tmp_path):
    """Others can be refused; a comparison in which no case was scored on both sides does not count."""
    comparison = of_queues().comparison
    refused = RunPair(test_id="t", scorer="s()", comparison=None, refused="unlike")
    made = RunPair(test_id="t", scorer="s()", comparison=comparison)
    unscored = RunPair(test_id="t", scorer="s()", comparison=msgspec.structs.replace(comparison, delta=None))

    assert nothing_compared((refused, made)) == ""
    assert nothing_compared((refused, unscored)).startswith("nothing was compared")
