"""Code fences in an answer that says more, as CommonMark writes them."""

import re

from harness.scorers.reading.outcome import NotReadable, Symptom
from harness.scorers.reading.readers import whole
from harness.scorers.reading.reasoning import without_reasoning

_OPENING = re.compile(r" {0,3}(`{3,}+(?=[^`]*\Z)|~{3,}+)")


class AmbiguousCode(NotReadable):
    """The answer has two different code fences, or one that never ends."""

    symptom: Symptom = "ambiguous code"


def fenced(text: str) -> str:
    r"""Return what is inside of the only code fence of the answer; the whole answer when there is none.

    Reasoning is skipped. The same content twice is one.

    Raises:
        AmbiguousCode: there are two different ones, or one never ends.

    >>> fenced('Here it is:\n```python\nx = 1\n```\nAnything else?')
    'x = 1'
    """
    answer = without_reasoning(text)
    inside: list[str] = []
    mark = ""
    found: dict[str, None] = {}
    for line in answer.replace("\r\n", "\n").split("\n"):
        if not mark:
            opening = _OPENING.match(line)
            mark = opening[1] if opening else ""
        elif _closes(line, mark):
            found[whole("\n".join(inside))] = None
            mark, inside = "", []
        else:
            inside.append(line)
    if mark:
        raise AmbiguousCode("a code fence is never closed")
    if len(found) > 1:
        raise AmbiguousCode(f"{len(found)} different code fences; nothing says which counts")
    return next(iter(found), answer)


def _closes(line: str, mark: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(mark) and set(bare) == {mark[0]}
