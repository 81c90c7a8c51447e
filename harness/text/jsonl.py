"""Read JSON Lines that people edit: each error names its file and line, and nothing is skipped silently."""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import HarnessError, InputError
from harness.text.regular import open_regular, read_regular
from harness.text.visible import for_terminal

T = TypeVar("T")
LONGEST_LINE = 1_000_000
"""Bytes. A longer line nearly always means that the file lost its line ends, or that it is the wrong file."""


def load_jsonl(path: Path, kind: type[T], error: type[InputError], called: str = "") -> Iterator[tuple[int, T]]:
    """Yield (line number, record) for each line that is not blank. Errors name the file as ``called``, or by its path.

    Raises:
        error: the file is missing, empty or not UTF-8, or a line is too long, not JSON, doesn't fit ``kind``, or gives
            one key twice.
    """
    called = called or str(path)
    decoder, is_empty = msgspec.json.Decoder(kind), True
    for number, line in enumerate(_lines_of(path, error, called), start=1):
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            raise error(f"{called}:1: starts with a byte-order mark; save the file as UTF-8 without it")
        if len(line) > LONGEST_LINE:
            raise error(
                f"{called}:{number}: the line has {len(line):,} bytes, more than {LONGEST_LINE:,}; "
                "expected one JSON object per line"
            )
        if line.strip():
            is_empty = False
            place = f"{called}:{number}"
            record = read_line(line, place, decoder, error)
            if (key := repeated_key(line)) is not None:
                raise error(f"{place}: the key {key!r} appears twice in one object; keep one of them")
            yield number, record
    if is_empty:
        raise error(f"{called}: the file is empty; expected one JSON object per line")


def _lines_of(path: Path, error: type[InputError], called: str) -> Iterator[bytes]:
    """Yield each line of a file that a person named, without its line feed."""
    try:
        with open_regular(path) as file:
            for line in file:
                yield line.removesuffix(b"\n")
    except FileNotFoundError:
        raise error(f"{called}: no such file") from None
    except OSError as problem:
        raise error(f"{called}: can't be read: {problem.strerror}") from problem


def read_named(path: Path, error: type[InputError], called: str = "") -> bytes:
    """Return the content of a file that a person named; errors name it as ``called``, or by its path.

    Raises:
        error: it is missing, or can't be read.
    """
    try:
        return read_regular(path)
    except FileNotFoundError:
        raise error(f"{called or path}: no such file") from None
    except OSError as problem:
        raise error(f"{called or path}: can't be read: {problem.strerror}") from problem


def read_line(line: bytes, place: str, decoder: msgspec.json.Decoder[T], error: type[HarnessError]) -> T:
    """Return the record that one line holds.

    Raises:
        error: the line is not UTF-8, not JSON, or doesn't fit; the text starts with ``place``.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(f"{place}: not UTF-8 at byte {problem.start} of the line; save the file as UTF-8") from problem
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as problem:
        raise error(f"{place}: {_in_words(str(problem), decoder.type)}") from problem
    except (msgspec.DecodeError, RecursionError):
        raise error(f"{place}: {why_not_json(text)}") from None


def repeated_key(line: bytes) -> str | None:
    """Return a key that an object of this line, at any depth, has twice; None when there is none.

    msgspec keeps the last value and silently drops the others. Each dropped value takes a colon with it, so a line
    that still has all of its colons when it is written again repeats nothing. Only the other lines are checked, which
    costs more than reading them. An escaped colon would count as a new one.
    """
    written = msgspec.json.encode(msgspec.json.decode(line))
    if line.count(b":") == written.count(b":") and b"\\u003" not in line:
        return None
    repeated: list[str] = []

    def see(pairs: list[tuple[str, object]]) -> None:
        counted = Counter(key for key, _ in pairs)
        repeated.extend(key for key, times in counted.items() if times > 1)

    json.loads(line, object_pairs_hook=see)
    return repeated[0] if repeated else None


def _in_words(problem: str, kind: object) -> str:
    """Say it in plain words; msgspec speaks of objects and JSON paths, and repeats unknown names unchanged."""
    told = for_terminal(problem, None).replace("Object missing required field", "missing field")
    unknown = re.fullmatch("Object contains unknown field `(.*)`", told)
    if unknown is None or not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return told.replace("Object contains unknown field", "unknown field")
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    near = difflib.get_close_matches(unknown[1], known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known fields: {', '.join(known)}"
    return f"unknown field `{unknown[1]}`; {hint}"


def why_not_json(text: str) -> str:
    """Name the column, which msgspec doesn't."""
    try:
        constants: list[str] = []
        json.loads(text.rstrip(), parse_constant=constants.append)
    except json.JSONDecodeError as problem:
        return f"not valid JSON at column {problem.colno}: {problem.msg}"
    except RecursionError:
        return "not valid JSON: nested too deeply"
    except ValueError:
        return "a number has too many digits"
    if constants:
        return f"not valid JSON: {constants[0]} is not a JSON number"
    return "a lone surrogate escape (\\ud800 to \\udfff); write the character itself"
