"""Read a TOML file into a frozen struct; a mistake is named with its place and the nearest known key."""

import difflib
import math
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from harness.errors import InputError
from harness.text.regular import read_regular_text
from harness.text.visible import for_terminal

T = TypeVar("T", bound=msgspec.Struct)
_ANY_KEY = re.compile(r"\[(?:\.{3}|\d+)\]")
"""How msgspec writes a key of a table whose keys are free, or a place in a list."""
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*?)`(?: - at `\$\.?(.*?)`)?", re.DOTALL)
_WRONG_CHOICE = re.compile(r"Invalid enum value .* - at `\$\.([^`]*)`", re.DOTALL)
_FREE = (dict, tuple, list)


def load_toml(path: Path, kind: type[T], error: type[InputError]) -> T:
    """Return the file's content as ``kind``.

    Raises:
        error: the file is missing, not UTF-8, not TOML, or doesn't fit ``kind``.
    """
    return build(read_toml(path, error), kind, str(path), error)


def read_toml(path: Path, error: type[InputError]) -> dict[str, object]:
    """Return the file's content as it is written.

    Raises:
        error: the file is missing, not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(read_regular_text(path))
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except OSError as problem:
        raise error(f"{path}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{path}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem
    except (ValueError, RecursionError) as problem:  # also of numbers with thousands of digits
        raise error(f"{path}: not valid TOML: {for_terminal(str(problem))}") from problem


def build(content: Mapping[str, object], kind: type[T], place: str, error: type[InputError] = InputError) -> T:
    """Return settings that a person wrote at ``place`` as ``kind``.

    Raises:
        error: they don't fit, or a number is infinite or NaN, which no record could keep; the text starts with
            ``place``.
    """
    try:
        built = msgspec.convert(content, kind)
    except msgspec.ValidationError as problem:
        raise error(f"{place}: {for_terminal(explain(str(problem), kind), None)}") from problem
    if key := _endless_in(content):
        raise error(f"{place}: `{for_terminal(key)}` must be a finite number")
    return built


def explain(problem: str, kind: type[msgspec.Struct]) -> str:
    """Turn msgspec's words into a sentence for the person who edits the file.

    >>> class Table(msgspec.Struct, forbid_unknown_fields=True):
    ...     floor: float = 0.0
    >>> explain("Object contains unknown field `flor`", Table)
    'unknown key `flor`; did you mean `floor`?'
    """
    if unknown := _UNKNOWN_KEY.fullmatch(problem):
        key, place = unknown[1], _ANY_KEY.sub(".*", unknown[2] or "")
        known = [field.encode_name for field in msgspec.structs.fields(_struct_in(_type_at(kind, place)))]
        return f"unknown key `{key}`{f' in [{place}]' if place else ''}; {nearest(key, known)}"
    plain = problem.replace(" - at `$.", " in `").replace("Object", "the table")
    plain = plain.replace(" | null`", "`")  # TOML has no word for null: such a key is left out
    wrong = _WRONG_CHOICE.fullmatch(problem)
    choices = _choices_at(kind, _ANY_KEY.sub(".*", wrong[1])) if wrong else ""
    return f"{plain}; take one of {choices}" if choices else plain


def nearest(key: str, known: Collection[str]) -> str:
    """Say which known key is meant, or name all of them.

    >>> nearest("flor", ["floor", "drop"]), nearest("x", ["floor", "drop"])
    ('did you mean `floor`?', 'known keys: floor, drop')
    """
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"


def _endless_in(value: object) -> str | None:
    """Return the key, with dots between its parts, of a number that is infinite or NaN; None where there is none."""
    if isinstance(value, float):
        return None if math.isfinite(value) else ""
    named = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    found = ((str(key), _endless_in(one)) for key, one in named)
    return next((f"{key}.{inner}".rstrip(".") for key, inner in found if inner is not None), None)


def _type_at(kind: type[msgspec.Struct], place: str) -> object:
    """Return the type of what is at a place: keys with dots between them, ``*`` for a free key or a number."""
    table: object = kind
    for part in filter(None, place.split(".")):
        if part == "*":
            table = next(_free_in(one) for one in _types_in(table) if get_origin(one) in _FREE)
        else:
            fields = {field.encode_name: field.type for field in msgspec.structs.fields(_struct_in(table))}
            table = fields[part]
    return table


def _free_in(kind: object) -> object:
    return get_args(kind)[1 if get_origin(kind) is dict else 0]


def _struct_in(table: object) -> type[msgspec.Struct]:
    """Return the struct of a table that is that struct or, where it can be left out, something else."""
    found: type[msgspec.Struct] = next(one for one in _types_in(table) if hasattr(one, "__struct_fields__"))
    return found


def _choices_at(kind: type[msgspec.Struct], place: str) -> str:
    """Return the fixed values that are allowed at a place; nothing where that is no field of the first struct there."""
    try:
        types = _types_in(_type_at(kind, place))
    except (KeyError, StopIteration):
        return ""
    return ", ".join(repr(one) for each in types if get_origin(each) is Literal for one in get_args(each))


def _types_in(kind: object) -> tuple[Any, ...]:
    """Return a type, or all that a union of types allows."""
    return (kind,) if get_origin(kind) in _FREE else (kind, *get_args(kind))
