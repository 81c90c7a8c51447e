"""Where something that must not be shown is in a text, and how it is shown: its first and last characters at most."""

from harness.records.record import Record

LONG = 12
"""Characters. Of a value this long the first two and the last two are shown, of a shorter one the first alone."""
DOTS = "…"


class Hit(Record, frozen=True, kw_only=True):
    """A piece of a text, from ``start`` to ``end``, of the ``kind`` with that name; people say ``called``."""

    kind: str
    called: str
    start: int
    end: int


def hidden(value: str) -> str:
    """Return what is shown of a value: four characters at most.

    >>> hidden("4000 1234 5678 9017"), hidden("ada@tide.io")
    ('40…17', 'a…')
    """
    return f"{value[:2]}{DOTS}{value[-2:]}" if len(value) >= LONG else f"{value[:1]}{DOTS}"


def without(text: str, hits: list[Hit]) -> str:
    """Return a text in which each hit is hidden; where two overlap, all that either covers is."""
    shown: list[str] = []
    end = 0
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if hit.end <= end:
            continue
        start = max(hit.start, end)
        shown += [text[end:start], DOTS if start > hit.start else hidden(text[start : hit.end])]
        end = hit.end
    return "".join((*shown, text[end:]))
