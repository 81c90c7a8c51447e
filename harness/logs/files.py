"""Files of logs: which ones are in a folder, and their rows; what they are is seen in their content."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.data.checks.problem import Problem
from harness.data.checks.structure import INVALID_JSON, LONG_LINE
from harness.data.files.columnar import ARROW, ARROW_STREAM, PARQUET, STATE
from harness.data.files.found import Found
from harness.data.files.json_text import problem
from harness.data.files.values import BOM, read_values
from harness.data.stream import lines, pieces
from harness.errors import DataError
from harness.logs.vllm import LINE
from harness.records.record import UNREADABLE, Json
from harness.text.jsonl import why_not_json

LOOKED_AT = 4_096
"""Bytes of a file in which it shows that it is no text."""
LONGEST_DOCUMENT = 64 << 20
"""Bytes of one JSON value over several lines."""
PAGES = ("data", "spans", "traces", "observations", "scores", "annotations")
"""Under what an answer of an API lists its rows."""
SERVER_LINE = re.compile(rb"(?:INFO|DEBUG|WARNING|ERROR)(?:\x1b\[[0-9;]*m)? \S{0,9}\d\d-\d\d \d\d:\d\d:\d\d")
"""How lines of vLLM's server begin."""


class LogFile(NamedTuple):
    """One file to read, and what it is called in places."""

    path: Path
    called: str


def log_files(paths: Sequence[Path]) -> list[LogFile]:
    """Return the files that are named, and of folders all files in them, in the order of their names.

    Raises:
        DataError: there is no such file or folder, a folder has no files, or a file is named twice.
    """
    found: list[LogFile] = []
    for path in paths:
        if path.is_dir() and not (path / STATE).exists():
            inner = sorted(one for one in path.rglob("*") if one.is_file() and not _is_hidden(one, path))
            if not inner:
                raise DataError(f"{path}: the folder has no files; name one with logs")
            found += (LogFile(one, str(one)) for one in inner)
        elif path.exists():
            found.append(LogFile(path, str(path)))
        else:
            raise DataError(f"{path}: no such file")
    seen: dict[Path, str] = {}
    for file in found:
        if (first := seen.setdefault(file.path.resolve(), file.called)) is not file.called:
            raise DataError(f"{file.called}: the same file as {first}; name each file once, and none beside its folder")
    return found


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def is_server_log(file: LogFile) -> bool:
    """Tell whether a file holds lines of a server rather than rows."""
    if file.path.is_dir():
        return False
    first = next(pieces(file.path, file.called), b"")
    begins = first.removeprefix(BOM).lstrip()[:1]
    if begins == b"{":
        return b'"log"' in first.partition(b"\n")[0] and _has_lines(first)
    return begins != b"[" and _has_lines(first)


def _has_lines(first: bytes) -> bool:
    return LINE.search(first) is not None or SERVER_LINE.search(first) is not None


def server_lines(file: LogFile) -> Iterator[tuple[int, str]]:
    """Yield the lines of a server's log, also out of what Docker wraps around each."""
    for number, line in lines(pieces(file.path, file.called)):
        if line is None:
            continue
        text = line.decode("utf-8", "replace")
        if text[:1] == "{":
            try:
                wrapped = msgspec.json.decode(text)
            except UNREADABLE:
                wrapped = None
            if isinstance(wrapped, dict) and isinstance(wrapped.get("log"), str):
                text = f"{wrapped.get('time') or wrapped.get('timestamp') or ''} {wrapped['log']}"
        yield number, text


def log_rows(file: LogFile) -> Iterator[Found]:
    """Yield (line, values) for each row of a file, or what is wrong with it; of pages of an API what they list.

    Raises:
        DataError: the file can't be read.
    """
    for found in _found(file):
        if isinstance(found, Problem):
            yield found
            continue
        line, values = found
        listed: list[Json] = next((values[name] for name in PAGES if isinstance(values.get(name), list)), [])  # type: ignore[misc]
        if listed and "id" not in values and not values.keys() & {"input", "messages", "prompt"}:
            yield from ((line, one) for one in listed if isinstance(one, dict))
        else:
            yield line, values


def _found(file: LogFile) -> Iterator[Found]:
    if file.path.is_dir():
        yield from read_values(file.path, file.called)
        return
    parts = pieces(file.path, file.called)
    first = next(parts, b"").removeprefix(BOM)
    if b"\0" in first[:LOOKED_AT] and not first.startswith((PARQUET, ARROW, ARROW_STREAM)):
        raise DataError(f"{file.called}: not text, and not Parquet or Arrow")
    if first.lstrip().partition(b"\n")[0].strip() == b"{":
        yield from _documents(chain([first], parts), file.called)
    else:
        yield from read_values(file.path, file.called)


def _documents(parts: Iterable[bytes], called: str) -> Iterator[Found]:
    """Yield the objects that a file has one behind the other, each over several lines."""
    content = bytearray()
    for part in parts:
        content += part
        if len(content) > LONGEST_DOCUMENT:
            most = f"{LONGEST_DOCUMENT >> 20} MiB"
            told = f"an object over several lines is longer than {most}; write one object a line (jq -c . FILE)"
            yield msgspec.structs.replace(problem(LONG_LINE, called, 1, told), ends_reading=True)
            return
    text = content.decode("utf-8", "replace")
    reader = json.JSONDecoder()
    end, line = 0, 1
    while (start := _begin(text, end)) < len(text):
        line += text.count("\n", end, start)
        try:
            values, stop = reader.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError):
            told = f"{why_not_json(text[start:])}; is the file whole?"
            yield msgspec.structs.replace(problem(INVALID_JSON, called, line, told), ends_reading=True)
            return
        if isinstance(values, dict):
            yield line, values
        line += text.count("\n", start, stop)
        end = stop


def _begin(text: str, end: int) -> int:
    """Return where the next object begins."""
    while end < len(text) and (text[end].isspace() or text[end] == ","):
        end += 1
    return end
