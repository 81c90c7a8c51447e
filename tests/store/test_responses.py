"""The response store and run folders."""

import datetime as dt
import os
import sqlite3

import msgspec
import pytest

from harness.errors import NoSuchModel, StoreError
from harness.records import Response
from harness.store import Store, new_run_folder, read_run, write_atomically

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_an_answer_is_found_again_by_another_process(tmp_path):
    """What was kept is there when the file is opened anew, and while another has it open."""
    path = tmp_path / "responses.sqlite"
    answer = Response(request_key="k", text="yes", tokens_out=1)
    with Store(path) as first:
        first.keep(answer)
        with Store(path) as second:
            found = second.find(["k", "unknown"])

    assert found == {"k": answer}


def test_an_error_is_never_served_as_an_answer(tmp_path):
    """A failed call is asked again by the next run."""
    with Store(tmp_path / "responses.sqlite") as store:
        store.keep(Response(request_key="k", error="503"))

        assert store.find(["k"]) == {}


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    """The error says so, and the file keeps its bytes."""
    path = tmp_path / "responses.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(StoreError, match="made by a newer version"):
        Store(path)


def test_what_is_no_store_is_named(tmp_path):
    """A file of another kind is refused, not overwritten."""
    path = tmp_path / "responses.sqlite"
    path.write_bytes(b"something else entirely, more than a hundred bytes long" * 4)

    with pytest.raises(StoreError, match="can't be opened"):
        Store(path)

    assert path.read_bytes().startswith(b"something else")


def test_run_folders_never_meet(tmp_path):
    """Two runs of the same second get folders of their own, named by the date."""
    one, two = new_run_folder(tmp_path, NOW), new_run_folder(tmp_path, NOW)

    assert one != two
    assert one.name.startswith("2026-11-22-")


def test_a_folder_without_a_run_is_no_model(tmp_path):
    """An incomplete run is refused by name."""
    with pytest.raises(NoSuchModel, match="no saved run"):
        read_run(tmp_path)


def test_a_damaged_run_is_named(tmp_path):
    """The file is named."""
    (tmp_path / "run.json").write_text('{"id": 1}')

    with pytest.raises(StoreError, match=r"run\.json: not readable"):
        read_run(tmp_path)


def test_writing_leaves_nothing_half_done(tmp_path):
    """A file is replaced at once, and no temporary file stays."""
    path = tmp_path / "run.json"
    write_atomically(path, b"old")
    write_atomically(path, msgspec.json.encode({"id": "new"}))

    assert path.read_bytes() == b'{"id":"new"}'
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208 - hidden files count
