"""How scorers write themselves and what they quote: reprs that are part of a fingerprint, and short safe excerpts."""

from harness.scorers.reading.readers import Reader, whole


def written(name: str, *arguments: str, read: Reader = whole) -> str:
    """Return a scorer's repr: the call that makes it. ``whole`` is what everybody reads by and stays unsaid."""
    reader = () if read is whole else (f"read={read.__name__}",)
    return f"{name}({', '.join((*arguments, *reader))})"
