"""What a safetensors file holds, read from its header, and whether its numbers are finite. No library loads it."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from harness.records.record import UNREADABLE, Record
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    import numpy as np

LFS_POINTER = b"version https://git-lfs"
"""The start of the file that git leaves in place of a large one that was not fetched."""
LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the format itself."""
METADATA = "__metadata__"
CHUNK_BYTES = 1 << 24
ADDED_BYTES = 1 << 25
"""Up to here, adding up float32 in Python takes less than loading numpy."""
EXPONENTS = {
    "F64": ("<u8", 0x7FF0 << 48),
    "F32": ("<u4", 0x7F80 << 16),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
"""For each number format: an unsigned type as wide, and its exponent's bits, which are all set in NaN and infinity."""

BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}
"""The size of one number in each format that safetensors knows."""


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


Size = Annotated[int, msgspec.Meta(ge=0)]


class _Entry(msgspec.Struct):
    dtype: str
    shape: tuple[Size, ...]
    data_offsets: tuple[Size, Size]


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
        msgspec.json.decode(entries.get(METADATA, b"{}"), type=dict[str, str])
        found = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in entries.items() if name != METADATA}
    except UNREADABLE as problem:
        raise ValueError("is not a safetensors file: its header can't be read") from problem
    whole = start + max((one.data_offsets[1] for one in found.values()), default=0)
    if size != whole:
        raise ValueError(f"is cut off or damaged: {size:,} bytes, and its header says {whole:,}; copy it again")
    _check_places(found)
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


def _check_places(found: Mapping[str, _Entry]) -> None:
    """Raise ValueError unless the tensors are one after the other, each as long as its shape and number format say."""
    end = 0
    for name, one in sorted(found.items(), key=lambda pair: pair[1].data_offsets):
        begin, after = one.data_offsets
        if one.dtype not in BITS:
            raise ValueError(f"has numbers in an unknown format, {for_terminal(one.dtype)}, in {for_terminal(name)}")
        if begin != end or (after - begin) * 8 != math.prod(one.shape) * BITS[one.dtype]:
            raise ValueError(f"is damaged: its header gives {for_terminal(name)} a wrong place or size; copy it again")
        end = after


def same_numbers(path: Path, tensor: Tensor, other_path: Path, other: Tensor) -> bool:
    """Return whether two tensors have one shape and the same numbers, in any formats of ``EXPONENTS``."""
    if tensor.shape != other.shape:
        return False
    if tensor.dtype not in EXPONENTS or other.dtype not in EXPONENTS:
        return False
    sizes = BITS[tensor.dtype] // 8, BITS[other.dtype] // 8
    with path.open("rb") as file, other_path.open("rb") as other_file:
        file.seek(tensor.begin)
        other_file.seek(other.begin)
        left = math.prod(tensor.shape)
        while left:
            count = min(left, CHUNK_BYTES // 8)
            one = _numbers(file.read(count * sizes[0]), tensor.dtype)
            two = _numbers(other_file.read(count * sizes[1]), other.dtype)
            if one.shape != two.shape or not bool((one == two).all()):
                return False
            left -= count
    return True


def _numbers(content: bytes, dtype: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    import numpy as np

    if dtype == "BF16":  # the upper half of a float32
        bits = np.frombuffer(content, dtype="<u2").astype("<u4") << 16
        return bits.view("<f4").astype(np.float64)
    kind = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]
    return np.frombuffer(content, dtype=kind).astype(np.float64)


def first_not_finite(path: Path, tensors: Sequence[Tensor]) -> str | None:
    """Return the name of the first tensor that holds NaN or infinity; None if all numbers are finite."""
    seen = [tensor for tensor in tensors if tensor.dtype in EXPONENTS]
    size = sum(tensor.end - tensor.begin for tensor in seen)
    is_quick = size <= ADDED_BYTES and sys.byteorder == "little" and {tensor.dtype for tensor in seen} <= {"F32"}
    all_finite = _sum_is_finite if is_quick else _no_exponent_is_full
    with path.open("rb") as file:
        for tensor in seen:
            file.seek(tensor.begin)
            for piece in _pieces(tensor.end - tensor.begin):
                if not all_finite(file.read(piece), tensor.dtype):
                    return tensor.name
    return None


def _sum_is_finite(content: bytes, _dtype: str) -> bool:
    """Tell whether all of some float32 are finite: added up as float64 they can't overflow."""
    return math.isfinite(sum(memoryview(content).cast("f")))


def _no_exponent_is_full(content: bytes, dtype: str) -> bool:
    import numpy as np

    kind, exponent = EXPONENTS[dtype]
    bits = np.frombuffer(content, dtype=kind)
    return not bool(((bits & exponent) == exponent).any())


def _pieces(size: int) -> list[int]:
    """Return the sizes of reads that cover ``size`` bytes."""
    count = math.ceil(size / CHUNK_BYTES)
    return [min(CHUNK_BYTES, size - number * CHUNK_BYTES) for number in range(count)]
