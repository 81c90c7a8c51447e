"""The base type of all records, and the digest of a value.

All are msgspec structs: unknown fields refused, tuples instead of lists, and keyword-only, which msgspec does not
inherit, so each class states it. msgspec reads and writes them as JSON and TOML, so no record has a parser of its own.
"""

import hashlib
from typing import Any

import msgspec

# msgspec has no recursive aliases, so the inner levels are checked by being JSON at all.
Json = str | int | float | bool | None | list[Any] | dict[str, Any]


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not text, not JSON, nested too deeply, or not the record that was wanted."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of all records. Frozen, they hold no cycles, so the garbage collector need not look at them."""


def digest(value: object) -> str:
    """Return the hex SHA-256 of a value's canonical JSON.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
