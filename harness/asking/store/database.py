"""The SQLite file under the response store, and its format.

Its tables are ``sources`` (model, adapter and engine, as people know them), ``answers`` with a checksum (see
``stored``) and their ``index``, and the latest ``errors`` by request key. A hosted model is another source in each run,
and ``open`` until a run that used its answers has ended; ``run`` is empty for all other models. What a store of an
earlier format has is copied when this one is made, see ``older``.
"""

import datetime as dt
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path

from harness.asking.store.advice import DAMAGED, in_words
from harness.asking.store.formats import (
    FORMAT,
    OLDER_FILE,
    STORE_FILE,
    TABLES,
    Row,
    Statement,
    older_file,
    switch_journal,
)
from harness.asking.store.index import add_keys, appended
from harness.asking.store.older import Older
from harness.errors import StoreError
from harness.text.unwritten import unwritten

BUSY_TIMEOUT_S = 60.0
WAL_PAGES = 50_000
"""After how many pages (of 4 KiB) the log is copied into the file: a page that many commits touch is then copied once.

Of a million answers, each takes a fifth less CPU and half the time than with 10,000 pages.
"""
ROWS_AT_ONCE = 50
"""Rows that one INSERT holds: SQLite takes Python's lock again for each execution, which costs more than the row."""
CACHE_KIB = 16_384
"""Keys come in random order: with SQLite's own 2 MiB, the index of a large store is read again and again."""
# A transaction alone is not enough: if the file can't be written, SQLite makes it one that only reads.
WRITES_NOTHING: Statement = ("DELETE FROM errors WHERE key = ?", [(b"",)])


class Database:
    """A response store's file, opened for reading and writing by any number of processes and threads at once.

    Whoever forgets to close it: it is closed when the object goes, which Python since 3.13 else warns of.

    Raises:
        StoreError: it can't be opened or written, is something else, or a newer version of the harness made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        """Of the thread that has a transaction."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise StoreError(f"{path.parent}: can't create the folder: {unwritten(problem)}") from problem
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise StoreError(f"{path}: this is not a file, so not a response store; move it away")
        with self._telling():
            self._db = self._open()
        try:
            with self._telling():
                self._prepare()
        except BaseException:
            self._db.close()
            raise
        weakref.finalize(self, self._db.close)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, sql: str, parameters: Row = ()) -> Iterator[Row]:
        """Yield what a query finds, one row at a time."""
        with self._telling():
            for row in self._db.execute(sql, parameters):  # noqa: UP028 - it would close the cursor, even after the file
                yield row

    def fetch(self, sql: str, parameters: Row = ()) -> list[Row]:
        """Return what a query finds, between what other threads write.

        SQLite waits for no other process where a connection that still reads begins to write.
        """
        with self._telling(), self._lock:
            return self._db.execute(sql, parameters).fetchall()

    def typed_rows(self, sql: str, kinds: tuple[type, ...], parameters: Row = ()) -> Iterator[Row]:
        """Yield what a query finds, of which each value must be of its kind: SQLite keeps any value in any column.

        Raises:
            StoreError: one is of another kind.
        """
        for row in self.rows(sql, parameters):
            for value, kind in zip(row, kinds, strict=True):
                if not isinstance(value, kind):
                    got = f"{str(value)[:40]!r} where {kind.__name__} was expected"
                    raise StoreError(f"{self.path}: {got}: {DAMAGED}")
            yield row

    def write(self, *statements: Statement) -> list[int]:
        """Execute statements, all of them or none; return how many rows each changed."""
        return self.write_all(statements)

    def write_all(self, statements: Iterable[Statement]) -> list[int]:
        """Execute statements as ``write`` does, each when it comes: one can depend on what those before it wrote.

        What makes them can call ``index``, which then belongs to the same transaction.
        """
        with self._telling(), self._transaction():
            return [self._db.executemany(sql, rows).rowcount for sql, rows in statements]

    def index(self) -> int:
        """Let the keys of all answers be found; return how many keys were new.

        Of several answers with one key, the first stays, and the others are removed.
        """
        with self._telling(), self._lock:
            if self._db.in_transaction:
                return add_keys(self._db, self.path)
            if not appended(self._db, self.path):
                return 0
            with self._transaction():
                return add_keys(self._db, self.path)

    def shrink(self) -> None:
        """Free the disk space of removed rows."""
        with self._telling():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size_bytes(self) -> int:
        """Return the store's size on the disk, with the file that SQLite keeps next to it."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        """Check the format before anything is written, and that writing is possible before answers depend on it."""
        if self._format() == 0:
            self._make()
        switch_journal(self._db, "WAL", BUSY_TIMEOUT_S)  # lets readers and a writer work at once
        self._db.execute("PRAGMA synchronous = FULL")  # in WAL mode less would lose the last commits in a power loss
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        self.write(WRITES_NOTHING)
        self._take_over_older()

    def _format(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise StoreError(
                f"{self.path}: made by a newer version of the harness (format {version}, this one reads {FORMAT}); "
                "update the harness, or move the file away"
            )
        if 0 < version < FORMAT:
            raise StoreError(
                f"{self.path}: of format {version}; rename it to {OLDER_FILE}: then it is copied into {STORE_FILE}"
            )
        return version

    def _make(self) -> None:
        """Make the tables in an empty file, with what an older store beside it has; another process may do the same."""
        with ExitStack() as open_files:
            older = None
            with self._transaction():
                if self._format() == 0:
                    self._refuse_foreign()
                    for sql in TABLES.split(";"):
                        self._db.execute(sql)
                    if path := older_file(self.path):
                        older = open_files.enter_context(closing(Older(path, BUSY_TIMEOUT_S)))
                        older.copy_into(self._db)
                        self.index()
                    self._db.execute(f"PRAGMA user_version = {FORMAT}")
            if older:
                older.remove(self._db)

    def _take_over_older(self) -> None:
        """Copy what an older store has that is still there, or again, and remove it. One that is in use waits."""
        if older_file(self.path) is None:
            return
        with suppress(sqlite3.Error, StoreError), ExitStack() as open_files:
            with self._transaction():
                path = older_file(self.path)  # another process may have removed it meanwhile
                older = open_files.enter_context(closing(Older(path, 0))) if path else None
                if older and not older.is_copied:
                    self.index()  # first: an answer that is here stays
                    older.copy_into(self._db)
                    self.index()
            if older:
                older.remove(self._db)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what the block writes, all of it or nothing; other threads wait."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _refuse_foreign(self) -> None:
        if self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise StoreError(f"{self.path}: a database of another program, not a response store; move it away")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as problem:
            raise in_words(problem, self.path, BUSY_TIMEOUT_S) from problem


def insert(into: str, rows: Iterable[Row]) -> Iterator[Statement]:
    """Yield the statements that insert rows; ``into`` is all of their SQL up to ``VALUES``.

    With ``INSERT OR IGNORE``, SQLite doesn't have to be able to undo half a statement, which would double the cost.
    """
    rest = iter(rows)
    while some := tuple(islice(rest, ROWS_AT_ONCE)):
        marks = f"({', '.join('?' * len(some[0]))})"
        yield f"{into} VALUES {', '.join([marks] * len(some))}", [tuple(chain.from_iterable(some))]


def has_store(path: Path) -> bool:
    """Tell whether there is a store, of this format or an earlier one."""
    return path.exists() or older_file(path) is not None


def open_existing(path: Path) -> Database:
    """Open a store that already exists, and index all that it has; never create one.

    Raises:
        StoreError: there is none.
    """
    if not has_store(path):
        raise StoreError(f"{path}: no response store here; name its folder with --run-dir, or run the suites first")
    database = Database(path)
    database.index()
    return database


def as_time(seconds: int) -> dt.datetime:
    """Return a time from the database in the form of the records.

    Raises:
        StoreError: no calendar has it.
    """
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise StoreError(f"the store holds a time that is none, {seconds} seconds since 1970: {DAMAGED}") from None
