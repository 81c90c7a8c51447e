"""What is kept of each row while a file is read: digests, a signature, its place; 200 bytes, and its texts on disk."""

import hashlib
from array import array
from typing import TYPE_CHECKING

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.likeness import told, worded
from harness.data.alike.minhash import LENGTH, signatures
from harness.data.alike.spool import Kept, Spool
from harness.data.alike.templates import blanked
from harness.data.row import DataRow
from harness.records.record import digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 1_000
"""Rows that are signed together. The first of these show the frame."""
CHARACTERS = 200_000
"""Of these, at most: long ones are signed by fewer at once."""
NOTHING = 0
"""In place of the digest of what is not there."""


def short_digest(*texts: str) -> int:
    """Return 64 bits of a digest of texts: among a million rows two that differ have one digest once in 10 million."""
    one = hashlib.blake2b(digest_size=8)
    for text in texts:
        one.update(text.encode("utf-8", "surrogatepass"))
        one.update(b"\xff")
    return int.from_bytes(one.digest(), "little") or 1


class Remembered:
    """Rows in the order in which they were added. What is compared is the input, or the output where there is none."""

    def __init__(self) -> None:
        self.frame = Frame()
        self._texts = Spool()
        self._files: dict[str, int] = {}
        self._file, self._line = array("I"), array("Q")
        self._columns = {name: array("Q") for name in ("text", "asked", "answer", "template", "around", "whole")}
        self._signed = bytearray()
        self._waiting: list[str] = []
        self._characters = 0

    def __len__(self) -> int:
        return len(self._line)

    def add(self, row: DataRow) -> None:
        """Keep a row, unless it has neither input nor output."""
        asked, answer = row.input, row.output
        if not (text := asked if asked.strip() else answer).strip():
            return
        around = short_digest(row.system, digest(row.tools) if row.tools else "")
        template = blanked(text, answer)
        self._file.append(self._files.setdefault(row.file, len(self._files)))
        self._line.append(row.line)
        digests = {
            "text": short_digest(told(text)),
            "asked": short_digest(told(asked)) if asked.strip() else NOTHING,
            "answer": short_digest(told(answer)),
            "template": short_digest(*template) if template else NOTHING,
            "around": around,
            "whole": int.from_bytes(row.identity[:8], "little"),
        }
        for name, value in digests.items():
            self._columns[name].append(value)
        self._texts.add(text, answer)
        self._waiting.append(worded(text))
        self._characters += len(text)
        if len(self._waiting) >= AT_ONCE or self._characters >= CHARACTERS:
            self._sign()

    def close(self) -> None:
        """Sign the last rows; none can be added after this."""
        if self._waiting:
            self._sign()

    def column(self, name: str) -> "NDArray[np.uint64]":
        """Return one digest of every row: its "text", what was "asked", "answer", "template", "around" it, "whole"."""
        import numpy as np

        return np.frombuffer(self._columns[name], dtype=np.uint64)

    @property
    def signed(self) -> "NDArray[np.uint8]":
        """The signatures of the compared texts, without the frame."""
        import numpy as np

        return np.frombuffer(self._signed, dtype=np.uint8).reshape(-1, LENGTH)

    def place(self, row: int) -> str:
        """Return where a row is, as ``file:line``."""
        return f"{list(self._files)[self._file[row]]}:{self._line[row]}"

    def texts(self, row: int) -> Kept:
        """Return the compared text of a row, and the beginning of its output."""
        return self._texts[row]

    def plain(self, row: int) -> str:
        """Return what was signed of a row."""
        return self.frame.without(worded(self._texts[row].input))

    def _sign(self) -> None:
        if not self._signed:
            self.frame = frame_of(self._waiting)
        self._signed += signatures([self.frame.without(text) for text in self._waiting]).tobytes()
        self._waiting.clear()
        self._characters = 0
