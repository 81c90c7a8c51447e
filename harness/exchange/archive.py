"""Read the members of a zip file that another tool wrote, zstd-compressed ones too, within limits.

Nothing is written to disk, so a member's name can lead nowhere. Python before 3.14 can't read zstd members itself.
"""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from harness.errors import DataError
from harness.exchange.foreign import LARGEST_RECORD, MOST_RECORDS
from harness.text.visible import quoted

ZSTD = 93
"""The zip format's number for zstd."""
LARGEST_TOTAL = 2 << 30
"""Bytes of all members that are read."""
LARGEST_WINDOW = 128 << 20
"""Bytes that unpacking a zstd member can keep in memory."""
LOCAL_HEADER = struct.Struct("<4s5H3L2H")


class Archive:
    """An open zip file.

    Raises:
        DataError: it is not a zip file, has too many members, or two of one name.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self._content = content
        self._left = LARGEST_TOTAL
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as problem:
            raise DataError(f"{path}: not a readable zip file: {problem}") from problem
        names = self._zip.namelist()
        if len(names) > MOST_RECORDS:
            raise DataError(f"{path}: more than {MOST_RECORDS:,} members")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"{path}: two members are named {quoted(twice)}")
        self.names = tuple(names)

    def place(self, name: str) -> str:
        """Return a member's place, for people."""
        return f"{self._path}:{quoted(name)[1:-1]}"

    def read(self, name: str) -> bytes:
        """Return what a member holds.

        Raises:
            DataError: it is damaged, encrypted, compressed in an unknown way, or larger than it may be.
        """
        info = self._zip.getinfo(name)
        limit = min(LARGEST_RECORD, self._left)
        try:
            found = self._zstd(info, limit) if info.compress_type == ZSTD else self._plain(info, limit)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error) as problem:
            raise DataError(f"{self.place(name)}: can't be read: {problem}") from problem
        except OSError as problem:
            raise DataError(f"{self.place(name)}: damaged: {problem}") from problem
        if len(found) > limit:
            raise DataError(f"{self.place(name)}: unpacks to more than {limit >> 20} MiB")
        self._left -= len(found)
        return found

    def _plain(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            with self._zip.open(info) as member:
                return member.read(limit + 1)
        except zlib.error as problem:
            raise zipfile.BadZipFile(str(problem)) from problem

    def _zstd(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            import zstandard
        except ModuleNotFoundError:
            raise DataError(
                f"{self._path}: its members are compressed by zstd, for which a package is missing: "
                "pip install 'tunegate[import]'"
            ) from None
        if info.flag_bits & 1:
            raise zipfile.BadZipFile("it is encrypted")
        header = LOCAL_HEADER.unpack_from(self._content, info.header_offset)
        start = info.header_offset + LOCAL_HEADER.size + header[9] + header[10]
        packed = self._content[start : start + info.compress_size]
        try:
            with zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(packed) as stream:
                found = stream.read(limit + 1)
        except zstandard.ZstdError as problem:
            raise zipfile.BadZipFile(str(problem)) from problem
        if len(found) <= limit and zlib.crc32(found) != info.CRC:
            raise zipfile.BadZipFile("its checksum differs")
        return bytes(found)
