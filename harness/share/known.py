"""Which answers a shared place has, as far as this machine knows: what it pushed there and pulled from there."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.errors import StoreError
from harness.runs.names import SHARED

TABLES = """
CREATE TABLE IF NOT EXISTS known (place TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (place, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (place TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (place, name)) WITHOUT ROWID;
"""


class Known:
    """The keys that a place has, and the names of its parts that were read or written here.

    Whether a key is known is asked with ``in``.
    """

    def __init__(self, database: sqlite3.Connection, place: str, file: Path) -> None:
        self._database = database
        self._place = place
        self._file = file

    def __contains__(self, key: object) -> bool:
        sql, row = "SELECT 1 FROM known WHERE place = ? AND key = ?", (self._place, bytes.fromhex(str(key)))
        with _telling(self._file):
            return self._database.execute(sql, row).fetchone() is not None

    def parts(self) -> frozenset[str]:
        """Return the names of the parts that were read or written here, and of runs, after the name of their folder."""
        with _telling(self._file):
            found = self._database.execute("SELECT name FROM parts WHERE place = ?", (self._place,))
            return frozenset(name for (name,) in found)

    def add(self, part: str, keys: Iterable[str]) -> None:
        """Note a part of the place with all its keys, or nothing of it."""
        with _telling(self._file), self._database:
            self._database.executemany(
                "INSERT OR IGNORE INTO known VALUES (?, ?)", ((self._place, bytes.fromhex(key)) for key in keys)
            )
            self._database.execute("INSERT OR IGNORE INTO parts VALUES (?, ?)", (self._place, part))


def known_file(runs: Path) -> Path:
    """Return the file of what shared places have."""
    return runs / SHARED / "known.sqlite"


@contextmanager
def known_of(file: Path, place: str) -> Iterator[Known]:
    """Open the file of what is known; it is made if needed, and can be deleted: then all is compared again.

    Raises:
        StoreError: it can't be read or written.
    """
    with _telling(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(file, timeout=60)
    with closing(database):
        with _telling(file):
            database.executescript(TABLES)
        yield Known(database, place, file)


@contextmanager
def _telling(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as problem:
        raise StoreError(f"{file}: {problem}; it can be deleted: it is only what the shared place has") from problem
