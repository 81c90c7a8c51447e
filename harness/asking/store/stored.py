"""A stored answer as a row of the database: written with a checksum, and checked whenever it is read.

The checksum covers the whole row, so that a bit that flipped on the disk is found before the answer counts. Rows of
format 3 and earlier have none, and only their types and ranges are checked. Whoever can write the file can write a
checksum too: it is there against chance, not against people.
"""

import datetime as dt
import math
import zlib
from pathlib import Path

import msgspec

from harness.asking.store.formats import key_bytes
from harness.errors import StoreError
from harness.records.answered import Response
from harness.records.record import UNREADABLE

COLUMNS = "key, source, time, response, checksum"
LATEST = int(dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp())
"""Seconds from 1970 to the last day that a calendar has in every time zone."""
LONGEST_S = 1e9
MOST_TOKENS = 10**12
ASK_AGAIN = "`harness store prune --damaged` removes what is damaged, and it is asked again"

StoredRow = tuple[bytes, int, int, bytes, int]
"""A row of ``answers``, its columns in the order of ``COLUMNS``."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was found sound. ``response`` is the answer's JSON."""

    key: str
    source: int
    time: int
    response: bytes
    is_checked: bool
    """Whether it had a checksum."""


def to_row(key: str, source: int, time: int, response: bytes) -> StoredRow:
    """Return the row that keeps an answer."""
    return key_bytes(key), source, time, response, checksum_of(key, source, time, response)


def from_row(row: tuple[object, ...], path: Path) -> Stored:
    """Return what a row of ``answers`` holds; ``path`` names the store in errors.

    Raises:
        StoreError: it is not as it was written; the answer is named.
    """
    found, source, time, response, checksum = row
    key = found.hex() if isinstance(found, bytes) else str(found)
    if not (isinstance(found, bytes) and isinstance(source, int) and isinstance(response, bytes)):
        raise damaged(path, key, "is not an answer")
    if not (isinstance(time, int) and 0 <= time < LATEST):
        raise damaged(path, key, f"has a time that is none, {str(time)[:40]!r}")
    if checksum is not None and checksum != checksum_of(key, source, time, response):
        raise damaged(path, key, "is not as it was kept: its checksum differs")
    return Stored(key=key, source=source, time=time, response=response, is_checked=checksum is not None)


def response_of(stored: Stored, path: Path, decoder: msgspec.json.Decoder[Response]) -> Response:
    """Return the answer that a sound row holds.

    Raises:
        StoreError: it is none, or of another request: only a row without a checksum can get so far.
    """
    try:
        response = decoder.decode(stored.response)
    except UNREADABLE as problem:
        raise damaged(path, stored.key, "can't be read") from problem
    if response.request_key != stored.key:
        raise damaged(path, stored.key, "belongs to another request")
    if not stored.is_checked and (what := out_of_range(response)):
        raise damaged(path, stored.key, f"can't be right: {what}")
    return response


def damaged(path: Path, key: str, how: str) -> StoreError:
    """Return the error that names an answer, and says what to do."""
    return StoreError(f"{path}: the answer with the key {key[:80]!r} {how}; {ASK_AGAIN}")


def out_of_range(response: Response) -> str | None:
    """Return which figure of an answer can't be right, and would break sums later; None when there is none."""
    if not (math.isfinite(response.seconds) and 0 <= response.seconds <= LONGEST_S):
        return f"seconds is {response.seconds}; expected 0 to {LONGEST_S:,.0f}"
    for name, tokens in (("tokens_in", response.tokens_in), ("tokens_out", response.tokens_out)):
        if tokens is not None and not 0 <= tokens <= MOST_TOKENS:
            return f"{name} is {tokens}; expected 0 to {MOST_TOKENS:,}"
    return None


def checksum_of(key: str, source: int, time: int, response: bytes) -> int:
    """Return the checksum of a row."""
    return zlib.crc32(response, zlib.crc32(f"{key} {source} {time}".encode()))
