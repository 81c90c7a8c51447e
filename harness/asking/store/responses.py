"""The response store: each answer is asked once, and is safe once it is kept.

Weights that can be seen are part of a request's key, so their answers serve every run. A hosted model can have other
weights tomorrow: its answers only serve to continue a run that was cut off.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import msgspec

from harness.asking.store.database import Database, insert
from harness.asking.store.formats import FIND_SOURCE, Row, Statement, key_bytes
from harness.asking.store.index import ANSWERS_BY_KEY, forgetting
from harness.asking.store.stored import COLUMNS, from_row, response_of, to_row
from harness.errors import StoreError
from harness.records.answered import ENDINGS, Response
from harness.records.asked import Request
from harness.records.record import Record

CHUNK = 500
"""Keys that are looked up at once."""
CUT_OFF_S = 86_400
"""A run that was cut off more than a day ago is asked again: a hosted model may be another one by then."""
KEEP_ANSWERS = f"INSERT OR IGNORE INTO answers ({COLUMNS})"
KEEP_ERRORS = "INSERT OR REPLACE INTO errors (key, source, time, reason)"
KEEP_SOURCE = (
    "INSERT INTO sources (model, adapter_digest, engine, run, open) VALUES (?, ?, ?, ?, ? <> '') ON CONFLICT DO NOTHING"
)
CLOSE_SOURCE = "UPDATE sources SET open = 0 WHERE id = ?"
OPEN = "open AND time >= ?"
ANY = "time >= ?"

Source = tuple[str, str, str, str]
"""Model's name, adapter's digest ("" without one) and engine, for people: what decides is in the key. Last, the
run that asked if the model is hosted, else ""."""


class Found(Record, frozen=True, kw_only=True):
    """A hosted model's answer in the store, and when it was kept, in seconds since 1970."""

    response: Response
    kept_at: int


class Store:
    """Responses by request key, in an SQLite file that several processes can share.

    Each ``Store`` is one run. Answers are served again; errors are recorded and never served. The first answer to a
    request stays, except that a hosted model's newer answer replaces an older one. ``clock`` gives the time in seconds
    since 1970.

    Raises:
        StoreError: the file can't be opened, read or written, is damaged or not a store, or a newer version of the
            harness made it. What was kept before is safe.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._database = Database(path)
        self._run = uuid4().hex
        self._sources: dict[Source, int] = {}
        self._continued: set[int] = set()
        """The sources of cut-off runs that this one continues."""
        self._decoder = msgspec.json.Decoder(Response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Index what was kept, and close the file."""
        try:
            with suppress(StoreError):  # what is not indexed now is indexed by whoever looks for an answer
                self._database.index()
        finally:
            self._database.close()

    def find(self, keys: Iterable[str]) -> dict[str, Response]:
        """Return the answers that are known, by key, of models whose weights can be seen.

        Version 0.1 also kept answers that servers cut short: these are removed, so that a whole answer can be kept.
        """
        found: dict[str, Response] = {}
        broken_off: list[Row] = []
        self._database.index()
        for some, marks in _in_chunks(keys):
            sql = f"SELECT {COLUMNS} FROM {ANSWERS_BY_KEY} WHERE digest IN ({marks})"  # noqa: S608 - nothing but marks
            for row in self._database.fetch(sql, some):
                response = response_of(from_row(row, self._path), self._path, self._decoder)
                if response.finish_reason in ENDINGS:
                    found[response.request_key] = response
                else:
                    broken_off.append((key_bytes(response.request_key),))
        if broken_off:
            self._database.write(*forgetting(broken_off))
        return found

    def find_hosted(self, keys: Iterable[str]) -> dict[str, Found]:
        """Return hosted models' answers, by key, from a run that was cut off less than a day ago."""
        return self._find_hosted(keys, OPEN, int(self._clock()) - CUT_OFF_S)

    def finish_run(self) -> None:
        """Note that this run has ended: hosted models' answers in it are not used by later ones.

        This also covers answers that it took over from a run that was cut off.
        """
        asked = {number for source, number in self._sources.items() if source[-1]}
        self._database.write((CLOSE_SOURCE, [(number,) for number in sorted(asked | self._continued)]))

    def keep(self, answered: Iterable[tuple[Request, str, Response]]) -> None:
        """Commit responses that arrived together, each with its request and the request's key.

        A failed call is recorded as an error, and so is an answer that JSON can't hold: both are asked again.
        """
        now = int(self._clock())
        seen: list[Row] = []
        hosted: list[Row] = []
        errors: list[Row] = []
        for request, key, response in answered:
            source = self._source(request)
            if response.error is not None:
                errors.append((key_bytes(key), source, now, _storable(response.error)))
                continue
            try:
                row = to_row(key, source, now, encode_response(response))
                (hosted if request.model.is_hosted else seen).append(row)
            except ValueError as problem:
                errors.append((key_bytes(key), source, now, f"not kept: {problem}"))
        self._write(seen, hosted, errors)

    def _write(self, seen: Sequence[Row], hosted: Sequence[Row], errors: Sequence[Row]) -> None:
        forgotten = self._forgotten(seen, hosted, errors)

        def statements() -> Iterator[Statement]:
            if forgotten:
                self._database.index()
                yield from forgetting(forgotten)
            yield from insert(KEEP_ANSWERS, (*seen, *hosted))
            if forgotten:
                self._database.index()  # at once: what is replaced is there at any moment
            yield from insert(KEEP_ERRORS, errors)

        self._database.write_all(statements())

    def _forgotten(self, _seen: Sequence[Row], hosted: Sequence[Row], _errors: Sequence[Row]) -> list[Row]:
        """Return the keys whose answers so far go when these rows are kept."""
        return [(key,) for key, *_ in hosted]

    def _find_hosted(self, keys: Iterable[str], which: str, since: int) -> dict[str, Found]:
        found = {}
        self._database.index()
        for some, marks in _in_chunks(keys):
            sql = (
                f"SELECT {COLUMNS} FROM {ANSWERS_BY_KEY}"  # noqa: S608
                f" CROSS JOIN sources ON id = source WHERE digest IN ({marks}) AND {which}"  # marks and constants
            )
            for row in self._database.fetch(sql, (*some, since)):
                stored = from_row(row, self._path)
                response = response_of(stored, self._path, self._decoder)
                if response.finish_reason in ENDINGS:
                    found[stored.key] = Found(response=response, kept_at=stored.time)
                    self._continued.add(stored.source)
        return found

    def _source(self, request: Request) -> int:
        model = request.model
        source = (model.name, model.adapter_digest or "", request.engine, self._run if model.is_hosted else "")
        number = self._sources.get(source)
        if number is None:
            number = self._sources[source] = source_number(self._database, source)
        return number


class FreshStore(Store):
    """Finds no answer, so that everything is asked again, and new answers replace stored ones.

    If a new answer could not be had, the stored one is removed, so that a later run asks again.
    """

    def find(self, keys: Iterable[str]) -> dict[str, Response]:  # noqa: ARG002 - whatever is looked for
        """Find nothing."""
        return {}

    def find_hosted(self, keys: Iterable[str]) -> dict[str, Found]:  # noqa: ARG002 - whatever is looked for
        """Find nothing."""
        return {}

    def _forgotten(self, seen: Sequence[Row], hosted: Sequence[Row], errors: Sequence[Row]) -> list[Row]:
        return [(key,) for key, *_ in (*seen, *hosted, *errors)]


class ReusingStore(Store):
    """Finds every stored answer of hosted models, as set by ``reuse_hosted = true`` in harness.toml."""

    def find_hosted(self, keys: Iterable[str]) -> dict[str, Found]:
        """Return hosted models' answers, by key, from any run."""
        return self._find_hosted(keys, ANY, 0)


def source_number(database: Database, source: Source) -> int:
    """Return a source's number in the database, which is given now if it has none, and never changes."""
    database.write((KEEP_SOURCE, [(*source, source[-1])]))
    number: int = database.fetch(FIND_SOURCE, source)[0][0]
    return number


def _in_chunks(keys: Iterable[str]) -> Iterator[tuple[tuple[bytes, ...], str]]:
    """Yield some keys at a time, as the store has them, and SQL's marks for as many."""
    rest = map(key_bytes, keys)
    while some := tuple(islice(rest, CHUNK)):
        yield some, ", ".join("?" * len(some))


def encode_response(response: Response) -> bytes:
    """Return a response as JSON.

    Raises:
        ValueError: JSON can't hold it: a lone surrogate, or a log-probability that is not a finite number.
    """
    for token in response.logprobs:
        if not all(map(math.isfinite, (token.logprob or 0.0, *token.top.values()))):
            raise ValueError(f"the log-probability of token {token.token!r} is not a finite number")
    return msgspec.json.encode(response)


def _storable(text: str) -> str:
    """Escape lone surrogates, which no database accepts."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
