"""What a safetensors file holds, read from its header, and whether its numbers are finite. No library loads it."""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.records.record import Record

LFS_POINTER = b"version https://git-lfs"
"""The start of the file that git leaves in place of a large one that was not fetched."""
LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the format itself."""
METADATA = "__metadata__"
CHUNK_BYTES = 1 << 24
EXPONENTS = {
    "F64": ("<u8", 0x7FF0 << 48),
    "F32": ("<u4", 0x7F80 << 16),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
"""For each number format: an unsigned type as wide, and its exponent's bits, which are all set in NaN and infinity."""


class Tensor(Record, frozen=True, kw_only=True):
    """One tensor of a file; ``begin`` and ``end`` are places in the file, in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether it holds no numbers."""
        return 0 in self.shape


class _Entry(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def is_lfs_pointer(path: Path) -> bool:
    """Return whether the file is only git-lfs's placeholder for the real one."""
    with path.open("rb") as file:
        return file.read(len(LFS_POINTER)) == LFS_POINTER


def read_tensors(path: Path) -> tuple[Tensor, ...]:
    """Return what the file's header lists.

    Raises:
        ValueError: the file is not safetensors, or not complete; the text is the reason.
    """
    if is_lfs_pointer(path):
        raise ValueError("is a git-lfs pointer, not the file itself; run `git lfs pull`")
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        start = LENGTH_BYTES + length
        if size < LENGTH_BYTES or length > LONGEST_HEADER:
            raise ValueError("is not a safetensors file")
        if size < start:
            raise ValueError(f"is cut off: {size:,} bytes, and its header alone has {start:,}; copy it again")
        header = file.read(length)
    try:
        entries = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        found = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in entries.items() if name != METADATA}
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ValueError("is not a safetensors file: its header can't be read") from problem
    whole = start + max((one.data_offsets[1] for one in found.values()), default=0)
    if size != whole:
        raise ValueError(f"is cut off or damaged: {size:,} bytes, and its header says {whole:,}; copy it again")
    return tuple(
        Tensor(
            name=name,
            dtype=one.dtype,
            shape=one.shape,
            begin=start + one.data_offsets[0],
            end=start + one.data_offsets[1],
        )
        for name, one in found.items()
    )


def first_not_finite(path: Path, tensors: Sequence[Tensor]) -> str | None:
    """Return the name of the first tensor that holds NaN or infinity; None if all numbers are finite."""
    import numpy as np

    with path.open("rb") as file:
        for tensor in tensors:
            kind, exponent = EXPONENTS.get(tensor.dtype, ("", 0))
            if not kind:
                continue
            file.seek(tensor.begin)
            for size in _pieces(tensor.end - tensor.begin):
                bits = np.frombuffer(file.read(size), dtype=kind)
                if bool(((bits & exponent) == exponent).any()):
                    return tensor.name
    return None


def _pieces(size: int) -> list[int]:
    """Return the sizes of reads that cover ``size`` bytes."""
    count = math.ceil(size / CHUNK_BYTES)
    return [min(CHUNK_BYTES, size - number * CHUNK_BYTES) for number in range(count)]
