"""Keys of requests in little memory: 32 bytes each, and a table by which each is found.

A set of Python's takes three times as much. The table is open addressing with linear probing (Knuth, The Art of
Computer Programming, volume 3, section 6.4, algorithm L); keys are digests, so their first bytes are spread evenly.
"""

from array import array
from collections.abc import Iterator

WIDTH = 32
"""Bytes of a key."""
FIRST_SLOTS = 1 << 10


class Keys:
    """Keys as hex texts, each once, numbered from 0 in the order in which they were added."""

    def __init__(self) -> None:
        self._keys = bytearray()
        self._slots = array("I", bytes(4 * FIRST_SLOTS))
        """Each holds the number of a key plus 1, or 0."""
        self._count = 0
        self._next = 0
        """The number after the key that was found last: most are looked for in the order in which they were added."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return map(self.at, range(self._count))

    def at(self, number: int) -> str:
        """Return the key with a number."""
        return self._keys[WIDTH * number : WIDTH * (number + 1)].hex()

    def find(self, key: str) -> int:
        """Return the number of a key; -1 where it was never added."""
        try:
            digest = bytes.fromhex(key)
        except ValueError:  # it is not a digest
            return -1
        if len(digest) != WIDTH:
            return -1
        number = self._next
        if self._keys[WIDTH * number : WIDTH * (number + 1)] != digest:
            number = self._look(digest)[1] - 1
        self._next = number + 1
        return number

    def add(self, key: str) -> int:
        """Return the number of a key, which is added if it is new.

        Raises:
            ValueError: it is not the hex text of a digest.
        """
        digest = bytes.fromhex(key)
        if len(digest) != WIDTH:
            raise ValueError(f"{key[:80]!r} is not a digest")
        slot, number = self._look(digest)
        if number:
            return number - 1
        self._keys += digest
        self._count += 1
        self._slots[slot] = self._count
        if 3 * self._count > 2 * len(self._slots):
            self._grow(2 * len(self._slots))
        return self._count - 1

    def make_room(self, more: int) -> None:
        """Make room for more keys: the table grows once, and not step by step as they are added."""
        size = len(self._slots)
        while 3 * (self._count + more) > 2 * size:
            size *= 2
        if size > len(self._slots):
            self._grow(size)

    def _look(self, digest: bytes) -> tuple[int, int]:
        """Return the slot in which a key is, or belongs, and what the slot holds; another thread can add meanwhile."""
        slots, keys, last = self._slots, self._keys, len(self._slots) - 1
        slot = int.from_bytes(digest[:6], "big") & last
        while number := slots[slot]:
            if keys[WIDTH * (number - 1) : WIDTH * number] == digest:
                return slot, number
            slot = (slot + 1) & last
        return slot, 0

    def _grow(self, size: int) -> None:
        slots, last = array("I", bytes(4 * size)), size - 1
        for number in range(self._count):
            slot = int.from_bytes(self._keys[WIDTH * number : WIDTH * number + 6], "big") & last
            while slots[slot]:
                slot = (slot + 1) & last
            slots[slot] = number + 1
        self._slots = slots
