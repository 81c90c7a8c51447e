"""Run folders: named apart, whole or not there."""

import datetime as dt
import re
import subprocess
import sys

import pytest

from harness.errors import NoSuchModel, StoreError
from harness.runs.folder import new_run_folder, read_answers, read_run, remove_unfinished, write_run
from harness.runs.names import number_of
from tests.sample_run import sample_run

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_run_folders_are_numbered(tmp_path):
    """One more than the highest there is, whatever else is there; the date is in the name."""
    for name in ("0007-2026-11-20-aaaa", "2026-11-22-1f3c", "9999999-notes"):
        (tmp_path / name).mkdir()

    folders = [new_run_folder(tmp_path, NOW) for _ in range(2)]

    assert [re.fullmatch(r"(\d{4})-2026-11-22-[0-9a-f]{4}", folder.name)[1] for folder in folders] == ["0008", "0009"]
    assert sorted(path.name for path in tmp_path.iterdir() if "0009" in path.name) == [folders[1].name]


def test_runs_that_start_at_once_have_numbers_of_their_own(tmp_path):
    """Many processes of the same second: no number twice, and none left out."""
    code = (
        "import datetime as dt, pathlib, sys; from harness.runs.folder import new_run_folder\n"
        "sys.stdin.read()\n"
        "for _ in range(15): new_run_folder(pathlib.Path(sys.argv[1]), dt.datetime(2026, 11, 22))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        process.stdin.close()
    codes = [process.wait() for process in processes]

    assert codes == [0] * 4
    assert sorted(number_of(path.name) for path in tmp_path.iterdir()) == list(range(1, 61))


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    """A file where runs should be."""
    (tmp_path / "runs").write_text("a file")

    with pytest.raises(StoreError, match="can't be made"):
        new_run_folder(tmp_path / "runs", NOW)


def test_what_was_written_is_read_again(tmp_path):
    """The run and its answers, and no other file."""
    sample = sample_run()
    write_run(tmp_path, sample.run, sample.answers, sample.judgements)

    assert read_run(tmp_path) == sample.run
    assert tuple(read_answers(tmp_path)) == tuple(sample.answers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "run.json", "scores.jsonl"]


def test_a_folder_without_a_run_is_no_model(tmp_path):
    """An incomplete run is refused by name."""
    with pytest.raises(NoSuchModel, match="no saved run"):
        read_run(tmp_path)


def test_a_damaged_run_is_named(tmp_path):
    """The file is named, and in a file of lines the line."""
    (tmp_path / "run.json").write_text('{"id": 1}')
    (tmp_path / "answers.jsonl").write_text("{}\n")

    with pytest.raises(StoreError, match=r"run\.json: not readable"):
        read_run(tmp_path)
    with pytest.raises(StoreError, match=r"answers\.jsonl:1: not readable"):
        list(read_answers(tmp_path))


def test_a_file_that_is_gone_is_named(tmp_path):
    """For example when somebody deleted half of a run folder."""
    with pytest.raises(StoreError, match=r"answers\.jsonl: no such file; run the suites again"):
        list(read_answers(tmp_path))


def test_what_killed_runs_left_unfinished_is_removed(tmp_path):
    """In the folders of runs, and nothing else there or beside them."""
    run, other = tmp_path / "0007-2026-11-22-1f3c", tmp_path / "mine"
    for folder in (run, other):
        folder.mkdir()
        (folder / ".answers.jsonl.x.unfinished").touch()
        (folder / "vllm.log").touch()

    remove_unfinished(tmp_path)
    remove_unfinished(tmp_path / "none")

    assert [path.name for path in run.iterdir()] == ["vllm.log"]
    assert len(list(other.iterdir())) == 2


def test_a_name_that_no_folder_can_have_is_refused(tmp_path):
    """NUL, as from a settings file."""
    with pytest.raises(StoreError, match=r"can't be made: .*embedded null"):
        new_run_folder(tmp_path / "a\0b", dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
