"""How scorers write themselves and what they quote: reprs that are part of a fingerprint, and short safe excerpts."""

import json

from harness.records.record import Json
from harness.scorers.reading.readers import Reader, whole

LONGEST_EXCERPT = 80
"""Characters."""


def written(name: str, *arguments: str, read: Reader = whole) -> str:
    """Return a scorer's repr: the call that makes it. ``whole`` is what everybody reads by and stays unsaid."""
    reader = () if read is whole else (f"read={read.__name__}",)
    return f"{name}({', '.join((*arguments, *reader))})"


def shown(value: Json) -> str:
    """Return the start of a value, quoted on one line, with control characters and lone surrogates escaped."""
    return repr(shortened(value)) if isinstance(value, str) else shortened(json.dumps(value))


def shortened(text: str, longest: int = LONGEST_EXCERPT) -> str:
    """Return the start of a text, with three dots where it goes on."""
    return text if len(text) <= longest else f"{text[:longest]}..."
