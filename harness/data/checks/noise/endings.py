"""How an answer ends: whole, or cut inside JSON, code, a sentence or a word."""

import json
import re
from typing import Literal

Ending = Literal["JSON", "code", "sentence", "unstopped", "stopped", "other"]
"""Cut inside JSON, a fence of code, or a sentence; long prose with and without a mark at its end; anything else."""
PROSE = 80
"""Characters from which an answer is long prose."""

_FENCE = re.compile(r"```+|^[ \t]*~~~+", re.MULTILINE)
_MARKS = ".!?…。\uff01\uff1f"
_STOPPED = re.compile(r"[.!?:;\"')\]}*_`|>~][\s\"')\]*_]*$")
_OPEN = re.compile(
    r"(?:[,(\[{\u2013—-]|\b(?:the|a|an|of|and|or|to|with|in|for|at|by|from|that|which|is|are|was|were|be|as|because|but|if"
    r"|their|your|its|his|my|our|der|die|das|und|oder|mit|von|zu|für|ein|eine|le|les|des|et|ou|avec|pour|el|los|y|con|para))$"
)
"""With these, no sentence ends."""
_NO_SENTENCE = re.compile(
    r"^\s*(?:[-*•+] |\d{1,3}[.)] |#{1,6} |\||>|https?://\S+$|[^\s]+$|[^:\n]{1,40}: \S)"
    r"|[=+*/^#_{}\\]|\$[A-Za-z_(]| \| |\d\W*$|[\"”'] ?[-\u2013—] ?\w"
)
"""The last line is an entry, a heading, a row of a table, an address, a single word, a field, a formula, code, or says
whose words the others are."""
_WORDS = 6
"""Words of a last line from which it is a sentence."""


def ending_of(text: str) -> Ending:
    """Return how a text ends."""
    text = text.rstrip()
    if cut_json(text):
        return "JSON"
    if len(_FENCE.findall(text)) % 2:
        return "code"
    if len(text) < PROSE or text[0] in "{[<":
        return "other"
    if text[-1] in _MARKS:
        return "stopped"
    ending = _last_line(text[text.rfind("\n") + 1 :])
    return "other" if ending == "unstopped" and _is_verse(text) else ending


def _is_verse(text: str) -> bool:
    """Tell whether most lines of the last paragraph end without a mark, as in verse and in code: so may the last."""
    *before, _last = text[text.rfind("\n\n") + 1 :].strip().splitlines()
    return len(before) >= 2 and 2 * sum(line.rstrip()[-1:].isalnum() for line in before) >= len(before)


def _last_line(line: str) -> Ending:
    """Return how a last line without a mark at its end ends."""
    words = line.split()
    titled = 2 * sum(word[:1].isupper() for word in words) > len(words)
    if _NO_SENTENCE.search(line) or len(words) < _WORDS or titled or not line.isascii():
        return "other"
    if _OPEN.search(line[-12:]):
        return "sentence"
    return "stopped" if _STOPPED.search(line[-6:]) else "unstopped"


def cut_json(text: str) -> bool:
    """Tell whether a text begins as JSON and ends before that does.

    >>> cut_json('{"queue": "bug", "prio'), cut_json('{"queue": "bug"}'), cut_json("[1] is the first note.")
    (True, False, False)
    """
    if not (text.startswith("{") or re.match(r'\[\s*(?:[{"\[]|\d+,|$)', text)):
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        return problem.pos >= len(text) or problem.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return False
    return False
