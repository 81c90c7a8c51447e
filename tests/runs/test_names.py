"""Runs by name: a number, a folder, with or without ``run:``."""

import os
from pathlib import Path

import pytest

from harness.errors import InputError, NoSuchModel
from harness.runs.names import find_run, folders_in, highest_number, number_of, runs_in


def saved(runs: Path, *names: str) -> Path:
    """Make folders that look like saved runs."""
    for name in names:
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").write_text("{}")
    return runs


@pytest.mark.parametrize("name", ["7", "run:7", "0007", "0007-2026-11-22-1f3c", "run:0007-2026-11-22-1f3c"])
def test_a_run_is_found_by_number_or_folder(tmp_path, name):
    """Other runs and other files next to them don't matter."""
    runs = saved(tmp_path / "runs", "0007-2026-11-22-1f3c", "0008-2026-11-22-aaaa", "2026-11-22-0007", "notes")
    (runs / "answers.sqlite").touch()

    assert find_run(runs, name) == runs / "0007-2026-11-22-1f3c"


def test_a_run_without_number_is_found_by_its_folder(tmp_path):
    """As older runs are named; its year is not a number."""
    runs = saved(tmp_path, "2026-11-22-1f3c")

    assert find_run(runs, "run:2026-11-22-1f3c").name == "2026-11-22-1f3c"
    with pytest.raises(NoSuchModel, match="no saved run has the number 2026"):
        find_run(runs, "2026")


def test_a_run_is_found_by_its_path(tmp_path):
    """From a shell that completes paths, or outside the folder of runs."""
    elsewhere = saved(tmp_path / "elsewhere", "0001-2026-11-22-1f3c") / "0001-2026-11-22-1f3c"

    assert find_run(tmp_path / "runs", str(elsewhere)) == elsewhere


def test_two_runs_with_one_number_must_be_named_by_folder(tmp_path):
    """As when a folder was copied from another checkout; neither is taken by chance."""
    runs = saved(tmp_path, "0007-2026-11-22-1f3c", "0007-2026-11-23-aaaa")

    with pytest.raises(InputError, match="0007-2026-11-22-1f3c and 0007-2026-11-23-aaaa have the number 7"):
        find_run(runs, "7")


@pytest.mark.parametrize(
    "name", ["", "run:", "9", "none", "..", "0008", "7\n", "\N{ARABIC-INDIC DIGIT SEVEN}", "-1", "7.0", "0" * 9]
)
def test_a_name_that_leads_nowhere_says_where_to_look(tmp_path, name):
    """An incomplete run is none, whichever way it is named."""
    runs = saved(tmp_path / "runs", "0007-2026-11-22-1f3c")
    (runs / "0008-2026-11-22-1f3c").mkdir()

    with pytest.raises(NoSuchModel, match="no saved run"):
        find_run(runs, name)


def test_only_names_of_runs_have_numbers():
    """Everything else in the folder counts as 0."""
    names = [
        "0012-2026-11-22-1f3c",
        "0012",
        "12",
        "0012-notes",
        "2026-11-22-1f3c",
        "1234567-2026-11-22-1f3c",
        "٠٠١٢",
        "",
    ]

    assert [number_of(name) for name in names] == [12, 12, 0, 0, 0, 0, 0, 0]


def test_the_highest_number_of_no_runs_is_zero(tmp_path):
    """Also when the folder isn't there, or no folder can have its name."""
    assert highest_number(tmp_path / "a\0b") == 0
    assert highest_number(tmp_path / "none") == 0
    assert highest_number(saved(tmp_path, "0012-2026-11-22-1f3c", "0009-2026-11-22-1f3c")) == 12


def test_a_number_of_thousands_of_digits_is_no_run(tmp_path):
    """It is more than Python reads as a number."""
    with pytest.raises(NoSuchModel, match="no saved run here"):
        find_run(tmp_path, f"run:{'7' * 200}")


def test_a_record_that_is_a_pipe_is_named(tmp_path):
    """It is there, so "no saved run here" would send people looking."""
    (tmp_path / "0007").mkdir()
    os.mkfifo(tmp_path / "0007" / "run.json")

    with pytest.raises(NoSuchModel, match=r"0007/run\.json: not a regular file"):
        find_run(tmp_path, str(tmp_path / "0007"))


def test_what_drift_keeps_beside_the_runs_is_no_run(tmp_path):
    """`harness history` said that it left one out."""
    runs = saved(tmp_path / "runs", "0007-2026-11-22-1f3c")
    (runs / "drift").mkdir()

    assert [path.name for path in folders_in(runs)] == ["0007-2026-11-22-1f3c"]


def test_runs_are_named_by_ranges_and_one_by_one(tmp_path):
    """Those of a range that are there, the oldest first, each once."""
    runs = saved(tmp_path, "0003-2026-11-22-1f3c", "0007-2026-11-22-1f3c", "0012-2026-11-22-1f3c")
    (runs / "0005").mkdir()

    found = runs_in(runs, "12, 1..7,3")

    assert [number_of(path.name) for path in found] == [3, 7, 12]
    for wrong in ("8..9", "4", "9..1"):
        with pytest.raises(NoSuchModel):
            runs_in(runs, wrong)
    with pytest.raises(InputError, match=r"1\.\.20"):
        runs_in(runs, " , ")
