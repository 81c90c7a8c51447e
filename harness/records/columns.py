"""Columns: one field of very many records, kept in a few bytes for each. What is read is equal to what was added."""

import itertools
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
Other = TypeVar("Other")
MOST_ALIKE = 4096
"""Different values that a column keeps as they are; any more are kept as bytes."""


class Texts:
    """Texts one after the other, most of them different: as UTF-8, in which a lone surrogate is kept too."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q")

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        return self._at(place).decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        start, held = 0, self._bytes
        for end in self._ends:
            yield held[start:end].decode("utf-8", "surrogatepass")
            start = end

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts):
            return NotImplemented
        return self is other or (self._ends == other._ends and self._bytes == other._bytes)

    __hash__ = None  # type: ignore[assignment]

    def add(self, text: str) -> None:
        """Add a text."""
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def _at(self, place: int) -> bytearray:
        return self._bytes[self._ends[place - 1] if place else 0 : self._ends[place]]


class Keys:
    """Digests as hexadecimal text, 32 bytes each; where one is anything else, all are kept as texts."""

    SIZE = 32

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._texts: Texts | None = None

    def __len__(self) -> int:
        return len(self._bytes) // self.SIZE if self._texts is None else len(self._texts)

    def __getitem__(self, place: int) -> str:
        if self._texts is not None:
            return self._texts[place]
        return self._bytes[place * self.SIZE : (place + 1) * self.SIZE].hex()

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts) if self._texts is not None else (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Keys):
            return NotImplemented
        if (self._texts is None) == (other._texts is None):
            return self._bytes == other._bytes and self._texts == other._texts
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def add(self, key: str) -> None:
        """Add a key."""
        if self._texts is None:
            if (packed := _packed(key)) is not None:
                self._bytes += packed
                return
            texts = Texts()
            for one in self:
                texts.add(one)
            self._bytes, self._texts = bytearray(), texts
        self._texts.add(key)


class Numbers:
    """Floats, or None."""

    def __init__(self) -> None:
        self.values = array("d")
        """0 where there is none."""
        self.missing: set[int] = set()
        """The places of None."""

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> float | None:
        return None if place in self.missing else self.values[place]

    def __iter__(self) -> Iterator[float | None]:
        if not self.missing:
            return iter(self.values)
        return (None if place in self.missing else value for place, value in enumerate(self.values))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Numbers):
            return NotImplemented
        return self.values == other.values and self.missing == other.missing

    __hash__ = None  # type: ignore[assignment]

    def add(self, value: float | None) -> None:
        """Add a number."""
        if value is None:
            self.missing.add(len(self.values))
        self.values.append(0.0 if value is None else value)


class Column(Generic[T]):
    """Values of which many are alike: each different one once, and a number for each place.

    Beyond ``MOST_ALIKE`` different ones the others are kept as bytes. ``kind`` is the type as msgspec knows it.
    """

    def __init__(self, kind: object) -> None:
        self._kind = kind
        self._length = 0
        self._codes: array[int] | None = None
        """Which of the different values; from ``MOST_ALIKE`` on which of the packed ones. None while all are alike."""
        self._code_of: dict[T, int] = {}
        self._alike: list[T] = []
        self._packed: list[bytes | T] = []
        self._encoder: msgspec.msgpack.Encoder | None = None
        self._decoder: msgspec.msgpack.Decoder[T] | None = None

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> T:
        if not 0 <= place < self._length:
            raise IndexError(place)
        return self._value(self._codes[place] if self._codes is not None else 0)

    def __iter__(self) -> Iterator[T]:
        return self.each(lambda value: value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return NotImplemented
        if self._alike == other._alike and self._packed == other._packed:
            return self._length == other._length and self._codes == other._codes
        return self._length == other._length and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def add(self, value: T) -> None:
        """Add a value."""
        try:
            code = self._code_of.get(value)
        except TypeError:  # a list in place of a tuple, as somebody's scorer can give
            code = self._pack(value)
        if code is None:
            code = self._new_code(value)
        if self._codes is not None:
            self._codes.append(code)
        elif code:
            self._codes = array("I", bytes(4 * self._length))
            self._codes.append(code)
        self._length += 1

    def each(self, made: Callable[[T], Other]) -> Iterator[Other]:
        """Yield what is made of each value; of values that are alike it is made once."""
        known = [made(value) for value in self._alike]
        if self._codes is None:
            return itertools.repeat(known[0], self._length) if known else iter(())
        if not self._packed:
            return map(known.__getitem__, self._codes)
        return (known[code] if code < MOST_ALIKE else made(self._value(code)) for code in self._codes)

    def different(self) -> Iterator[T]:
        """Yield each value that occurs; of those beyond ``MOST_ALIKE`` one can come more than once."""
        yield from self._alike
        yield from (self._value(MOST_ALIKE + place) for place in range(len(self._packed)))

    @property
    def only(self) -> Sequence[T]:
        """The one value that all places have; empty where there are several values, or none."""
        return self._alike if len(self._alike) == 1 and not self._packed else ()

    def _new_code(self, value: T) -> int:
        if len(self._alike) < MOST_ALIKE:
            self._code_of[value] = len(self._alike)
            self._alike.append(value)
            return len(self._alike) - 1
        return self._pack(value)

    def _pack(self, value: T) -> int:
        self._packed.append(self._encoded(value))
        return MOST_ALIKE + len(self._packed) - 1

    def _encoded(self, value: T) -> bytes | T:
        self._encoder = self._encoder or msgspec.msgpack.Encoder()
        try:
            return self._encoder.encode(value)
        except (UnicodeEncodeError, OverflowError):  # a lone surrogate, or a number of more than 64 bits
            return value

    def _value(self, code: int) -> T:
        if code < MOST_ALIKE:
            return self._alike[code]
        held = self._packed[code - MOST_ALIKE]
        if not isinstance(held, bytes):
            return held
        if self._decoder is None:
            self._decoder = msgspec.msgpack.Decoder(self._kind)
        return self._decoder.decode(held)


def _packed(key: str) -> bytes | None:
    if len(key) != 2 * Keys.SIZE:
        return None
    try:
        packed = bytes.fromhex(key)
    except ValueError:
        return None
    return packed if len(packed) == Keys.SIZE and packed.hex() == key else None
