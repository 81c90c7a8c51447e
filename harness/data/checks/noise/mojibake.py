"""Text that was decoded by the wrong rules, such as "cafÃ©": found and read rightly by ftfy."""

import re

from harness.data.checks.noise.markup import Span

READ = 20_000
"""Characters of a text that are read."""
REPLACEMENT = "\ufffd"
_ODD = re.compile("[^\\x00-\\x7f\\u2010-\\u2026\\u20ac\\u00a3\\u00b0]")
"""More than ASCII, quotation marks, dashes and a few signs: without it, nothing was decoded wrongly."""


def mojibake_in(text: str) -> tuple[Span, str] | None:
    """Return where a text was decoded wrongly, and what was meant; "" where that is lost.

    ftfy must both find it unlikely and know better. It is asked only of lines with letters beyond ASCII, since it takes
    0.1 microseconds for each character.
    """
    if text.isascii() or not _ODD.search(text):
        return None
    start = 0
    for line in text[:READ].splitlines(keepends=True):
        if _ODD.search(line) and (found := _in_line(line)):
            (first, last), meant = found
            return (start + first, start + last), meant
        start += len(line)
    return None


def _in_line(line: str) -> tuple[Span, str] | None:
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if (place := line.find(REPLACEMENT)) >= 0:
        return (place, place + 1), ""
    if not is_bad(line):
        return None
    meant = fix_encoding(line)
    if meant == line:
        return None
    first = next((place for place, (one, other) in enumerate(zip(line, meant, strict=False)) if one != other), 0)
    rest = 0
    while rest < min(len(line), len(meant)) - first and line[-1 - rest] == meant[-1 - rest]:
        rest += 1
    return (first, len(line) - rest), meant[first : len(meant) - rest]
