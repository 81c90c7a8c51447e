"""The format of a response store: its tables, its file, and how keys are in it. Earlier ones are in ``older``.

What ``keys`` and ``indexed`` are for, ``index`` says.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
FIND_SOURCE = "SELECT id FROM sources WHERE (model, adapter_digest, engine, run) = (?, ?, ?, ?)"
POLL_S = 0.01

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Row]]
"""SQL, and the parameters of each of its executions."""


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
