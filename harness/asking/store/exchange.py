"""Carry the answers of a response store between machines, as JSON Lines."""

import datetime as dt
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Annotated

import msgspec

from harness.asking.store.database import Database, as_time, insert, open_existing
from harness.asking.store.formats import FIND_SOURCE, Row, Statement
from harness.asking.store.responses import KEEP_ANSWERS, KEEP_SOURCE, Source, encode_response
from harness.asking.store.stored import COLUMNS, LATEST, from_row, out_of_range, response_of, to_row
from harness.errors import StoreError
from harness.records.answered import Response
from harness.records.record import Record
from harness.text.atomic import replacing
from harness.text.jsonl import read_line
from harness.text.progress import ProgressBar

LONGEST_LINE = 1 << 26
"""Bytes. No answer is longer; a file without line ends must not fill the memory."""
BATCH = 1000
LONG = 20_000
"""Answers, or kB of a file, from which on people are shown how far it is."""
BATCH_BYTES = 1 << 24
KEY_DIGITS = frozenset("0123456789abcdef")

ALL_ANSWERS = (
    f"SELECT model, adapter_digest, engine, {COLUMNS}"  # noqa: S608 - constants
    " FROM answers CROSS JOIN sources ON sources.id = source ORDER BY answers.rowid"
)


class WrongLine(StoreError):
    """A line of an exported file is wrong; it is named."""


class Kept(Record, frozen=True, kw_only=True):
    """One answer with what the store knows about it: a line of an exported file."""

    key: str
    model: str
    adapter_digest: str
    engine: str
    time: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    response: Response


class Imported(Record, frozen=True, kw_only=True):
    """How many answers were new, and how many the store already had."""

    new: int
    known: int


def export_answers(path: Path, target: Path) -> int:
    """Write every answer to a file, a line each, in the order in which they were kept; return their number.

    Raises:
        StoreError: there is no store, an answer in it is damaged, or the file can't be written.
    """
    number = 0
    with replacing(target) as file:
        for _, line in exported(path):
            file.write(line)
            number += 1
    return number


def exported(path: Path, without: Container[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield the key and the line of every answer, in the order in which they were kept, but for some keys.

    Raises:
        StoreError: there is no store, or one of these answers is damaged.
    """
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Response)
    with closing(open_existing(path)) as database, ExitStack() as shown:
        ((total,),) = database.rows("SELECT COUNT(*) FROM answers")
        progress = _progress("exporting", "answers", total, shown)
        for number, (model, adapter_digest, engine, *row) in enumerate(database.rows(ALL_ANSWERS), start=1):
            progress(number)
            if _is_in(row[0], without):
                continue
            stored = from_row(tuple(row), path)
            if not stored.is_checked:
                response_of(stored, path, decoder)
            line = {
                "key": stored.key,
                "model": model,
                "adapter_digest": adapter_digest,
                "engine": engine,
                "time": as_time(stored.time),
                "response": msgspec.Raw(stored.response),
            }
            yield stored.key, encoder.encode(line) + b"\n"


def count_answers(path: Path, without: Container[str]) -> int:
    """Return how many answers a store has, but for some keys.

    Raises:
        StoreError: there is no store.
    """
    with closing(open_existing(path)) as database:
        return sum(not _is_in(key, without) for (key,) in database.rows("SELECT key FROM answers"))


def import_answers(path: Path, source: Path) -> Imported:
    """Add the answers of an exported file to the store, which is made if it is missing; what is there stays as it is.

    Raises:
        StoreError: a line is wrong; it is named, and the lines before it may already be imported.
    """
    known, new = 0, 0
    with _opened(source) as file, closing(Database(path)) as database, ExitStack() as shown:
        progress = _progress("importing", "kB", source.stat().st_size // 1000, shown)
        for batch in _batches(file, source):
            added = _add(database, [batch])
            new, known = new + added, known + len(batch) - added
            progress(file.tell() // 1000)
    return Imported(new=new, known=known)


def import_whole(path: Path, source: Path) -> tuple[Imported, list[str]]:
    """Add the answers of an exported file as ``import_answers`` does, all or none; return their keys too.

    Others can't write the store meanwhile, so this is for files of limited size.

    Raises:
        WrongLine: nothing is imported then.
        StoreError: the store can't be written, or the file not read.
    """
    keys: list[str] = []

    def noted(batches: Iterable[list[Kept]]) -> Iterator[list[Kept]]:
        for batch in batches:
            keys.extend(kept.key for kept in batch)
            yield batch

    with _opened(source) as file, closing(Database(path)) as database:
        new = _add(database, noted(_batches(file, source)))
    return Imported(new=new, known=len(keys) - new), keys


def _add(database: Database, batches: Iterable[list[Kept]]) -> int:
    """Add answers in one transaction; return how many were new."""
    numbers: dict[Source, int] = {}
    new = 0

    def statements() -> Iterator[Statement]:
        nonlocal new
        database.index()  # first: an answer that is here stays
        for batch in batches:
            rows: list[Row] = []
            for kept in batch:
                source = (kept.model, kept.adapter_digest, kept.engine, "")
                if source not in numbers:
                    yield KEEP_SOURCE, [(*source, "")]
                    numbers[source] = database.fetch(FIND_SOURCE, source)[0][0]
                at = int(kept.time.timestamp())
                rows.append(to_row(kept.key, numbers[source], at, encode_response(kept.response)))
            yield from insert(KEEP_ANSWERS, rows)
        new = database.index()

    database.write_all(statements())
    return new


def _is_in(key: object, keys: Container[str]) -> bool:
    """Tell whether a key of the database is among some; one that is damaged is not."""
    return isinstance(key, bytes) and key.hex() in keys


def _opened(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as problem:
        raise StoreError(f"{source}: can't be read: {problem.strerror}") from problem


def _progress(name: str, unit: str, total: int, shown: ExitStack) -> Callable[[int], None]:
    """Return what shows people how much is done; nothing for what takes no time."""
    if total < LONG:
        return lambda _done: None
    started, bar = time.monotonic(), shown.enter_context(ProgressBar(name, unit, total))
    return lambda done: bar.show(done, "", time.monotonic() - started)


def _batches(file: IO[bytes], source: Path) -> Iterator[list[Kept]]:
    """Yield the file's lines, checked, in lists of limited number and size."""
    decoder = msgspec.json.Decoder(Kept)
    batch, size, number = [], 0, 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise WrongLine(
                f"{source}:{number}: the line is longer than {LONGEST_LINE:,} bytes; is this an exported store?"
            )
        if text := line.strip():
            batch.append(_read_kept(text, f"{source}:{number}", decoder))
        size += len(line)
        if len(batch) >= BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _read_kept(line: bytes, place: str, decoder: msgspec.json.Decoder[Kept]) -> Kept:
    kept = read_line(line, place, decoder, WrongLine)
    if len(kept.key) != 64 or not KEY_DIGITS.issuperset(kept.key):
        raise WrongLine(f"{place}: key {kept.key[:80]!r}: expected 64 lowercase hex digits")
    if kept.response.request_key != kept.key:
        raise WrongLine(f"{place}: the response belongs to another key, {kept.response.request_key[:80]!r}")
    if kept.response.error is not None:
        raise WrongLine(f"{place}: the response is an error; only answers can be imported, so remove the line")
    if not 0 <= kept.time.timestamp() < LATEST:
        raise WrongLine(f"{place}: time {kept.time.isoformat()}: expected a time from 1970 to 9999")
    if what := out_of_range(kept.response):
        raise WrongLine(f"{place}: the response can't be right: {what}")
    return kept
