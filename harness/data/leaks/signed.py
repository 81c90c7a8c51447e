"""Signatures of training rows, without their texts: what a suite is checked against where the rows are not.

They are kept beside an adapter's manifest, as MessagePack that is read without running anything. A row takes 30 bytes
for its digests, 144 for each MinHash signature (of its input, its turns, its output of 8 words or more), and at most
``RUN_BYTES`` for hashes of words in a row: of long rows these are a sample.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.likeness import worded
from harness.data.alike.minhash import LENGTH, signatures
from harness.data.alike.runs import RUN, SHORTEST, runs_of, words_in
from harness.data.leaks.units import units_of_row
from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.record import UNREADABLE, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 1_000
RUN_BYTES = 180
"""For each row on average, at 12 bytes a hash."""
ALL_HASHES = 2.0**64
COLUMNS = {
    "files": "<u4",
    "lines": "<u4",
    "keys": "<u8",
    "key_rows": "<u4",
    "near": "u1",
    "near_rows": "<u4",
    "near_figures": "<u8",
    "near_outputs": "u1",
    "runs": "<u8",
    "run_rows": "<u4",
}
"""The type of the numbers in each column."""


class Signatures(Record, frozen=True, kw_only=True):
    """Digests and signatures of rows, in columns of bytes; ``scale`` says of how many hashed runs one is kept."""

    version: int = 1
    names: tuple[str, ...]
    """Of the files that ``files`` counts, without their folders."""
    frames: tuple[Frame, ...] = ()
    """What most rows begin and end with, which the texts were signed without."""
    run_words: int = SHORTEST
    """How many words in a row are hashed: 8 where all such hashes are kept, else 13, of which one is enough."""
    scale: float = 1
    files: bytes
    lines: bytes
    keys: bytes
    key_rows: bytes
    near: bytes
    near_rows: bytes
    near_figures: bytes
    near_outputs: bytes
    runs: bytes
    run_rows: bytes

    def column(self, name: str) -> "NDArray[np.unsignedinteger]":
        """Return a column as an array."""
        import numpy as np

        values: NDArray[np.unsignedinteger] = np.frombuffer(getattr(self, name), dtype=COLUMNS[name])
        return values

    @property
    def signed(self) -> "NDArray[np.uint8]":
        """The MinHash signatures, one in each row of an array."""
        import numpy as np

        return np.frombuffer(self.near, dtype=np.uint8).reshape(-1, LENGTH)

    @property
    def rows(self) -> int:
        """How many rows were signed."""
        return len(self.lines) // 4

    def place(self, row: int) -> str:
        """Return where a row was, as ``file:line``."""
        return f"{self.names[int(self.column('files')[row])]}:{self.column('lines')[row]}"


def sign(rows: Iterable[DataRow]) -> Signatures:
    """Return the signatures of rows, read once. The first thousand show what frame their inputs have."""
    rows = iter(rows)
    first = list(islice(rows, AT_ONCE))
    return signed_with(chain(first, rows), (frame_of([worded(row.input) for row in first]),), RUN_BYTES)


def signed_with(rows: Iterable[DataRow], frames: Sequence[Frame], run_bytes: int) -> Signatures:
    """Return the signatures of rows with known frames; ``run_bytes`` of hashed runs are kept a row."""
    columns = _Columns(run_bytes)
    rows = iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        columns.add(some, frames)
    return columns.signatures(frames)


def written(signed: Signatures) -> bytes:
    """Return signatures as the bytes of a file."""
    return msgspec.msgpack.encode(signed)


def read_signatures(data: bytes, place: str) -> Signatures:
    """Return the signatures in the bytes of a file.

    Raises:
        DataError: they are no signatures, or not whole; the text starts with ``place``.
    """
    import numpy as np

    try:
        signed = msgspec.msgpack.decode(data, type=Signatures)
        rows = len(signed.column("lines"))
        lengths = {
            len(signed.column("files")) == rows,
            len(signed.column("keys")) == len(signed.column("key_rows")),
            len(
                {
                    len(signed.signed),
                    *(len(signed.column(name)) for name in ("near_rows", "near_figures", "near_outputs")),
                }
            )
            == 1,
            len(signed.column("runs")) == len(signed.column("run_rows")),
            all(np.all(signed.column(name) < rows) for name in ("key_rows", "near_rows", "run_rows")),
            bool(np.all(signed.column("files") < len(signed.names))),
            signed.version == 1,
            signed.scale >= 1,
            signed.run_words in {SHORTEST, RUN},
        }
    except (*UNREADABLE, ValueError) as problem:
        raise DataError(f"{place}: not a file of signatures of training rows: {problem}") from problem
    if lengths != {True}:
        raise DataError(f"{place}: the signatures of the training rows are not whole; train again, or give the rows")
    return signed


class _Columns:
    """Columns that grow while rows are read."""

    def __init__(self, run_bytes: int) -> None:
        self._names: dict[str, int] = {}
        self._columns = {name: bytearray() for name in COLUMNS}
        self._most_runs, self._short, self._long = run_bytes / 12, _Runs(), _Runs()

    def add(self, rows: Sequence[DataRow], frames: Sequence[Frame]) -> None:
        """Sign rows."""
        start = len(self._columns["lines"]) // 4
        plain: list[str] = []
        for place, row in enumerate(rows, start):
            name = row.file.replace("\\", "/").rpartition("/")[2]
            self._extend("files", [self._names.setdefault(name, len(self._names))])
            self._extend("lines", [row.line])
            words: list[list[str]] = []
            for unit in units_of_row(row, frames):
                if unit.key is not None:
                    self._extend("keys", [unit.key])
                    self._extend("key_rows", [place])
                if unit.has_words:
                    plain.append(unit.plain)
                    self._extend("near_rows", [place])
                    self._extend("near_figures", [unit.figures])
                    self._extend("near_outputs", [unit.where == "output"])
                words.append(words_in(unit.plain))
            self._short.add(place, [runs_of(some, SHORTEST) for some in words])
            self._long.add(place, [runs_of(some, min(RUN, len(some))) for some in words if len(some) >= SHORTEST])
        self._columns["near"] += signatures(plain).tobytes()
        self._short.thin(int(self._most_runs * (start + len(rows))))
        self._long.thin(int(self._most_runs * (start + len(rows))))

    def signatures(self, frames: Sequence[Frame]) -> Signatures:
        """Return what was signed."""
        runs, run_words = (self._short, SHORTEST) if self._short.scale == 1 else (self._long, RUN)
        columns = {name: bytes(column) for name, column in (self._columns | runs.columns).items()}
        facts = {"names": tuple(self._names), "frames": tuple(frames), "run_words": run_words, "scale": runs.scale}
        return msgspec.convert({**facts, **columns}, Signatures)

    def _extend(self, name: str, values: "Sequence[int] | NDArray[np.uint64]") -> None:
        import numpy as np

        self._columns[name] += np.asarray(values, dtype=COLUMNS[name]).tobytes()


class _Runs:
    """Hashed runs of rows: all, or those with the least hashes."""

    def __init__(self) -> None:
        self.scale = 1.0
        self.columns = {"runs": bytearray(), "run_rows": bytearray()}

    def add(self, row: int, runs: "Sequence[NDArray[np.uint64]]") -> None:
        """Add the runs of a row, each once."""
        import numpy as np

        if not runs:
            return
        distinct = np.unique(np.concatenate(runs))
        kept = distinct[self._is_kept(distinct)]
        self.columns["runs"] += kept.astype(COLUMNS["runs"]).tobytes()
        self.columns["run_rows"] += np.full(len(kept), row, dtype=COLUMNS["run_rows"]).tobytes()

    def thin(self, most: int) -> None:
        """Keep as many as can be, where they are too many."""
        import numpy as np

        runs = np.frombuffer(bytes(self.columns["runs"]), dtype=np.uint64)
        if len(runs) <= most:
            return
        rows = np.frombuffer(bytes(self.columns["run_rows"]), dtype=np.uint32)
        self.scale = ALL_HASHES / float(np.partition(runs, most)[most])
        kept = self._is_kept(runs)
        self.columns = {"runs": bytearray(runs[kept].tobytes()), "run_rows": bytearray(rows[kept].tobytes())}

    def _is_kept(self, runs: "NDArray[np.uint64]") -> "NDArray[np.bool_]":
        import numpy as np

        kept: NDArray[np.bool_] = runs.astype(np.float64) < ALL_HASHES / self.scale
        return kept if self.scale > 1 else np.ones(len(runs), dtype=bool)
