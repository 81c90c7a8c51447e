"""Many records in little memory: the first ones as objects, the rest encoded in a file that has no name.

Nobody else sees the file, and it is gone when the process ends, however that happens.
"""

import os
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar, overload

import msgspec

from harness.errors import StoreError
from harness.text.unwritten import unwritten

T = TypeVar("T")
IN_MEMORY = 25_000
"""Records that stay objects."""
WRITTEN_BYTES = 1 << 16
"""How much is written at once."""
READ_AT_ONCE = 256
"""Records that reading all of them in order takes from the file at once."""
READ_AHEAD_BYTES = 1 << 13
"""What is taken from the file with one record: the next one that is read is most often among them."""
ODD = msgspec.msgpack.encode(None)
ARRAY = b"\xdd"
"""How an array begins in MessagePack, before the number of its items in 4 bytes."""
TOO_LARGE = "it holds what a large run doesn't keep in memory, and TMPDIR can name another folder"


class Spooled(Sequence[T]):
    """Records of one kind, in the order in which they were added; any thread can add and read.

    Raises:
        StoreError: the folder for temporary files can't be written.
    """

    def __init__(self, kind: type[T], in_memory: int = IN_MEMORY) -> None:
        self._objects: list[T] = []
        self._in_memory = in_memory
        self._odd: dict[int, T] = {}
        """By place: what no encoding holds, such as half a surrogate; in the file it is ``ODD``."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[T | None] = msgspec.msgpack.Decoder(kind | None)
        self._decoder_of_many: msgspec.msgpack.Decoder[list[T | None]] = msgspec.msgpack.Decoder(list[kind | None])  # type: ignore[valid-type]
        self._ends = array("Q", [0])
        """Where each record in the file ends; before them, where the first one starts."""
        self._unwritten = bytearray()
        self._written = 0
        """Bytes in the file."""
        self._ahead = (0, b"")
        """A part of the file that was read last, and where it begins; what is written never changes."""
        self._lock = threading.Lock()
        self._file = -1

    def append(self, record: T) -> int:
        """Add a record and return its place."""
        with self._lock:
            if len(self._objects) < self._in_memory:
                self._objects.append(record)
                return len(self._objects) - 1
            place = len(self)
            try:
                encoded = self._encoder.encode(record)
            except (ValueError, OverflowError):
                self._odd[place] = record
                encoded = ODD
            self._unwritten += encoded
            self._ends.append(self._ends[-1] + len(encoded))
            if len(self._unwritten) > WRITTEN_BYTES:
                self._write()
            return place

    def __len__(self) -> int:
        return len(self._objects) + len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        if place < 0:
            place += len(self)
        if 0 <= place < len(self._objects):
            return self._objects[place]
        number = place - len(self._objects)
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(place)
        begins, ends = self._ends[number], self._ends[number + 1]
        record = self._decoder.decode(self._part(begins, ends))
        return self._odd[place] if record is None else record

    def __iter__(self) -> Iterator[T]:
        yield from self._objects
        for start in range(len(self._objects), len(self), READ_AT_ONCE):
            yield from self._read(start, min(start + READ_AT_ONCE, len(self)))

    def _read(self, start: int, end: int) -> Iterator[T]:
        """Yield the records of places that are in the file; they are decoded as one array."""
        first = len(self._objects)
        content = self._content(self._ends[start - first], self._ends[end - first])
        records = self._decoder_of_many.decode(ARRAY + (end - start).to_bytes(4, "big") + content)
        for place, record in enumerate(records, start):
            yield self._odd[place] if record is None else record

    def _part(self, begins: int, ends: int) -> bytes:
        """Return some of the file, from what was read with the part before it if it is there."""
        at, ahead = self._ahead
        if not (at <= begins and ends <= at + len(ahead)):
            at, ahead = self._ahead = (
                begins,
                self._content(begins, max(ends, min(begins + READ_AHEAD_BYTES, self._written))),
            )
        return ahead[begins - at : ends - at]

    def _content(self, begins: int, ends: int) -> bytes:
        """Return some of the file, to its end at most; what is not written yet is written before."""
        if ends > self._written:
            with self._lock:
                self._write()
        return os.pread(self._file, ends - begins, begins) if ends > begins else b""

    def _write(self) -> None:
        if not self._unwritten:
            return
        try:
            if self._file < 0:
                self._open()
            with memoryview(self._unwritten) as rest:
                written = 0
                while written < len(rest):
                    # At its place: after a write that failed half-way, what is written again must not be moved.
                    written += os.pwrite(self._file, rest[written:], self._written + written)
        except OSError as problem:
            there = tempfile.gettempdir()
            raise StoreError(f"{there}: can't be written: {unwritten(problem)}; {TOO_LARGE}") from problem
        self._written += len(self._unwritten)
        self._unwritten.clear()

    def _open(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="tunegate-")
        Path(name).unlink()
        self._file = descriptor
        weakref.finalize(self, os.close, descriptor)


def spooled(records: Iterable[T], kind: type[T]) -> Sequence[T]:
    """Return records as a tuple, or of very many only the first ones in memory."""
    kept = Spooled(kind)
    for record in records:
        kept.append(record)
    return tuple(kept) if len(kept) <= IN_MEMORY else kept
