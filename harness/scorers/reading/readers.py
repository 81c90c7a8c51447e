"""Readers: which part of an answer a scorer looks at. A suite names one; by default the answer is read as it is.

A reader is a plain function from text to text, so a suite can bring its own. ``embedded.py`` holds those of JSON in
prose, ``reasoning.py`` the one that leaves reasoning out.
"""

import re
from collections.abc import Callable

from harness.errors import ScorerError
from harness.scorers.reading.label_readers import LabelReader

Reader = Callable[[str], str]

_FENCE = re.compile(r"(`{3,}|~{3,})")


def whole(text: str) -> str:
    """Return the answer as it is, without white space at its ends."""
    return text.strip()


def unfenced(text: str) -> str:
    r"""Return what is inside the code fence when the whole answer is one fence, else the whole answer.

    >>> unfenced('```json\n{"queue": "bug"}\n```')
    '{"queue": "bug"}'
    """
    first, *rest = whole(text).split("\n")
    fence = _FENCE.match(first)
    if not fence or not rest or fence[1][0] in first[fence.end() :]:
        return whole(text)
    closing = [place for place, line in enumerate(rest) if _closes(line, fence[1])]
    return whole("\n".join(rest[:-1])) if closing == [len(rest) - 1] else whole(text)


def named(read: Reader) -> Reader:
    """Return the reader if it has a name, which a scorer's repr needs.

    Raises:
        ScorerError: it has none, or it is a reader of labels.
    """
    if isinstance(read, LabelReader):
        raise ScorerError(f"{read!r} reads labels, so only predicts_label takes it")
    if getattr(read, "__name__", "<lambda>") == "<lambda>":
        raise ScorerError(f"the reader {read!r} has no name to tell it from others; write it with `def`")
    return read


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
