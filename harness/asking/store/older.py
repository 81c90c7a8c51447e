"""Stores of earlier formats: what they have is copied into the new file, and then they are removed.

A file of another name takes an older one's place, since SQLite finds the log of a file by its name: whoever had the old
file open would take the new file's log for its own. Nothing in an older file changes until all of it is on the disk in
the new one. Who copies or removes it holds the new store's lock, and the older one's from the first row to the last.
What is killed in between, or an earlier version of the harness that is used again, leaves an older file beside a new
one: the next who opens the store copies what is not there yet. Format 1 had no sources, 2 no runs, 3 no checksums, 4
keys as text, 5 an index that each answer was put into at once.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.asking.store.formats import FIND_SOURCE, Row, key_bytes, switch_journal
from harness.asking.store.stored import COLUMNS, checksum_of
from harness.errors import StoreError

SOURCES = "SELECT id, model, adapter_digest, engine, {} FROM sources"
ANSWERS = "SELECT key, source, time, response, {} FROM answers ORDER BY rowid"
ERRORS = "SELECT key, source, time, reason FROM errors ORDER BY rowid"
FORMATS: Mapping[int, tuple[str, str, str]] = {
    1: (
        "SELECT 1, '', '', '', '', 0",
        "SELECT key, 1, CAST(strftime('%s', 'now') AS INTEGER), response, NULL FROM responses",
        "SELECT NULL, 1, 0, '' WHERE 0",
    ),
    2: (SOURCES.format("'', 0"), ANSWERS.format("NULL"), ERRORS),
    3: (SOURCES.format("run, open"), ANSWERS.format("NULL"), ERRORS),
    4: (SOURCES.format("run, open"), ANSWERS.format("checksum"), ERRORS),
    5: (SOURCES.format("run, open"), ANSWERS.format("checksum"), ERRORS),
}
"""Of each earlier format, SQL for its sources, answers and errors. Answers without a checksum stay without: what is on
the disk now may already be damaged."""
GONE = 1_000_000
"""Added to the format of an older file once it is copied: whoever still has it open is told that a newer version of the
harness is there, in place of keeping answers in a file without a name."""
APPEND = f"INSERT INTO answers ({COLUMNS}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - constants
NEW_SOURCE = "INSERT INTO sources (model, adapter_digest, engine, run, open) VALUES (?, ?, ?, ?, ?)"


class Older:
    """An older store, of which this process alone can read and write until ``close``.

    Raises:
        StoreError: it is no store.
        sqlite3.Error: it can't be read or written, or another process has it for longer than ``wait_s``.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self._path = path
        address = f"{path.absolute().as_uri()}?mode=rw"
        self._db = sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None)
        try:
            switch_journal(self._db, "DELETE", wait_s)  # alone, since no other can have it open then
            self._db.execute("BEGIN EXCLUSIVE")
            version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
            self.is_copied = version > GONE
            """Whether all that it has was in a new store already."""
            self._format = version % GONE
            self._refuse_other()
            self._db.execute(f"PRAGMA user_version = {version}")  # only who can write it can remove it
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was not committed is undone."""
        self._db.close()

    def copy_into(self, newer: sqlite3.Connection) -> None:
        """Append what a store is to have too, in its open transaction; the next index drops what it has already."""
        sources, answers, errors = FORMATS[self._format]
        numbers = {number: _number_in(newer, number, row) for number, *row in self._db.execute(sources)}
        rows = (_moved(row, numbers) for row in self._db.execute(answers))
        newer.executemany(APPEND, rows)
        rows = (_with_key(key, (numbers.get(source, source), *rest)) for key, source, *rest in self._db.execute(errors))
        newer.executemany("INSERT OR IGNORE INTO errors VALUES (?, ?, ?, ?)", rows)

    def remove(self, newer: sqlite3.Connection) -> None:
        """Remove the file, once all of it is on the disk in the new store; what can't be removed stays for the next.

        The new store's lock is held meanwhile: so no other removes what an earlier version makes under the same name.
        """
        with suppress(sqlite3.Error, OSError):
            newer.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute(f"PRAGMA user_version = {GONE + self._format}")
                self._db.execute("COMMIT")
                self._db.close()
                self._path.unlink()
            finally:
                newer.execute("ROLLBACK")

    def _refuse_other(self) -> None:
        if self._format not in FORMATS:
            raise StoreError(f"{self._path}: not a response store of an earlier version of the harness; move it away")


def _number_in(newer: sqlite3.Connection, number: int, source: list[Any]) -> int:
    """Return the number of a source in the new store: the one that it has there, else its own unless that is taken."""
    newer.execute("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?, ?, ?)", (number, *source))
    if newer.execute(FIND_SOURCE, source[:4]).fetchone() is None:
        newer.execute(NEW_SOURCE, source)
    given: int = newer.execute(FIND_SOURCE, source[:4]).fetchone()[0]
    return given


def _moved(row: Row, numbers: Mapping[int, int]) -> Row:
    """Return the row of an answer under the number of its source. One that is damaged stays so, and is found."""
    key, source, time, response, checksum = row
    number, text = numbers.get(source, source), key.hex() if isinstance(key, bytes) else key
    if number != source and isinstance(response, bytes) and checksum == checksum_of(text, source, time, response):
        checksum = checksum_of(text, number, time, response)
    return _with_key(key, (number, time, response, checksum))


def _with_key(key: object, rest: Row) -> Row:
    """Return a row with its key as bytes. One that is damaged is kept as it is, so that it is found and removed."""
    return (key_bytes(key) if isinstance(key, str) else key, *rest)
