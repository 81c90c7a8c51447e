"""What a saved run asked its candidate, found by the key of a request: the requests themselves stay in the file."""

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from harness.errors import StoreError
from harness.records.asked import Request, Side
from harness.records.record import UNREADABLE
from harness.text.regular import open_regular
from harness.text.visible import for_terminal


class _RequestRef(msgspec.Struct, frozen=True):
    request_key: str


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """Whose answer a line of ``answers.jsonl`` is, and to which request; all else is skipped."""

    side: Side
    response: _RequestRef


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    request: Request
    response: _RequestRef


Find = Callable[[str], Request | None]
"""Returns the request of a key, or None where the run did not ask it."""


class AskedLines:
    """Where in ``answers.jsonl`` each of the candidate's requests is: 16 bytes for each.

    Raises:
        StoreError: the file is missing, or a line doesn't fit.
    """

    def __init__(self, folder: Path) -> None:
        import numpy as np

        self._path = folder / "answers.jsonl"
        keys, starts = array("q"), array("q")
        decoder, start = msgspec.json.Decoder(_Line), 0
        with self._opened() as file:
            for number, line in enumerate(file, start=1):
                with self._reading(number):
                    found = decoder.decode(line)
                if found.side == "candidate":
                    keys.append(hash(found.response.request_key))
                    starts.append(start)
                start += len(line)
        order = np.argsort(np.frombuffer(keys, dtype=np.int64), kind="stable") if keys else np.empty(0, dtype=np.int64)
        self._keys = np.frombuffer(keys, dtype=np.int64)[order] if keys else order
        self._starts = np.frombuffer(starts, dtype=np.int64)[order] if keys else order

    @contextmanager
    def reading(self) -> Iterator[Find]:
        """Give what finds requests while the file is open."""
        decoder = msgspec.json.Decoder(_Asked)
        with self._opened() as file:

            def find(key: str) -> Request | None:
                wanted = hash(key)
                place = int(self._keys.searchsorted(wanted, side="right")) - 1
                while place >= 0 and self._keys[place] == wanted:
                    file.seek(int(self._starts[place]))
                    with self._reading(0):
                        found = decoder.decode(file.readline())
                    if found.response.request_key == key:
                        return found.request
                    place -= 1  # another key with the same hash
                return None

            yield find

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            file = open_regular(self._path)
        except FileNotFoundError:
            raise StoreError(f"{self._path}: no such file; run the suites again for a complete run folder") from None
        except OSError as problem:
            raise StoreError(f"{self._path}: can't be read: {problem.strerror}") from problem
        with file:
            yield file

    @contextmanager
    def _reading(self, number: int) -> Iterator[None]:
        try:
            yield
        except UNREADABLE as problem:
            where = f"{self._path}:{number}" if number else f"{self._path}"
            raise StoreError(f"{where}: not readable: {for_terminal(str(problem))}") from problem
