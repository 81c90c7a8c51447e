"""The formats of a response store: the tables of this one, and how stores of earlier ones are copied into it.

An older file is never changed: its rows are copied into a new one of another name, in one transaction. Whatever
interrupts that leaves the old file whole. It can't have the same name: SQLite finds the log of a file by its name, and
whoever had the old file open would take the new file's log for its own. Format 1 had no sources, 2 no runs, 3 no
checksums, 4 keys as text.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path

from harness.errors import StoreError

FORMAT = 5
# With a row id of their own, long answers are appended, and only the small index of keys is in random order.
TABLES = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, model TEXT NOT NULL, adapter_digest TEXT NOT NULL, engine TEXT NOT NULL,
    run TEXT NOT NULL, open INTEGER NOT NULL, UNIQUE (model, adapter_digest, engine, run)
);
CREATE TABLE answers (
    key BLOB PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, response BLOB NOT NULL,
    checksum INTEGER
);
CREATE TABLE errors (
    key BLOB PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL
);
"""
SOURCES = "SELECT id, model, adapter_digest, engine, {} FROM sources"
ANSWERS = "SELECT key, source, time, response, {} FROM answers ORDER BY rowid"
ERRORS = "SELECT key, source, time, reason FROM errors ORDER BY rowid"
OLDER: Mapping[int, tuple[str, str, str]] = {
    1: (
        "SELECT 1, '', '', '', '', 0",
        "SELECT key, 1, CAST(strftime('%s', 'now') AS INTEGER), response, NULL FROM responses",
        "SELECT NULL, 1, 0, '' WHERE 0",
    ),
    2: (SOURCES.format("'', 0"), ANSWERS.format("NULL"), ERRORS),
    3: (SOURCES.format("run, open"), ANSWERS.format("NULL"), ERRORS),
    4: (SOURCES.format("run, open"), ANSWERS.format("checksum"), ERRORS),
}
"""Of each earlier format, SQL for its sources, answers and errors. Answers without a checksum stay without: what is on
the disk now may already be damaged."""
GONE = 1_000_000
"""The version of an older file once it is copied: whoever still has it open is told that a newer version of the
harness is there, in place of keeping answers in a file without a name."""
STORE_FILE, OLDER_FILE = "answers.sqlite", "responses.sqlite"
"""The store's file in a folder of runs, and that of formats 1 to 4."""
POLL_S = 0.01


def older_file(path: Path) -> Path | None:
    """Return the file of an earlier format beside a store's file, if there is one."""
    older = path.with_name(OLDER_FILE)
    return older if path.name == STORE_FILE and older.is_file() else None


def copy_older(path: Path, newer: sqlite3.Connection, busy_timeout_s: float) -> Callable[[], None]:
    """Copy an older store into the tables of a new one, in its open transaction; return what removes the older file.

    That is to be called once the new one is on the disk. Until then nothing in the older file changes.

    Raises:
        StoreError: it is no store.
        sqlite3.Error: it can't be read, another process has it open, or the disk is full.
    """
    older = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
    try:
        switch_journal(older, "DELETE", busy_timeout_s)  # alone, since no other can have it open then
        older.execute("BEGIN EXCLUSIVE")
        sources, answers, errors = _queries(older, path)
        newer.executemany("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", older.execute(sources))
        newer.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", _with_keys(older.execute(answers)))
        newer.executemany("INSERT OR IGNORE INTO errors VALUES (?, ?, ?, ?)", _with_keys(older.execute(errors)))
    except BaseException:
        older.close()
        raise

    def remove() -> None:
        with closing(older):
            older.execute(f"PRAGMA user_version = {GONE}")
            older.execute("COMMIT")
        path.unlink()

    return remove


def _queries(older: sqlite3.Connection, path: Path) -> tuple[str, str, str]:
    version = older.execute("PRAGMA user_version").fetchone()[0]
    if version not in OLDER:
        raise StoreError(f"{path}: not a response store of an earlier version of the harness; move it away")
    return OLDER[version]


def switch_journal(database: sqlite3.Connection, mode: str, busy_timeout_s: float) -> None:
    """Choose the journal. For this, SQLite does not wait by itself until it has the file alone.

    Raises:
        sqlite3.OperationalError: another process has it for too long.
    """
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            database.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as problem:
            if primary_code(problem) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(POLL_S)
        else:
            return


def primary_code(problem: sqlite3.Error) -> int:
    """Return SQLite's code of an error, without its details."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF


def key_bytes(key: str) -> bytes:
    """Return a key as the store has it; none that is not a digest is found there."""
    try:
        return bytes.fromhex(key)
    except ValueError:
        return key.encode()


def _with_keys(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Yield rows with their keys as bytes. One that is damaged is kept as it is, so that it is found and removed."""
    for key, *rest in rows:
        yield tuple(chain([key_bytes(key) if isinstance(key, str) else key], rest))
