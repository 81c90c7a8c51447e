"""What can go wrong with the file of a response store, and what to do then."""

import sqlite3
from pathlib import Path

from harness.asking.store.formats import primary_code
from harness.errors import StoreError

DAMAGED = "the store is damaged; move the file away with its -wal and -shm files: what was in it will be asked again"
ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, then run again: what was kept before is safe",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing to the file and its folder, or name another --run-dir",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened; does its folder exist, and can you write to it?",
    sqlite3.SQLITE_BUSY: "another process has locked it for {:.0f} s; let it end, then run again",
    sqlite3.SQLITE_IOERR: "the disk can't be read or written; check the disk first: what was kept before may be safe",
    sqlite3.SQLITE_NOTADB: "this is not a response store; move it away",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
}
OTHER = "it can't be used; if it is not a response store, move it away"


def in_words(problem: sqlite3.Error, path: Path, waited_s: float) -> StoreError:
    """Return the error that says what SQLite found wrong with a store; ``waited_s`` is for a lock of others."""
    advice = ADVICE.get(primary_code(problem), OTHER).format(waited_s)
    return StoreError(f"{path}: {advice} (SQLite: {problem})")
