"""Stores of earlier formats: all that they have is in the new one."""

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest

from harness.asking.store import ReusingStore, Store
from harness.asking.store.responses import Found
from harness.errors import StoreError
from tests.asking.store.test_responses import GPT, NOW, answered, in_tables, store_in

FORMAT_4 = """
ALTER TABLE answers RENAME TO new_answers;
CREATE TABLE answers (
    key TEXT PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, response BLOB NOT NULL,
    checksum INTEGER
);
INSERT INTO answers SELECT lower(hex(key)), source, time, response, checksum FROM new_answers ORDER BY rowid;
DROP TABLE new_answers;
DROP TABLE keys;
DROP TABLE indexed;
ALTER TABLE errors RENAME TO new_errors;
CREATE TABLE errors (
    key TEXT PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL
);
INSERT INTO errors SELECT lower(hex(key)), source, time, reason FROM new_errors ORDER BY rowid;
DROP TABLE new_errors;
PRAGMA user_version = 4;
"""


def store_of_format_4(folder: Path) -> Path:
    """A store as version 0.1 left it, in WAL mode: two answers, and one error."""
    path = store_in(folder, "old", "older")
    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("failed", error="no")])
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FORMAT_4)
    return path.rename(folder / "responses.sqlite")


def newer(older: Path) -> Path:
    """Return where a store is copied to."""
    return older.with_name("answers.sqlite")


def test_a_store_of_format_4_is_copied_with_its_keys_as_bytes(tmp_path):
    """Everything in it is there, in its order, checksums and errors too; nothing is beside it."""
    path = newer(store_of_format_4(tmp_path))

    with Store(path) as store:
        found = store.find([answered("old")[1], answered("older")[1]])

    assert found == {answered(question)[1]: answered(question)[2] for question in ("old", "older")}
    assert in_tables(path, "PRAGMA user_version") == [(6,)]
    keys = [bytes.fromhex(answered(question)[1]) for question in ("old", "older")]
    assert in_tables(path, "SELECT key, checksum IS NULL FROM answers ORDER BY rowid") == [(key, 0) for key in keys]
    assert in_tables(path, "SELECT key, time, reason FROM errors") == [
        (bytes.fromhex(answered("failed")[1]), int(NOW), "no")
    ]
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


FORMAT_5 = """
ALTER TABLE answers RENAME TO new_answers;
CREATE TABLE answers (
    key BLOB PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, response BLOB NOT NULL,
    checksum INTEGER
);
INSERT INTO answers SELECT key, source, time, response, checksum FROM new_answers ORDER BY rowid;
DROP TABLE new_answers;
DROP TABLE keys;
DROP TABLE indexed;
PRAGMA user_version = 5;
"""


def test_a_store_of_format_5_is_copied_when_it_is_renamed(tmp_path):
    """It had the name that the store has now, so a person says so; checksums hold under the new numbers of sources."""
    path = store_in(tmp_path, "old")
    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("older", engine="fake 2")])
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FORMAT_5)
    with pytest.raises(StoreError, match=r"of format 5; rename it to responses\.sqlite: then it is copied"):
        Store(path)
    path.rename(tmp_path / "responses.sqlite")
    with Store(tmp_path / "new" / "answers.sqlite", clock=lambda: NOW) as store:
        store.keep([answered("new", engine="fake 2")])
    (tmp_path / "new" / "answers.sqlite").rename(path)

    with Store(path) as store:
        keys = [answered("old")[1], answered("older", engine="fake 2")[1], answered("new", engine="fake 2")[1]]
        assert {key: found.text for key, found in store.find(keys).items()} == dict(
            zip(keys, ("old", "older", "new"), strict=True)
        )
    engines = "SELECT engine, checksum IS NULL FROM answers JOIN sources ON id = source ORDER BY number"
    assert in_tables(path, engines) == [("fake 2", 0), ("fake 1", 0), ("fake 2", 0)]


@pytest.mark.parametrize("cut", ["while rows are copied", "before all is on the disk"])
def test_an_upgrade_that_is_cut_off_leaves_the_old_store_whole(tmp_path, monkeypatch, cut):
    """Nothing is in the new one then, and the next who opens it copies all."""
    path = store_of_format_4(tmp_path)
    before = in_tables(path, "SELECT * FROM answers"), in_tables(path, "SELECT * FROM errors")

    def broken(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        place = "older._with_key" if cut == "while rows are copied" else "older.Older.copy_into"
        patch.setattr(f"harness.asking.store.{place}", broken)
        with pytest.raises(KeyboardInterrupt):
            Store(newer(path))

    assert (in_tables(path, "SELECT * FROM answers"), in_tables(path, "SELECT * FROM errors")) == before
    assert in_tables(path, "PRAGMA user_version") == [(4,)]
    assert in_tables(newer(path), "SELECT name FROM sqlite_master") == []
    with Store(newer(path)) as store:
        assert len(store.find([answered("old")[1], answered("older")[1]])) == 2
    assert not path.exists()


def use_older(path: Path, number: int) -> int:
    """Keep an answer, and return how many of the older ones are found; in a process of its own."""
    with Store(path) as store:
        store.keep([answered(f"new {number}")])
        return len(store.find([answered("old")[1], answered("older")[1]]))


def test_many_processes_open_an_older_store_at_once(tmp_path):
    """One of them copies it; all find what was in it, and nothing that they keep is lost."""
    path = newer(store_of_format_4(tmp_path))

    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as processes:
        assert list(processes.map(use_older, [path] * 4, range(4))) == [2] * 4

    with Store(path) as store:
        assert len(store.find(answered(f"new {number}")[1] for number in range(4))) == 4


def test_whoever_has_the_older_file_open_writes_nothing_into_it(tmp_path):
    """An earlier version of the harness that opened it just before is told to update, in place of losing answers."""
    path = store_of_format_4(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA cache_size")  # opens the file, and locks nothing
        with Store(newer(path)):
            pass

        assert other.execute("PRAGMA user_version").fetchone()[0] > 6
        with pytest.raises(sqlite3.OperationalError):  # also when it had read the version before
            other.execute("PRAGMA journal_mode = WAL")


def test_an_older_store_that_is_in_use_is_waited_for_and_named(tmp_path, monkeypatch):
    """A run of an earlier version still asks: nothing is copied, and nothing of it is changed."""
    monkeypatch.setattr("harness.asking.store.database.BUSY_TIMEOUT_S", 0.05)
    path = store_of_format_4(tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT * FROM answers").fetchall()

        with pytest.raises(StoreError, match="another process has locked it"):
            Store(newer(path))

    assert len(in_tables(path, "SELECT * FROM answers")) == 2


def test_an_older_store_that_comes_back_is_left_alone(tmp_path):
    """An earlier version of the harness was used again: its file is its own."""
    with Store(newer(store_of_format_4(tmp_path))):
        pass
    path = tmp_path / "responses.sqlite"
    path.write_bytes(b"somebody's")

    with Store(newer(path)) as store:
        assert len(store.find([answered("old")[1]])) == 1
    assert path.read_bytes() == b"somebody's"


def test_a_store_of_format_3_is_copied(tmp_path):
    """Its answers are served without a checksum; new ones get theirs."""
    path = store_of_format_4(tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM answers WHERE rowid > 1")
        db.execute("ALTER TABLE answers DROP COLUMN checksum")
        db.execute("PRAGMA user_version = 3")
    path = newer(path)

    with Store(path) as store:
        store.keep([answered("new")])

        assert len(store.find([answered("old")[1], answered("new")[1]])) == 2
    assert in_tables(path, "PRAGMA user_version") == [(6,)]
    assert in_tables(path, "SELECT checksum IS NULL FROM answers ORDER BY rowid") == [(1,), (0,)]


def test_a_store_of_format_1_is_copied(tmp_path):
    """Its answers are served; what answered is not known any more."""
    path = tmp_path / "answers.sqlite"
    _, key, response = answered("old")
    with closing(sqlite3.connect(tmp_path / "responses.sqlite")) as db:
        db.execute("CREATE TABLE responses (key TEXT PRIMARY KEY, response BLOB) WITHOUT ROWID")
        db.execute("INSERT INTO responses VALUES (?, ?)", (key, msgspec.json.encode(response)))
        db.execute("PRAGMA user_version = 1")
        db.commit()

    with Store(path) as store:
        store.keep([answered("new")])
        found = store.find([key, answered("new")[1]])

    assert found == {key: response, answered("new")[1]: answered("new")[2]}
    assert in_tables(path, "PRAGMA user_version") == [(6,)]
    assert in_tables(path, "SELECT name FROM sqlite_master WHERE name = 'responses'") == []


FORMAT_2 = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, model TEXT NOT NULL, adapter_digest TEXT NOT NULL, engine TEXT NOT NULL,
    UNIQUE (model, adapter_digest, engine)
);
CREATE TABLE answers (
    key TEXT PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, response BLOB NOT NULL
);
CREATE TABLE errors (
    key TEXT PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL
);
INSERT INTO sources VALUES (1, 'tiny', '', 'fake 1'), (7, 'gpt-x', 'gpt-x', 'fake 1');
PRAGMA user_version = 2;
"""


def test_a_store_of_format_2_keeps_its_answers_and_serves_none_of_a_hosted_model(tmp_path):
    """Which run asked the hosted model is not known; whoever reuses such answers gets them all the same."""
    path = tmp_path / "answers.sqlite"
    seen, hosted = answered("old"), answered("old", model=GPT)
    rows = [
        (key, source, int(NOW), msgspec.json.encode(response))
        for source, (_, key, response) in ((1, seen), (7, hosted))
    ]
    with closing(sqlite3.connect(tmp_path / "responses.sqlite")) as db:
        db.executescript(FORMAT_2)
        db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", rows)
        db.commit()

    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("new")])

        assert store.find([seen[1], answered("new")[1]]) == {seen[1]: seen[2], answered("new")[1]: answered("new")[2]}
        assert store.find_hosted([hosted[1]]) == {}
    with ReusingStore(path) as store:
        assert store.find_hosted([hosted[1]]) == {hosted[1]: Found(response=hosted[2], kept_at=int(NOW))}
    assert in_tables(path, "SELECT id, model, adapter_digest, engine, run, open FROM sources ORDER BY id") == [
        (1, "tiny", "", "fake 1", "", 0),
        (7, "gpt-x", "gpt-x", "fake 1", "", 0),
    ]


def test_a_broken_upgrade_leaves_the_old_store(tmp_path):
    """A file that only claims to be of format 1 keeps its version and its tables."""
    path = tmp_path / "responses.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE mine (x)")
        db.execute("PRAGMA user_version = 1")
    before = path.read_bytes()

    with pytest.raises(StoreError, match="it can't be used; if it is not a response store, move it away"):
        Store(newer(path))

    assert path.read_bytes() == before
