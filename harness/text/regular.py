"""Open files that others made: only a regular file, since reading a FIFO or a device can wait or go on for ever."""

import errno
import stat
from pathlib import Path
from typing import IO

KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file, or a link to one, to read it.

    Raises:
        OSError: it can't be opened, or is something else; ``strerror`` says what.
    """
    kind = KINDS.get(stat.S_IFMT(path.stat().st_mode))
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))
    return path.open("rb")


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file; see ``open_regular``."""
    with open_regular(path) as file:
        return file.read()


def read_regular_text(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a regular file, each line end as a line feed; see ``open_regular``.

    Raises:
        UnicodeDecodeError: it is not in this encoding.
    """
    return read_regular(path).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
