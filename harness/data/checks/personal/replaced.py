"""Personal data and secrets replaced by the names of their kinds: the same text always gives the same text."""

from collections.abc import Callable, Collection

import msgspec

from harness.data.checks.personal.hits import Hit
from harness.data.checks.personal.personal import sensitive_in
from harness.records.record import UNREADABLE, Json


def replaced(text: str, kinds: Collection[str] | None = None) -> str:
    """Return a text with the name of its kind in the place of each piece of personal data; JSON stays JSON.

    Without ``kinds`` it is done for all of them.

    >>> replaced("Write to ada.byron@tidewell.io."), replaced("Write to ada.byron@tidewell.io.", {"phone"})
    ('Write to [E-MAIL].', 'Write to ada.byron@tidewell.io.')
    """
    hits = [hit for hit in sensitive_in(text) if kinds is None or hit.kind in kinds]
    if not hits:
        return text
    is_json = _is_json(text)
    made = _put(text, hits, "[{}]")
    if not is_json or _is_json(made):
        return made
    for hit in reversed(hits):
        ways = (_put(text, [hit], "[{}]"), _put(text, [hit], '"[{}]"'))
        text = next((one for one in ways if _is_json(one)), text)
    return text


def replaced_in(value: Json, replace: Callable[[str], str] = replaced) -> Json:
    """Return a JSON value with all of its texts, keys and numbers so replaced; what is clean stays as it is.

    >>> replaced_in({"to": ["ada.byron@tidewell.io"], "n": 3})
    {'to': ['[E-MAIL]'], 'n': 3}
    """
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, dict):
        return {replace(key): replaced_in(one, replace) for key, one in value.items()}
    if isinstance(value, list):
        return [replaced_in(one, replace) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    written = str(value)
    return value if len(written) < SHORTEST_NUMBER or (now := replace(written)) == written else now


SHORTEST_NUMBER = 12
"""Digits. No number that is found in a value by itself is shorter."""


def _put(text: str, hits: list[Hit], form: str) -> str:
    pieces: list[str] = []
    end = 0
    for hit in hits:
        pieces += (text[end : hit.start], form.format(hit.kind.upper()))
        end = hit.end
    return "".join((*pieces, text[end:]))


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        msgspec.json.decode(text)
    except UNREADABLE:
        return False
    return True
