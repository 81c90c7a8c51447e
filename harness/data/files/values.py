"""Read the rows of any file as values by column; how the file is written is seen in its content, not in its name."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from harness.data.files.columnar import ARROW, ARROW_STREAM, PARQUET, arrow_values, folder_values, parquet_values
from harness.data.files.csv_text import csv_values
from harness.data.files.found import Found
from harness.data.files.json_text import array_values, line_values
from harness.data.stream import pieces
from harness.errors import DataError
from harness.records.record import UNREADABLE

BOM = b"\xef\xbb\xbf"
JSON_NAMES = (".jsonl", ".ndjson", ".json", ".log")
PACKED = (".gz", ".zst")


def read_values(path: Path, called: str) -> Iterator[Found]:
    """Yield (line, values by column) for each row of a file or of a folder that ``datasets`` saved, or its problem.

    Read are JSON Lines, a JSON array of objects, CSV, Parquet and Arrow; texts also packed by gzip or zstd.

    Raises:
        DataError: it has no rows, or nothing of it can be read; the text starts with ``called``.
    """
    is_empty = True
    for found in _values(path, called):
        is_empty = False
        yield found
    if is_empty:
        raise DataError(f"{called}: the file is empty, or has the names of columns alone; expected rows")


def _values(path: Path, called: str) -> Iterator[Found]:
    if path.is_dir():
        yield from folder_values(path, called)
        return
    parts = pieces(path, called)
    first = next(parts, b"")
    if first.startswith(PARQUET):
        yield from parquet_values(path, called)
    elif first.startswith((ARROW, ARROW_STREAM)):
        yield from arrow_values(path, called)
    else:
        first = first.removeprefix(BOM)  # spreadsheets write it
        whole = chain([first], parts)
        if first.lstrip().partition(b"\n")[0].strip() == b"{":
            raise DataError(
                f"{called}: an object over several lines; write one object a line (jq -c . FILE), or an array of them"
            )
        if _is_array(first):
            yield from array_values(whole, called)
        elif _is_json(first, path):
            yield from line_values(whole, called)
        else:
            yield from csv_values(whole, called)


def _is_array(first: bytes) -> bool:
    """Tell whether a file is one JSON array; a line that is a whole one, with more lines below, is only a wrong row."""
    if first.lstrip()[:1] != b"[":
        return False
    line, _, below = first.lstrip().partition(b"\n")
    if not below.strip():
        return True
    try:
        msgspec.json.decode(line)
    except UNREADABLE:
        return True
    return False


def _is_json(first: bytes, path: Path) -> bool:
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    return first.lstrip()[:1] in {b"{", b"["} or name.endswith(JSON_NAMES)
