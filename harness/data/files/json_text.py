"""Rows in JSON: an object a line, or an array of objects, of which never more than one is in memory."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from harness.data.checks.problem import Kind, Problem
from harness.data.checks.structure import INVALID_JSON, LONG_LINE, NOT_UTF8, REPEATED_KEY, WRONG_FORMAT
from harness.data.files.found import Found
from harness.data.stream import LONGEST_LINE, line_ends, lines
from harness.records.record import UNREADABLE
from harness.text.jsonl import repeated_key, why_not_json
from harness.text.visible import quoted

TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|"|[\[\]{},]', re.DOTALL)
"""A whole text, a quotation mark of one that isn't whole yet, or what opens, closes and separates."""
SECOND = 2
"""The row that shows whether an array is in one line."""
CUT_OFF = (INVALID_JSON.name, NOT_UTF8.name)
"""What the last line of a file that was cut off can be."""
QUOTE, COMMA, OPENING = ord('"'), ord(","), b"[{"


def line_values(parts: Iterable[bytes], called: str) -> Iterator[Found]:
    """Yield the object in each line that is not blank, or what is wrong with the line."""
    for number, line in lines(parts):
        if line is None:
            yield too_long(called, number)
        elif line.strip():
            yield _perhaps_cut(_found(line, called, number), line)


def array_values(parts: Iterable[bytes], called: str) -> Iterator[Found]:
    """Yield each object of the array that a file is, with the line that it starts at, or what is wrong with it.

    Of an array that is written in one line, it is the row's number.
    """
    left = iter(parts)
    buffer = next(left, b"")
    start = buffer.index(b"[") + 1
    line = 1 + line_ends(buffer[:start])
    number, is_one_line = 0, False
    end: int | None = None
    while end is None or buffer[end] == COMMA:
        end = _element_end(buffer, start)
        if end is None:
            more = next(left, b"")
            if not more:
                yield _last(called, line, "not valid JSON: the array is not closed; is the file whole?")
                return
            if len(buffer) - start > LONGEST_LINE:
                yield too_long(called, line)
                yield _last(called, line, "what follows a row that is too long could not be read")
                _exhaust(left)
                return
            buffer, start = buffer[start:] + more, 0
            continue
        element = buffer[start:end]
        if row := element.strip():
            begins = line + line_ends(element[: element.index(row)])
            number += 1
            is_one_line = begins == 1 if number == SECOND else is_one_line
            yield _found(row, called, number if is_one_line else begins)
        line += line_ends(element)
        start = end + 1
    if buffer[end : end + 1] != b"]" or buffer[end + 1 :].strip() or any(part.strip() for part in left):
        yield _last(called, line, "not valid JSON: something follows the end of the array")


def too_long(called: str, line: int) -> Problem:
    """Return the problem of a line, or an object, that is longer than can be read."""
    return problem(LONG_LINE, called, line, f"longer than {LONGEST_LINE >> 20} MiB")


def problem(kind: Kind, called: str, line: int, told: str) -> Problem:
    """Return a problem of one line."""
    return Problem(kind=kind.name, places=(f"{called}:{line}",), told=told)


def _last(called: str, line: int, told: str) -> Problem:
    """Return the problem of an array behind which nothing is read."""
    return Problem(kind=INVALID_JSON.name, places=(f"{called}:{line}",), told=told, ends_reading=True)


def _perhaps_cut(found: Found, line: bytes) -> Found:
    """Return what a line holds; one that is broken and has no end is where a file was cut off."""
    if not isinstance(found, Problem) or found.kind not in CUT_OFF or line.endswith((b"\n", b"\r")):
        return found
    return msgspec.structs.replace(found, told=f"{found.told}; is the file whole?", ends_reading=True)


def _found(content: bytes, called: str, line: int) -> Found:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return problem(NOT_UTF8, called, line, f"not UTF-8 at byte {wrong.start} of the line")
    try:
        value = msgspec.json.decode(text)
        repeated = repeated_key(content)
    except UNREADABLE:
        return problem(INVALID_JSON, called, line, why_not_json(text))
    if not isinstance(value, dict):
        return problem(WRONG_FORMAT, called, line, f"expected an object, got {quoted(value)}")
    if repeated is not None:
        told = f"the key {quoted(repeated)} appears twice in one object"
        return problem(REPEATED_KEY, called, line, told)
    return line, value


def _element_end(buffer: bytes, start: int) -> int | None:
    """Return where the comma or the bracket behind an element is; None where the buffer ends before it."""
    depth = 0
    for found in TOKEN.finditer(buffer, start):
        first = buffer[found.start()]
        if first == QUOTE:
            if found.end() == found.start() + 1:
                return None
        elif first in OPENING:
            depth += 1
        elif first == COMMA:
            if depth == 0:
                return found.start()
        elif depth == 0:
            return found.start()
        else:
            depth -= 1
    return None


def _exhaust(parts: Iterator[bytes]) -> None:
    """Read a file to its end, so that a change of it is noticed."""
    for _ in parts:
        pass
