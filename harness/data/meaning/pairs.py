"""Which of many texts mean the same, by their vectors, compared block by block: these wait in a temporary file."""

import tempfile
import weakref
from typing import TYPE_CHECKING

import msgspec

from harness.data.meaning.model import LENGTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR = 0.9
"""Cosine from which on two inputs ask the same in other words. Measured in docs/data-checks.md."""
VERY_NEAR = 0.95
"""From which on one of two definite outputs is wrong, if they differ."""
BLOCK = 1_000
"""Rows that are compared at once with as many: 4 MB of cosines."""
NONE = -1
"""In place of a row."""


class Vectors:
    """Vectors in the order in which they were added, as 16-bit numbers; the file is gone when this is."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this does
        weakref.finalize(self, self._file.close)

    def add(self, vectors: "NDArray[np.float32]") -> None:
        """Keep the next vectors."""
        import numpy as np

        self._file.seek(0, 2)
        self._file.write(vectors.astype(np.float16).tobytes())

    def read(self, start: int, end: int) -> "NDArray[np.float32]":
        """Return the vectors of some rows, fewer where there are no more."""
        import numpy as np

        size = LENGTH * 2
        self._file.seek(start * size)
        kept = np.frombuffer(self._file.read((end - start) * size), dtype=np.float16)
        return kept.reshape(-1, LENGTH).astype(np.float32)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared of each row, in columns; ``alike`` must be equal in both rows, ``apart`` must not, 0 is none.

    ``is_compared`` says which rows take part, ``is_definite`` whose outputs can contradict others.
    """

    is_compared: "NDArray[np.bool_]"
    alike: "NDArray[np.uint64]"
    apart: "NDArray[np.uint64]"
    answer: "NDArray[np.uint64]"
    is_definite: "NDArray[np.bool_]"


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """For each row, the earlier one that it belongs to, and the one that it contradicts; ``NONE`` where there is none.

    What others belong to belongs to no row itself, so all rows of a cluster mean the same as its first one does.
    """

    first: "NDArray[np.int64]"
    contradicted: "NDArray[np.int64]"
    cosine: "NDArray[np.float32]"
    """To the one that it belongs to."""
    contradicting: "NDArray[np.float32]"
    """To the one that it contradicts."""


def nearest(vectors: Vectors, rows: Compared) -> Nearest:
    """Return what each row means the same as. A row takes 24 bytes; time grows with the square of the rows."""
    import numpy as np

    count = len(rows.alike)
    found = Nearest(
        first=np.full(count, NONE),
        contradicted=np.full(count, NONE),
        cosine=np.zeros(count, dtype=np.float32),
        contradicting=np.zeros(count, dtype=np.float32),
    )
    for start in range(0, count, BLOCK):
        later = slice(start, min(start + BLOCK, count))
        some = vectors.read(later.start, later.stop)
        for before in range(0, start, BLOCK):
            earlier = slice(before, before + BLOCK)
            cosines = some @ vectors.read(earlier.start, earlier.stop).T
            _take(found, rows, cosines, later, earlier)
        cosines = some @ some.T
        for place in range(1, len(some)):
            # Whether a row of this block is the first of a cluster is known once the rows before it are done.
            one = slice(start + place, start + place + 1)
            _take(found, rows, cosines[place : place + 1, :place], one, slice(start, start + place))
    return found


def _take(found: Nearest, rows: Compared, cosines: "NDArray[np.float32]", later: slice, earlier: slice) -> None:
    """Note for later rows what of the earlier ones is nearer than what is known."""
    import numpy as np

    near = cosines >= NEAR
    if not near.any():
        return
    near &= rows.is_compared[later, None] & rows.is_compared[earlier]
    near &= rows.alike[later, None] == rows.alike[earlier]
    near &= (rows.apart[later, None] != rows.apart[earlier]) | (rows.apart[earlier] == 0)
    differ = near & (rows.answer[later, None] != rows.answer[earlier]) & (cosines >= VERY_NEAR)
    differ &= rows.is_definite[later, None] & rows.is_definite[earlier]
    belongs = near & ~differ & (found.first[earlier] == NONE)
    for where, which, best in (
        (belongs, found.first, found.cosine),
        (differ, found.contradicted, found.contradicting),
    ):
        masked = np.where(where, cosines, 0)
        at = masked.argmax(axis=1)
        highest = masked[np.arange(len(at)), at]
        nearer = highest > best[later]
        best[later][nearer] = highest[nearer]
        which[later][nearer] = at[nearer] + earlier.start
