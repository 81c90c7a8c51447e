"""The response store: each answer is asked once, and is safe from the moment it was kept."""

import math
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from harness.asking.store.database import DAMAGED, Database, insert
from harness.errors import StoreError
from harness.records.asked import Request, Response

STORE_FILE = "responses.sqlite"
"""Its name in the folder of the runs."""
CHUNK = 500
"""Keys that are looked up at once."""
KEEP_ANSWERS = "INSERT OR IGNORE INTO answers (key, source, time, response)"
KEEP_ERRORS = "INSERT OR REPLACE INTO errors (key, source, time, reason)"
KEEP_SOURCE = "INSERT INTO sources (model, adapter_digest, engine) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
FIND_SOURCE = "SELECT id FROM sources WHERE (model, adapter_digest, engine) = (?, ?, ?)"

Source = tuple[str, str, str]
"""Model's name, adapter's digest ("" without one) and engine, for people; what decides is in the key."""


class Store:
    """Responses by request key, in an SQLite file that several processes may share.

    Answers are served again; errors are recorded and never served. The first answer to a request stays. ``clock`` tells
    the time in seconds since 1970.

    Raises:
        StoreError: the file can't be opened, read or written, is damaged or something else, or a newer version of the
            harness made it. What was kept before is unharmed.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._database = Database(path)
        self._sources: dict[Source, int] = {}
        self._decoder = msgspec.json.Decoder(Response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def find(self, keys: Iterable[str]) -> dict[str, Response]:
        """Return the answers that are known, by key."""
        found = {}
        rest = iter(keys)
        while some := tuple(islice(rest, CHUNK)):
            marks = ", ".join("?" * len(some))
            sql = f"SELECT key, response FROM answers WHERE key IN ({marks})"  # noqa: S608 - nothing but marks
            for key, encoded in self._database.rows(sql, some):
                found[key] = self._decode(key, encoded)
        return found

    def keep(self, answered: Iterable[tuple[Request, str, Response]]) -> None:
        """Commit responses that arrived together, each with its request and the request's key.

        A failed call is recorded as an error, and so is an answer that JSON can't hold: both are asked again.
        """
        now = int(self._clock())
        answers, errors = [], []
        for request, key, response in answered:
            source = self._source(request)
            if response.error is not None:
                errors.append((key, source, now, _storable(response.error)))
                continue
            try:
                answers.append((key, source, now, encode_response(response)))
            except ValueError as problem:
                errors.append((key, source, now, f"not kept: {problem}"))
        self._database.write(*insert(KEEP_ANSWERS, answers), *insert(KEEP_ERRORS, errors))

    def _source(self, request: Request) -> int:
        model = request.model
        source = (model.name, model.adapter_digest or "", request.engine)
        number = self._sources.get(source)
        if number is None:
            number = self._sources[source] = source_number(self._database, source)
        return number

    def _decode(self, key: str, encoded: bytes) -> Response:
        try:
            response = self._decoder.decode(encoded)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise StoreError(f"{self._path}: the answer with the key {key} can't be read: {DAMAGED}") from problem
        if response.request_key != key:
            raise StoreError(f"{self._path}: under the key {key} stands the answer to another request: {DAMAGED}")
        return response


class SilentStore(Store):
    """Keeps answers as a store does and gives none back, so that everything is asked afresh."""

    def find(self, keys: Iterable[str]) -> dict[str, Response]:  # noqa: ARG002 - whatever is looked for
        """Find nothing."""
        return {}


def source_number(database: Database, source: Source) -> int:
    """Return a source's number in the database, which is given now if need be and never taken back."""
    database.write((KEEP_SOURCE, [source]))
    number: int = next(database.rows(FIND_SOURCE, source))[0]
    return number


def encode_response(response: Response) -> bytes:
    """Return a response as JSON.

    Raises:
        ValueError: JSON could not give it back: half a surrogate, or a log-probability that is no finite number.
    """
    for token in response.logprobs:
        if not all(map(math.isfinite, (token.logprob, *token.top.values()))):
            raise ValueError(f"the log-probability of token {token.token!r} is no finite number")
    return msgspec.json.encode(response)


def _storable(text: str) -> str:
    """Escape half surrogates, which no database takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
