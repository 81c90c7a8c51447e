"""Foreign text made safe for the terminal (``for_terminal``, ``quoted``), for Markdown and for CSV.

For pages there is shown.py. A judge's tokenizer is the fifth reader; scorers/judges/material.py speaks to it.
"""

import errno
import json
import re

from harness.errors import HarnessError
from harness.records.record import Json
from harness.text.hidden import is_hidden, is_visible, named
from harness.text.unwritten import is_full, unwritten

LONGEST_EXCERPT = 80
"""Characters."""

LONGEST = 120
"""Most characters of a name or a reason that came from outside."""
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a spreadsheet can read as the start of a formula, in half and full width, or what can hide one."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no cell of a spreadsheet holds."""
ABSOLUTE_PATH = re.compile(
    r"(?:file://|(?<![\w.:/\\~…-]))/(?:[^\s/\\:'\"<>|,;()\[\]{}]+/)+([^\s/\\:'\"<>|,;()\[\]{}]*)"
    r"|\b[A-Za-z]:\\(?:[^\s\\'\"<>|,;]+\\)+([^\s\\'\"<>|,;]*)"
)


def hide_paths(text: str) -> str:
    """Replace each absolute path by its last part, so that no user name or home folder is left."""
    return ABSOLUTE_PATH.sub(lambda match: f"…/{match.group(1) or match.group(2) or ''}".rstrip("/"), text)


def for_terminal(text: str, limit: int | None = LONGEST) -> str:
    r"""Return foreign text on one line; what a terminal could obey, or what could mislead a reader, becomes an escape.

    At most ``limit`` characters are kept, including three dots at the end; with None, nothing is cut.

    >>> for_terminal("no\x1b[31m such\n  model"), for_terminal("abcdefgh", 6)
    ('no\\x1b[31m such model', 'abc...')
    """
    line = " ".join(filter(None, (part.strip() for part in text.splitlines())))
    line = _escaped(line)
    return line if limit is None or len(line) <= limit else f"{line[: limit - 3]}..."


def lines_for_terminal(text: str) -> list[str]:
    r"""Return foreign text line by line, with the white space of each line as it is, and what can't be seen as escapes.

    >>> lines_for_terminal("def f():\n    return\x1b[31m")
    ['def f():', '    return\\x1b[31m']
    """
    return [_escaped(line) for line in text.split("\n")]


def _escaped(line: str) -> str:
    """Return a line with everything that can't be seen as an escape."""
    if is_visible(line):
        return line
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if not char.isprintable() or is_hidden(char, line[place - 1 : place], line[place + 1 : place + 2])
        else char
        for place, char in enumerate(line)
    )


def error_in_words(problem: Exception) -> str | None:
    """Return the words of an error that its reader can fix, each line safe for a terminal; None for any other error.

    A name that is too long for the file system can come from any setting, so it is one of them. So is a full disk under
    something that is written without a name, such as the standard output.
    """
    if isinstance(problem, HarnessError):
        return "\n".join(lines_for_terminal(str(problem).expandtabs()))
    if isinstance(problem, OSError) and problem.errno == errno.ENAMETOOLONG:
        return f"{for_terminal(str(problem.filename))}: {problem.strerror}"
    if isinstance(problem, OSError) and is_full(problem) and problem.filename is None:
        return f"could not write: {unwritten(problem)}, and run the command again"
    return None


def quoted(value: Json, limit: int | None = LONGEST_EXCERPT) -> str:
    r"""Return the start of a value between quotes for a terminal, so that a reader sees where it begins and ends.

    >>> quoted("two\nlines"), quoted(["no", None], 6)
    ("'two\\nlines'", '["no",...')
    """
    text = value if isinstance(value, str) else json.dumps(value)
    start = text if limit is None or len(text) <= limit else f"{text[:limit]}..."
    return _escaped(repr(start)) if isinstance(value, str) else start


def for_markdown(text: str) -> str:
    r"""Return text that GitHub shows as it is: no markup, no link, no mention, no new line.

    An "@", the "#" of an issue's number and "GH-" are looked for in the page that GitHub makes, so that no escape
    helps: a character without width follows them.

    >>> for_markdown("a|b <script> [x](y) @all #12")
    'a\\|b &lt;script&gt; \\[x\\]\\(y\\) &#64;&#8203;all \\#&#8203;12'
    """
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    text = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", text)
    text = text.replace("\\#36;", "#36;").replace("://", "&#58;//").replace("www.", "www&#46;")
    text = re.sub(r"(\\#|\bgh-)(?=\d)", r"\1&#8203;", text, flags=re.IGNORECASE)
    return text.replace("@", "&#64;&#8203;")


def for_csv(text: str) -> str:
    r"""Return a cell that no spreadsheet takes for a formula: an apostrophe is put before what could be one.

    Control characters other than tabs and ends of lines are named.

    >>> for_csv("=1+1"), for_csv("refund-031"), for_csv("\x1b[31m")
    ("'=1+1", 'refund-031', '⟨ESC⟩[31m')
    """
    text = CONTROL.sub(lambda found: named(found[0]), text)
    return f"'{text}" if text.startswith(FORMULA) else text
