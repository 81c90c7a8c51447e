"""Write files so that they are there whole or not at all, whenever the writer is killed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.errors import StoreError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to; it takes its name, and another file's place, at the end of the block.

    Raises:
        StoreError: it can't be written. What stood there before is unharmed, and nothing half-written is left.
    """
    unfinished = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            yield file
        unfinished.chmod(0o644)
        unfinished.replace(path)
        unfinished = None
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {problem.strerror}") from problem
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)
