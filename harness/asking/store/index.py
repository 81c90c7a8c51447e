"""The index of a response store: from a request's key to its answer.

Answers are appended as they come, and ``keys`` leads from a request's key to its answer. Keys come in random order: in
a large store, each key that is indexed alone writes a page of the index anew, which costs four times as much as to
append its answer. So they are indexed later and in their order, up to the answer that ``indexed`` names.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from harness.asking.store.advice import DAMAGED
from harness.asking.store.formats import Row, Statement
from harness.errors import StoreError

ANSWERS_BY_KEY = "keys CROSS JOIN answers ON number = answer"
"""What a query selects from; ``digest`` is the key that is looked for."""
SORTED_AT_ONCE = 250_000
"""Keys that SQLite sorts in its cache: more need a temporary file, and not every machine has a place for it."""
INDEXED = "SELECT answer FROM indexed"
NEWEST = (
    "SELECT MAX(seq) FROM (SELECT seq FROM sqlite_sequence WHERE name = 'answers'"
    " UNION ALL SELECT MAX(number) FROM answers)"
)
NEXT = "SELECT MIN(number) FROM answers WHERE number > ?"
ADD_KEYS = (
    "INSERT OR IGNORE INTO keys SELECT key, number FROM answers WHERE number BETWEEN ? AND ? ORDER BY key, number"
)
ASTRAY = (
    "SELECT DISTINCT digest FROM answers CROSS JOIN keys ON digest = key WHERE number BETWEEN ? AND ?"
    " AND NOT EXISTS (SELECT 1 FROM answers WHERE number = answer AND key = digest)"
)
DROP_SECOND = (
    "DELETE FROM answers WHERE number BETWEEN ? AND ? AND number <> (SELECT answer FROM keys WHERE digest = key)"
)
NOTE_INDEXED = "UPDATE indexed SET answer = ?"
DROP_ANSWER = "DELETE FROM answers WHERE number = (SELECT answer FROM keys WHERE digest = ?)"
DROP_KEY = "DELETE FROM keys WHERE digest = ?"
DROP_LOST_KEYS: Statement = (
    "DELETE FROM keys WHERE NOT EXISTS (SELECT 1 FROM answers WHERE number = answer)",
    [()],
)
"""Removes the keys of answers that were removed."""


def appended(database: sqlite3.Connection, path: Path) -> tuple[int, int] | None:
    """Return the last answer that is indexed, and the newest one; None if they are one. ``path`` is for errors.

    Raises:
        StoreError: the index is damaged.
    """
    (last,) = database.execute(INDEXED).fetchone() or (None,)
    newest = database.execute(NEWEST).fetchone()[0] or 0
    if not (isinstance(last, int) and isinstance(newest, int) and last <= newest):
        raise StoreError(f"{path}: {DAMAGED}")
    return (last, newest) if newest > last else None


def add_keys(database: sqlite3.Connection, path: Path) -> int:
    """Index what was appended, in an open transaction; return how many keys were new.

    Of several answers with one key, the first stays, and the others are removed.

    Raises:
        StoreError: the index is damaged. ``path`` is named.
    """
    if not (found := appended(database, path)):
        return 0
    (last, newest), new = found, 0
    while (first := database.execute(NEXT, (last,)).fetchone()[0]) is not None:
        last = min(first + SORTED_AT_ONCE - 1, newest)
        new += _add_some(database, first, last)
    database.execute(NOTE_INDEXED, (newest,))
    return new


def forgetting(keys: Sequence[Row]) -> tuple[Statement, ...]:
    """Return the statements that remove the answers to some keys, as far as they are indexed."""
    return (DROP_ANSWER, keys), (DROP_KEY, keys)


def _add_some(database: sqlite3.Connection, *numbers: int) -> int:
    """Index the answers from one number to another."""
    first, last = numbers
    new = database.execute(ADD_KEYS, numbers).rowcount
    if new <= last - first:
        if astray := database.execute(ASTRAY, numbers).fetchall():  # the index is damaged
            database.executemany(DROP_KEY, astray)
            new += database.execute(ADD_KEYS, numbers).rowcount
        database.execute(DROP_SECOND, numbers)
    return new
