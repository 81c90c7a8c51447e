"""Parts of requests, kept until all files were seen once: in a temporary database without a name, masked.

Keys are kept as digests, so no name of anybody is in it; it is gone when it is closed.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from harness.logs.masking import Masker
from harness.logs.part import CONTEXT, Part, merged, with_opinion
from harness.records.logged import Logged

HELD = 20_000
"""Rows that are written at once."""
CACHE_KIB = 64 << 10
"""Of the database in memory."""
_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache};
CREATE TABLE parts (number INTEGER PRIMARY KEY, owner BLOB, trace BLOB, kind TEXT, able INT, part BLOB);
CREATE TABLE spans (
    key BLOB PRIMARY KEY, trace BLOB, parent BLOB, asked INT, said BLOB, ended REAL, times INT
) WITHOUT ROWID;
"""
_RESOLVE = """
WITH RECURSIVE around (said, key, depth) AS (
    SELECT said, parent, 1 FROM spans WHERE asked AND said IS NOT NULL AND parent != key
    UNION ALL
    SELECT around.said, spans.parent, depth + 1 FROM around JOIN spans ON spans.key = around.key
        WHERE depth < 16 AND spans.parent IS NOT NULL
)
UPDATE spans SET asked = 0 WHERE asked AND (key, said) IN (SELECT key, said FROM around);
CREATE INDEX by_trace_of_span ON spans (trace) WHERE asked;
UPDATE parts SET trace = (SELECT trace FROM spans WHERE key = owner)
    WHERE trace IS NULL AND owner IN (SELECT key FROM spans);
UPDATE parts SET owner = coalesce(
        (SELECT key FROM spans WHERE spans.trace = parts.trace AND asked ORDER BY ended DESC, key LIMIT 1), owner)
    WHERE kind = 'more' AND trace IS NOT NULL
        AND (owner IS NULL OR owner NOT IN (SELECT key FROM spans WHERE asked));
CREATE INDEX able_of_trace ON parts (trace) WHERE able;
UPDATE parts SET owner = coalesce(
        (SELECT coalesce(other.owner, other.trace) FROM parts AS other
            WHERE other.trace = parts.trace AND other.able ORDER BY other.number DESC LIMIT 1), owner)
    WHERE kind = 'more' AND NOT able AND trace IS NOT NULL
        AND (owner IS NULL OR owner NOT IN (SELECT key FROM spans WHERE asked));
UPDATE parts SET owner = trace WHERE owner IS NULL AND kind = 'more';
CREATE INDEX by_owner ON parts (owner);
CREATE INDEX by_trace ON parts (trace) WHERE kind = 'documents';
"""
_ORPHANS = """
SELECT owner, kind, part, min(number) OVER (PARTITION BY owner) AS first FROM parts
    WHERE kind != 'documents' AND (owner IS NULL OR owner NOT IN (SELECT key FROM spans WHERE asked))
    ORDER BY first, number
"""


class Joined:
    """Takes the parts of the first reading; in the second one it gives each request what belongs to it."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(_TABLES.format(cache=CACHE_KIB))
        self._parts: list[tuple[bytes | None, bytes | None, str, bool, bytes]] = []
        self._spans: list[tuple[bytes, bytes | None, bytes | None, int, bytes | None, float | None]] = []
        self._has_documents = False
        self._emitted: set[bytes] = set()

    def close(self) -> None:
        """Let go of everything."""
        self._base.close()

    def see(self, part: Part) -> None:
        """Take the next part."""
        if part.key and part.kind in ("request", "span"):
            names = _digest(part.key), _maybe(part.trace), _maybe(part.parent)
            self._spans.append((*names, part.kind == "request", _maybe(_said(part)), part.ended))
        if part.kind in ("more", "turn", "documents"):
            self._has_documents |= part.kind == "documents"
            owner = None if part.kind == "documents" else _maybe(part.key)
            kept = msgspec.structs.replace(
                part, logged=self._masker.request(part.logged), key=owner.hex() if owner else "", trace="", parent=""
            )
            able = bool(part.logged.messages)
            self._parts.append((owner, _maybe(part.trace), part.kind, able, msgspec.msgpack.encode(kept)))
        if len(self._parts) + len(self._spans) >= HELD:
            self._write()

    def seen(self) -> None:
        """Find out what belongs to which request, once all parts were seen."""
        self._write()
        self._base.executescript(_RESOLVE)

    def whole(self, part: Part) -> tuple[Logged, int]:
        """Return a masked request with all that belongs to it, and how many have its key.

        That is 0 where it was given, or is the same as one inside of it: a client's call inside a framework's.
        """
        logged = self._masker.request(part.logged)
        if not part.key:
            return self._with_documents(logged, part), 1
        key = _digest(part.key)
        times, asked = next(self._base.execute("SELECT times, asked FROM spans WHERE key = ?", (key,)), (1, 1))
        if not asked:
            return logged, 0
        if times > 1 and not part.needs_own:
            if key in self._emitted:
                return logged, 0
            self._emitted.add(key)
        found = self._base.execute("SELECT part FROM parts WHERE owner = ? ORDER BY number", (key,))
        return self._with_documents(_filled(logged, [_unpacked(each) for (each,) in found], key.hex()), part), times

    def orphans(self) -> Iterator[Part]:
        """Yield, masked and in the order of the files, what belongs to no request: it can be one by itself."""
        for owner, found in groupby(self._base.execute(_ORPHANS), key=itemgetter(0)):
            parts = [_unpacked(each) for _, _, each, _ in found]
            one = next((part for part in parts if part.logged.messages), parts[0])
            empty = Logged(place=one.logged.place, messages=())
            yield msgspec.structs.replace(one, logged=_filled(empty, parts, owner.hex() if owner else one.key))

    def _with_documents(self, logged: Logged, part: Part) -> Logged:
        if not (self._has_documents and part.trace) or CONTEXT in logged.meta:
            return logged
        query = "SELECT part FROM parts WHERE trace = ? AND kind = 'documents' ORDER BY number"
        for (each,) in self._base.execute(query, (_digest(part.trace),)):
            found = _unpacked(each)
            began = part.logged.time
            if began is None or found.ended is None or found.ended <= began:
                logged = merged(logged, found.logged)
        return logged

    def _write(self) -> None:
        self._base.execute("BEGIN")
        self._base.executemany("INSERT INTO parts (owner, trace, kind, able, part) VALUES (?, ?, ?, ?, ?)", self._parts)
        self._base.executemany(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + excluded.asked",
            self._spans,
        )
        self._base.execute("COMMIT")
        self._parts.clear()
        self._spans.clear()


def _filled(logged: Logged, parts: list[Part], key: str) -> Logged:
    """Return a request with what parts say: all of those with its key, of others only what people made of it."""
    turns = [part.logged for part in parts if part.kind == "turn"]
    if turns:
        whole = turns[0]
        for one in turns[1:]:
            whole = msgspec.structs.replace(merged(whole, one), messages=(*whole.messages, *one.messages))
        logged = merged(logged, whole)
    for part in parts:
        if part.kind == "more":
            is_own = part.key == key or not logged.messages
            logged = merged(logged, part.logged) if is_own else with_opinion(logged, part.logged)
    return logged


def _said(part: Part) -> str:
    """Return what was answered; empty where nothing was."""
    said = part.logged
    return "\n".join((said.text.strip(), *(f"{call.name} {call.arguments}" for call in said.tool_calls))).strip()


def _unpacked(part: bytes) -> Part:
    return msgspec.msgpack.decode(part, type=Part)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _maybe(key: str) -> bytes | None:
    return _digest(key) if key else None
