"""Whether what a run writes can be written."""

import errno
import sqlite3
import tempfile
from contextlib import closing

import pytest

from harness.asking.store import Store
from harness.asking.store.formats import FORMAT
from harness.doctor.folders import check_folder, check_store


def database_in(path, statements):
    """Make a database with these statements."""
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_folder_that_is_there_or_can_be_made_is_fine(tmp_path):
    """Nothing is left in it, and none is made."""
    there, later = check_folder("runs", tmp_path, ""), check_folder("runs", tmp_path / "a" / "b", "")

    assert (there.state, there.found) == ("ok", f"{tmp_path}, writable")
    assert (later.state, later.found) == ("ok", f"{tmp_path / 'a' / 'b'}, not made yet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "why", "remedy"),
    [
        (errno.EACCES, "Permission denied", "allow this user to write there"),
        (errno.ENOSPC, "No space left on device", "make room"),
        (errno.ENOTTY, "Not a typewriter", "make it writable for this user"),
    ],
)
def test_a_folder_that_can_not_be_written_is_a_problem(tmp_path, monkeypatch, code, why, remedy):
    """Also where only the one above it is there; what helps depends on the cause."""

    def refuse(**_: object) -> None:
        raise OSError(code, why)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    there, later = (check_folder("runs", path, "set runs in harness.toml") for path in (tmp_path, tmp_path / "new"))

    assert (there.state, there.found) == ("problem", f"{tmp_path}: can't be written: {why}")
    assert later.found == f"{tmp_path / 'new'}: can't be made, since {tmp_path}: can't be written: {why}"
    assert there.remedy == f"{remedy}, or set runs in harness.toml"


def test_a_file_in_the_place_of_a_folder_is_a_problem(tmp_path):
    """It is named."""
    (tmp_path / "runs").write_text("")

    finding = check_folder("runs", tmp_path / "runs", "set runs in harness.toml")

    assert (finding.state, finding.found) == ("problem", f"{tmp_path / 'runs'}: can't be written: Not a directory")


def test_a_store_is_only_read(tmp_path):
    """Made by this version, or not there yet."""
    path = tmp_path / "answers.sqlite"
    before = check_store(path)
    Store(path).close()
    content = path.read_bytes()
    after = check_store(path)

    assert (before.state, before.found) == ("ok", f"{path}, not made yet")
    assert (after.state, after.found) == ("ok", f"{path}, {len(content) / 1e6:,.1f} MB, writable")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (["CREATE TABLE other (a)"], "a database of another program, not a response store"),
        ([f"PRAGMA user_version = {FORMAT + 1}"], f"made by a newer version of the harness (format {FORMAT + 1}, this"),
    ],
)
def test_another_database_is_a_problem(tmp_path, statements, problem):
    """Of another program, or of a newer version."""
    path = tmp_path / "answers.sqlite"
    database_in(path, statements)

    finding = check_store(path)

    assert finding.state == "problem"
    assert finding.found.startswith(f"{path}: {problem}")
    assert finding.remedy


def test_what_is_no_database_is_a_problem(tmp_path, monkeypatch):
    """A text, a folder, or a store of another user."""
    path = tmp_path / "answers.sqlite"
    path.write_text("not a database, but long enough to be read as one: " * 20)
    text = check_store(path)
    folder = check_store(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    foreign = check_store(path)

    assert [one.state for one in (text, folder, foreign)] == ["problem"] * 3
    assert "can't be read as a response store" in text.found
    assert folder.found == f"{tmp_path}: this is not a file, so not a response store"
    assert foreign.found == f"{path}: can't be written"
