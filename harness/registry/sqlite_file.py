"""The ledger of promotions in one SQLite file: read by anybody, added to by one at a time, never changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.errors import RegistryError
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

FORMAT = 1
BUSY_TIMEOUT_S = 20.0
MAKE = (
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, line BLOB NOT NULL)",
    "CREATE TRIGGER unchanged BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER kept BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END",
    f"PRAGMA user_version = {FORMAT}",
)
ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room, and give the same command again",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing to the file and its folder, and give the command again",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened; is its folder there, and can you write to it?",
    sqlite3.SQLITE_BUSY: f"another process has locked it for {BUSY_TIMEOUT_S:.0f} s; let it end, and try again",
    sqlite3.SQLITE_IOERR: "the disk can't be read or written; check the disk first",
    sqlite3.SQLITE_NOTADB: "this is not a ledger of promotions; restore it from a copy",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a copy",
}


class SqliteFile:
    """The lines of a ledger in a SQLite file, which is made with the first one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> tuple[tuple[str, bytes], ...]:
        """Return every line with its place, in their order; none where there is no file.

        Raises:
            RegistryError: the file can't be read, or is something else.
        """
        if not self.path.exists():
            return ()
        with self._opened("rw") as database:
            if _is_empty(database):
                return ()
            self._refuse_foreign(database)
            found = database.execute("SELECT number, line FROM entries ORDER BY number").fetchall()
        lines = []
        for number, line in found:
            if not isinstance(line, bytes):
                raise RegistryError(f"{self.path}, entry {number}: not what was written there; restore it from a copy")
            lines.append((f"{self.path}, entry {number}", line))
        return tuple(lines)

    def add(self, line: bytes, after: bytes | None) -> bool:
        """Add a line if ``after`` is the last one (None: if there is none), and return whether it was; all or nothing.

        Raises:
            RegistryError: the file can't be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise RegistryError(f"{self.path}: its folder can't be made: {unwritten(problem)}") from problem
        with self._opened("rwc") as database:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            try:
                for sql in MAKE if _is_empty(database) else ():
                    database.execute(sql)
                self._refuse_foreign(database)
                last = database.execute("SELECT number, line FROM entries ORDER BY number DESC LIMIT 1").fetchone()
                is_next = (last[1] if last else None) == after
                if is_next:
                    database.execute("INSERT INTO entries VALUES (?, ?)", ((last[0] if last else 0) + 1, line))
                database.execute("COMMIT" if is_next else "ROLLBACK")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        return is_next

    def _refuse_foreign(self, database: sqlite3.Connection) -> None:
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise RegistryError(f"{self.path}: made by a newer version of the harness (format {version}); update it")
        if not version:
            raise RegistryError(f"{self.path}: a database of another program, not a ledger of promotions; move it away")

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as database:
                yield database
        except sqlite3.Error as problem:
            code: int = getattr(problem, "sqlite_errorcode", 0) & 0xFF
            advice = ADVICE.get(code, "it can't be used; restore it from a copy")
            raise RegistryError(f"{self.path}: {advice} (SQLite: {for_terminal(str(problem))})") from problem


def _is_empty(database: sqlite3.Connection) -> bool:
    """Tell whether nothing is in a file yet, as in one whose first writer was killed."""
    return not database.execute("SELECT 1 FROM sqlite_master").fetchone()
