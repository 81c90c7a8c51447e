"""The formats of a response store: the tables of this one, and how stores of earlier ones are copied into it.

An older file is never changed: its rows are copied into a new one, which then replaces it. Whatever interrupts that
leaves the old file whole. Format 1 had no sources, 2 no runs, 3 no checksums, 4 keys as text.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path

from harness.text.atomic import replacing_durably

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
"""The version of a file that was replaced: whoever still has it open is told that a newer version of the harness is
there, in place of writing to a file without a name."""


def copy_older(older: sqlite3.Connection, version: int, path: Path) -> None:
    """Put a store of this format in place of an older one, which ``older`` has locked against everybody else.

    Raises:
        sqlite3.Error: it can't be read, or the disk is full.
        StoreError: the new file can't be written.
    """
    sources, answers, errors = OLDER[version]
    with replacing_durably(path) as file, closing(sqlite3.connect(file.name, isolation_level=None)) as newer:
        newer.execute("PRAGMA journal_mode = OFF")  # what is not finished is removed
        newer.execute("BEGIN")
        for sql in TABLES.split(";"):
            newer.execute(sql)
        newer.executemany("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", older.execute(sources))
        newer.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", _with_keys(older.execute(answers)))
        newer.executemany("INSERT OR IGNORE INTO errors VALUES (?, ?, ?, ?)", _with_keys(older.execute(errors)))
        newer.execute(f"PRAGMA user_version = {FORMAT}")
        newer.execute("COMMIT")
    older.execute(f"PRAGMA user_version = {GONE}")


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
