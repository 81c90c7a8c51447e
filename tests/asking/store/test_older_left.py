"""An older store that is still beside a new one, or again: after a kill, and after an earlier version was used."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest

from harness.asking.store import Store
from tests.asking.store.test_older import FORMAT_4, newer, store_of_format_4
from tests.asking.store.test_responses import NOW, answered, in_tables


class Killed(sqlite3.Connection):
    """A connection whose process is killed before one of its statements.

    ``steps`` counts down over all files from when the older one is opened.
    """

    steps = 0
    counts = False

    def __init__(self, file: object, *more: object, **options: object) -> None:
        """Open the file."""
        Killed.counts |= "responses" in str(file)
        super().__init__(file, *more, **options)

    def execute(self, *sql: object) -> sqlite3.Cursor:
        """Count, then execute."""
        self.step()
        return super().execute(*sql)

    def close(self) -> None:
        """Count, then close."""
        self.step()
        super().close()

    def step(self) -> None:
        """Count, and die at the end."""
        Killed.steps -= self.counts
        if Killed.steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def open_until(path: Path, steps: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Open a store in a process that is killed at a step; return whether it got to its end."""

    def opened() -> None:
        Killed.steps = steps
        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Killed))
        Store(path)
        os._exit(0)

    process = get_context("fork").Process(target=opened)
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode == 0


def test_a_copy_that_is_killed_at_any_step_is_finished_by_the_next(tmp_path, monkeypatch):
    """Also where an earlier version goes on with the older file in between. Nothing is lost, and the file goes."""
    left_behind = []
    made = store_of_format_4(tmp_path)
    for steps in range(100):
        folder = tmp_path / str(steps)
        folder.mkdir()
        older = Path(shutil.copy(made, folder))
        if open_until(newer(older), steps, monkeypatch):
            break
        names = ["old", "older"]
        if older.exists() and in_tables(older, "PRAGMA user_version") == [(4,)]:
            with closing(sqlite3.connect(older)) as db, db:
                db.execute("INSERT INTO sources VALUES (2, 'tiny', '', 'fake 2', '', 0)")
                _, key, response = answered("later")
                row = (key, 2, int(NOW), msgspec.json.encode(response), None)
                db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", row)
            names.append("later")
            left_behind.append(in_tables(newer(older), "PRAGMA user_version"))

        with Store(newer(older)) as store:
            assert len(store.find(answered(name)[1] for name in names)) == len(names), steps
        assert in_tables(newer(older), "SELECT reason FROM errors") == [("no",)]
        assert [one.name for one in folder.iterdir()] == ["answers.sqlite"], steps
    assert [(0,)] in left_behind
    assert [(6,)] in left_behind, "no kill between the commit of the new one and the removal of the older one"


def use_again(older: Path, engine: str) -> Path:
    """Make an older file anew, as an earlier version of the harness does that is used again."""
    folder = older.with_name("again")
    folder.mkdir()
    with Store(folder / "answers.sqlite", clock=lambda: NOW) as store:
        store.keep([answered("again", engine=engine), answered("old", text="another answer")])
    with closing(sqlite3.connect(folder / "answers.sqlite")) as db:
        db.executescript(FORMAT_4)
    return (folder / "answers.sqlite").rename(older)


def test_answers_of_an_earlier_version_that_is_used_again_are_taken_over(tmp_path):
    """Under the number that their source has here, with a checksum that holds; what is here stays."""
    older = store_of_format_4(tmp_path)
    with Store(newer(older)):
        pass
    use_again(older, "fake 2")

    with Store(newer(older)) as store:
        found = store.find([answered("again", engine="fake 2")[1], answered("old")[1]])

    assert sorted(one.text for one in found.values()) == ["again", "old"]
    engines = "SELECT engine, checksum IS NULL FROM answers JOIN sources ON sources.id = source ORDER BY answers.rowid"
    assert in_tables(newer(older), engines) == [("fake 1", 0), ("fake 1", 0), ("fake 2", 0)]
    assert not older.exists()


def test_an_older_file_that_is_in_use_stays_until_it_is_not(tmp_path):
    """Nobody waits for it."""
    older = store_of_format_4(tmp_path)
    with Store(newer(older)):
        pass
    use_again(older, "fake 2")
    again = answered("again", engine="fake 2")[1]

    with closing(sqlite3.connect(older)) as other:
        other.execute("SELECT * FROM answers").fetchall()
        with Store(newer(older)) as store:
            assert store.find([again]) == {}
    with Store(newer(older)) as store:
        assert len(store.find([again])) == 1
    assert not older.exists()


def test_what_was_copied_and_then_removed_does_not_come_back(tmp_path):
    """Where the older file is only to be removed, it is marked."""
    older = store_of_format_4(tmp_path)
    kept = older.read_bytes()
    with Store(newer(older)):
        pass
    older.write_bytes(kept)
    with closing(sqlite3.connect(older)) as db:
        db.execute("PRAGMA user_version = 1000004")
    with closing(sqlite3.connect(newer(older))) as db, db:
        db.execute("DELETE FROM answers")

    with Store(newer(older)) as store:
        assert store.find([answered("old")[1]]) == {}
    assert not older.exists()


def test_a_copied_file_whose_new_one_was_deleted_is_copied_again(tmp_path):
    """The mark says of which format it was."""
    older = store_of_format_4(tmp_path)
    with closing(sqlite3.connect(older)) as db:
        db.execute("PRAGMA user_version = 1000004")

    with Store(newer(older)) as store:
        assert len(store.find([answered("old")[1], answered("older")[1]])) == 2
