"""How a value is written in harness.toml."""

import json
import re
from collections.abc import Sequence

from harness.records.record import Json

BARE = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that need no quotation marks."""


def as_toml(value: Json) -> str:
    """Return a value as TOML has it, on one line.

    >>> as_toml({"port": 8000, "args": ["--seed", 1.5, True]})
    '{ port = 8000, args = ["--seed", 1.5, true] }'
    """
    if isinstance(value, dict):
        inner = ", ".join(f"{as_key([name])} = {as_toml(one)}" for name, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def as_key(parts: Sequence[str]) -> str:
    """Return a key, or the name of a table, with quotation marks where they are needed.

    >>> as_key(["prices", "openai:gpt-5-mini"])
    'prices."openai:gpt-5-mini"'
    """
    return ".".join(part if BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in parts)
