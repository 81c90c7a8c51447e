"""What a session saved: gathered, kept in a folder, and read back as somebody else's."""

import json
import shutil

import pytest

from harness.ci.ended import Ended, collect, read_ended
from harness.errors import InputError, StoreError
from harness.runs.folder import write_run
from tests.ci.sessions import ended, run_of, verdict


def saved(runs, *outcomes: str):
    """Save a run with each of these outcomes, numbered from 1, with a report."""
    for number, outcome in enumerate(outcomes, start=1):
        run = run_of(verdict(outcome), number=number)
        (runs / run.id).mkdir(parents=True)
        write_run(runs / run.id, run, (), ())
        (runs / run.id / "report.html").write_text(f"report {number}")


def test_only_the_runs_of_this_session_are_taken(tmp_path):
    """A cache brings older ones along, and one that never ended has no run.json."""
    saved(tmp_path / "runs", "passed", "failed", "passed")
    (tmp_path / "runs" / "0004-2026-11-26-aaaa").mkdir()

    found = collect(tmp_path / "runs", 1, 1, tmp_path / "out")

    assert [run.number for run in found.runs] == [2, 3]
    assert found.outcome == "failed"
    assert read_ended(tmp_path / "out") == found
    assert [path.read_text() for path in sorted((tmp_path / "out").glob("*/report.html"))] == ["report 2", "report 3"]


@pytest.mark.parametrize(
    ("exit_code", "outcome", "words"),
    [
        (0, "inconclusive", "nothing was gated"),
        (1, "failed", "a test broke before any model was asked"),
        (2, "failed", "the tests were interrupted"),
        (4, "failed", "pytest was called wrongly"),
        (5, "failed", "no test was collected"),
        (6, "inconclusive", "something could not be measured"),
        (137, "failed", "pytest was stopped"),
    ],
)
def test_a_session_that_saved_nothing_never_passed(tmp_path, exit_code, outcome, words):
    """An older run that a cache brought along is not its result."""
    saved(tmp_path / "runs", "passed")

    found = collect(tmp_path / "runs", 1, exit_code, tmp_path / "out")

    assert found.runs == ()
    assert found.outcome == outcome
    assert words in found.remark
    assert f"exit code {exit_code}" in found.remark


@pytest.mark.parametrize(("exit_code", "outcome"), [(0, "passed"), (6, "inconclusive"), (1, "failed"), (3, "failed")])
def test_the_outcome_is_never_better_than_the_exit_code(exit_code, outcome):
    """A run that passed, where pytest could not save its report or a plugin broke."""
    session = Ended(exit_code=exit_code, runs=ended("passed").runs)

    assert session.outcome == outcome
    assert bool(session.remark) == (outcome != "passed")


def test_an_earlier_result_does_not_stay_where_a_run_cannot_be_read(tmp_path):
    """A machine that keeps its folders, and a disk that was full."""
    collect(tmp_path / "runs", 0, 0, tmp_path / "out")
    (tmp_path / "runs" / "0007-2026-11-26-1f3c").mkdir(parents=True)
    (tmp_path / "runs" / "0007-2026-11-26-1f3c" / "run.json").write_text("{")

    with pytest.raises(StoreError):
        collect(tmp_path / "runs", 0, 1, tmp_path / "out")

    with pytest.raises(InputError, match=r"result\.json: can't be read"):
        read_ended(tmp_path / "out")


def test_the_outcome_is_never_better_than_a_run():
    """Whatever exit code is claimed."""
    assert Ended(exit_code=0, runs=ended("failed").runs).outcome == "failed"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ('{"exit_code": 0, "runs": ["../../etc"]}', "is not the name of a run's folder"),
        ('{"exit_code": 0, "runs": ["0001-2026-11-26-1f3c/.."]}', "is not the name of a run's folder"),
        ('{"exit_code": -1, "runs": []}', "Expected `int` >= 0"),
        ('{"exit_code": 0, "runs": [], "more": 1}', "unknown field"),
        ('{"exit_code": 0}', "missing required field"),
        ("[" * 100_000, "not what"),
    ],
)
def test_a_folder_that_somebody_else_wrote_is_read_as_such(tmp_path, result, words):
    """No path outside of it, no other record."""
    (tmp_path / "result.json").write_text(result)

    with pytest.raises(InputError, match=r"result\.json") as refused:
        read_ended(tmp_path)
    assert words in str(refused.value)


def test_a_link_in_such_a_folder_is_not_followed(tmp_path):
    """It could lead to a file of the job that reads it."""
    saved(tmp_path / "runs", "passed")
    collect(tmp_path / "runs", 0, 0, tmp_path / "out")
    (folder,) = (tmp_path / "out").glob("0001*")
    shutil.move(folder / "run.json", tmp_path / "elsewhere.json")
    (folder / "run.json").symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(InputError, match="a link"):
        read_ended(tmp_path / "out")


def test_a_run_with_unknown_fields_is_refused(tmp_path):
    """Records take no more than they name."""
    saved(tmp_path / "runs", "passed")
    collect(tmp_path / "runs", 0, 0, tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*/run.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "html": "<script>"}))

    with pytest.raises(StoreError, match="unknown field"):
        read_ended(tmp_path / "out")


def test_without_results_the_command_that_makes_them_is_named(tmp_path):
    """An empty folder."""
    with pytest.raises(InputError, match=r"`harness ci collect` writes it"):
        read_ended(tmp_path)
