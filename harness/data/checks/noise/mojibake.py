"""Text that was decoded by the wrong rules, such as "cafÃ©": found and read rightly by ftfy."""

import re

from harness.data.checks.noise.differing import differing
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


def repaired(text: str) -> str:
    r"""Return a text in which every line that was decoded wrongly is as it was meant; what is lost stays lost.

    >>> repaired("Das MenÃ¼\nist gut")
    'Das Menü\nist gut'
    """
    if text.isascii() or not _ODD.search(text):
        return text
    return "".join(_meant(line) if _ODD.search(line) else line for line in text.splitlines(keepends=True))


def _meant(line: str) -> str:
    """Return what was meant by a line; the line itself where it is not wrong, or something of it is lost."""
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    return fix_encoding(line) if REPLACEMENT not in line and is_bad(line) else line


def _in_line(line: str) -> tuple[Span, str] | None:
    if (place := line.find(REPLACEMENT)) >= 0:
        return (place, place + 1), ""
    meant = _meant(line)
    if meant == line:
        return None
    (start, end), (first, last) = differing(line, meant)
    if first == last < len(meant):  # characters too many are told with what follows them
        end, last = end + 1, last + 1
    return (start, end), meant[first:last]
