"""The format of a response store: its tables, its file, and how keys are in it. Earlier ones are in ``older``.

Answers are appended as they come, and ``keys`` leads from a request's key to its answer. Keys come in random order: in
a large store, each key that is indexed alone writes a page of the index anew, which costs four times as much as to
append its answer. So they are indexed later and in their order, up to the answer that ``indexed`` names: see
``Database.index``.
"""

import sqlite3
import time
from pathlib import Path

FORMAT = 6
TABLES = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, model TEXT NOT NULL, adapter_digest TEXT NOT NULL, engine TEXT NOT NULL,
    run TEXT NOT NULL, open INTEGER NOT NULL, UNIQUE (model, adapter_digest, engine, run)
);
CREATE TABLE answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL,
    response BLOB NOT NULL, checksum INTEGER
);
CREATE TABLE keys (digest BLOB PRIMARY KEY NOT NULL, answer INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE indexed (answer INTEGER NOT NULL);
INSERT INTO indexed VALUES (0);
CREATE TABLE errors (
    key BLOB PRIMARY KEY NOT NULL, source INTEGER NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL
);
"""
STORE_FILE, OLDER_FILE = "answers.sqlite", "responses.sqlite"
"""The store's file in a folder of runs, and that of formats 1 to 4."""
POLL_S = 0.01


def older_file(path: Path) -> Path | None:
    """Return the file of an earlier format beside a store's file, if there is one."""
    older = path.with_name(OLDER_FILE)
    return older if path.name == STORE_FILE and older.is_file() else None


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
