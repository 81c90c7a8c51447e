"""Templates are compiled once, and kept as Python keeps its modules: in ``__pycache__``, or where Python was told to.

Jinja's own caches are files with pickles, in folders that others may write to. Compiling the report's template took a
sixth of a short run.
"""

import importlib.util
import marshal
import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import BytecodeCache, __version__
from jinja2.bccache import Bucket

from harness.errors import StoreError
from harness.text.atomic import write_atomically

DAMAGED = (EOFError, ValueError, TypeError)
"""What reading a compiled template raises where the file is not whole."""


class CompiledTemplates(BytecodeCache):
    """What Jinja asks for compiled templates; a template that changed is compiled anew, as with another Jinja."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the template's file, by which its compiled form is found."""
        return filename or name

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, where it is of this very text."""
        try:
            kept = _file_of(bucket).read_bytes()
            header, _, code = kept.partition(b"\n")
            # As safe as Python's own compiled modules: the file is in the same folders.
            bucket.code = marshal.loads(code) if header == _header(bucket) else None  # noqa: S302
        except (OSError, *DAMAGED):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the compiled form, where this process may write such files."""
        if sys.dont_write_bytecode:
            return
        path = _file_of(bucket)
        with suppress(OSError, StoreError):  # an installed package may be read-only
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, _header(bucket) + b"\n" + marshal.dumps(bucket.code))


def _file_of(bucket: Bucket) -> Path:
    return Path(importlib.util.cache_from_source(bucket.key))


def _header(bucket: Bucket) -> bytes:
    """Return all that decides a compiled form, on one line. Releases of one Python can differ before it is final."""
    made_by = bucket.environment
    how = (__version__, made_by.trim_blocks, made_by.lstrip_blocks, made_by.autoescape)
    return f"{importlib.util.MAGIC_NUMBER.hex()} {bucket.checksum} {how}".encode()
