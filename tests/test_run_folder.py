"""Run folders: named apart, whole or not there."""

import datetime as dt

import pytest

from harness.errors import NoSuchModel, StoreError
from harness.run_folder import new_run_folder, read_answers, read_run, write_run
from tests.sample_run import sample_run

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_run_folders_never_meet(tmp_path):
    """Two runs of the same second get folders of their own, named by the date."""
    one, two = new_run_folder(tmp_path, NOW), new_run_folder(tmp_path, NOW)

    assert one != two
    assert one.name.startswith("2026-11-22-")


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    """A file where runs should be."""
    (tmp_path / "runs").write_text("a file")

    with pytest.raises(StoreError, match="can't be made"):
        new_run_folder(tmp_path / "runs", NOW)


def test_what_was_written_is_read_again(tmp_path):
    """The run and its answers, and no file besides."""
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
