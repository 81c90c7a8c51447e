"""The history of a suite's drift: a line for each run, only ever added to, so that figures can be drawn over time."""

from pathlib import Path

import msgspec

from harness.drift.found import Point
from harness.errors import DataError, StoreError
from harness.logs.times import time_of
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl
from harness.text.regular import read_regular
from harness.text.visible import quoted


def read_points(path: Path) -> tuple[Point, ...]:
    """Return the earlier runs, the oldest first; none where there is no such file.

    Raises:
        DataError: a line can't be read; the text starts with ``file:line``.
    """
    lines = list(load_jsonl(path, Point, DataError)) if path.exists() else []
    for number, point in lines:
        for time in filter(None, (point.time, point.since, point.until)):
            if time_of(time) is None:
                raise DataError(f"{path}:{number}: {quoted(time)} is no time; expected one such as 2026-11-18T06:00Z")
    return tuple(point for _, point in lines)


def add_point(path: Path, point: Point) -> tuple[Point, ...]:
    """Add a run behind the others, and return all of them; two processes at once both add theirs.

    Raises:
        DataError: the file holds something else.
        StoreError: it can't be written; then it is as before.
    """
    with locked_folder(path.parent):
        before = read_points(path)
        try:
            held = read_regular(path) if path.exists() else b""
        except OSError as problem:
            raise StoreError(f"{path}: can't be read: {problem.strerror}") from problem
        write_durably(path, (held if not held or held.endswith(b"\n") else held + b"\n") + _line(point))
    return (*before, point)


def _line(point: Point) -> bytes:
    return msgspec.json.encode(point) + b"\n"
