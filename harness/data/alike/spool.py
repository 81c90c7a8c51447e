"""Texts of rows kept in a temporary file, for the few that are looked at again once all rows are read."""

import tempfile
import weakref
from array import array

import msgspec

ANSWER_KEPT = 2_000
"""Characters of an output: it is only shown."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a row; the output is cut, the input is whole."""

    input: str
    output: str


class Spool:
    """Rows' texts in the order in which they were added; the file is gone when this is."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])

    def add(self, text: str, answer: str) -> None:
        """Keep the texts of the next row."""
        kept = msgspec.msgpack.encode(Kept(_writable(text), _writable(answer[:ANSWER_KEPT])))
        self._file.write(kept)
        self._ends.append(self._ends[-1] + len(kept))

    def __getitem__(self, place: int) -> Kept:
        start, end = self._ends[place], self._ends[place + 1]
        self._file.seek(start)
        kept = msgspec.msgpack.decode(self._file.read(end - start), type=Kept)
        self._file.seek(0, 2)
        return kept


def _writable(text: str) -> str:
    """Return a text without halves of characters, which have no bytes."""
    return text.encode("utf-8", "replace").decode()
