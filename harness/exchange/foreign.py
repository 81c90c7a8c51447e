"""Read files that another tool wrote, within limits: what is wrong is one line with the file and the record."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import DataError
from harness.records.record import Json
from harness.text.regular import open_regular
from harness.text.visible import for_terminal, quoted

T = TypeVar("T")
LARGEST_FILE = 512 << 20
"""Bytes."""
LARGEST_RECORD = 64 << 20
"""Bytes of one line, or of one member of an archive."""
MOST_RECORDS = 1_000_000


class Lax(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is read of another tool's record: fields that are not named are left alone, tools add some."""


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        DataError: it is missing, not a regular file, empty, or too large.
    """
    try:
        with open_regular(path) as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as problem:
        raise DataError(f"{path}: can't be read: {problem.strerror}") from problem
    if len(content) > LARGEST_FILE:
        raise DataError(f"{path}: more than {LARGEST_FILE >> 20} MiB; split it, or import its parts one by one")
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return content


def lines_of(path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield each line that is not blank, with its place, ``file:line``.

    Raises:
        DataError: a line is too long, or there are too many.
    """
    for number, line in enumerate(content.split(b"\n"), start=1):
        place = f"{path}:{number}"
        if len(line) > LARGEST_RECORD:
            raise DataError(f"{place}: a line of more than {LARGEST_RECORD >> 20} MiB")
        if number > MOST_RECORDS:
            raise DataError(f"{place}: more than {MOST_RECORDS:,} lines; split the file")
        if line.strip():
            yield place, line


def decode(content: bytes, place: str) -> Json:
    """Return the JSON in ``content``. NaN and infinities, which Python's tools write, become null.

    Raises:
        DataError: it is not UTF-8, not JSON, nested too deeply, has a key twice in one object, or half a character.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{place}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
    try:
        value: Json = json.loads(
            text,
            parse_constant=lambda _: None,
            parse_float=_finite,
            object_pairs_hook=lambda pairs: _once(pairs, place),
        )
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as problem:
        raise DataError(
            f"{place}: not valid JSON at line {problem.lineno}, column {problem.colno}: {problem.msg}"
        ) from None
    except RecursionError:
        raise DataError(f"{place}: not readable: nested too deeply") from None
    except UnicodeEncodeError:
        raise DataError(
            f"{place}: a lone surrogate escape (\\ud800 to \\udfff) is no character; write the character itself"
        ) from None
    except ValueError:
        raise DataError(f"{place}: a number has too many digits") from None
    return value


def as_record(value: Json, kind: type[T], place: str) -> T:
    """Return a decoded value as a record of a tool.

    Raises:
        DataError: it doesn't fit.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        told = for_terminal(str(problem), None).replace("Object missing required field", "missing field")
        raise DataError(f"{place}: {told}") from problem
    except RecursionError:
        raise DataError(f"{place}: not readable: nested too deeply") from None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _once(pairs: list[tuple[str, Json]], place: str) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{place}: the key {quoted(twice)} appears twice in one object")
    return found
