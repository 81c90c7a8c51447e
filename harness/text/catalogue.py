"""The catalogue of errors, docs/errors.md: a section for each class of the tree, as people read it in a terminal."""

import difflib
import re
import textwrap
from collections.abc import Iterator, Sequence

from harness.errors import InputError
from harness.records.record import Record
from harness.text.pages import content_folder
from harness.text.visible import quoted

PAGE = "errors.md"
HEADING = re.compile(r"^#{2,4} (\w+)\n", re.MULTILINE)
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
FENCE = "```"
NARROWEST = 20
"""Least width of a line: a shell can say that a terminal has no columns."""


class Section(Record, frozen=True, kw_only=True):
    """What is said about one class of errors, in Markdown."""

    name: str
    text: str

    @property
    def meaning(self) -> str:
        """The first paragraph, on one line."""
        return " ".join(self.text.partition("\n\n")[0].split())


def read_catalogue() -> tuple[Section, ...]:
    """Return every section, in the page's order: that of the tree in harness/errors.py.

    Raises:
        HarnessError: the page is not there.
    """
    text = (content_folder("docs") / PAGE).read_text(encoding="utf-8")
    _, *parts = HEADING.split(text)
    names, texts = parts[::2], parts[1::2]
    return tuple(Section(name=name, text=told.strip()) for name, told in zip(names, texts, strict=True))


def find_section(sections: Sequence[Section], name: str) -> Section:
    """Return the section with a name, in capitals or not.

    Raises:
        InputError: there is none; the names most like it are suggested.
    """
    known = {one.name.lower(): one for one in sections}
    if found := known.get(name.lower()):
        return found
    near = [known[one].name for one in difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else "`harness explain` lists them all"
    raise InputError(f"no error is called {quoted(name)}; {hint}")


def in_terminal(markdown: str, width: int) -> Iterator[str]:
    """Yield a text in lines of at most ``width`` characters, where words allow; what is between fences is indented.

    >>> list(in_terminal("**Cause:** see [the settings](settings.md).", 60))
    ['Cause: see the settings (docs/settings.md).']
    """
    for number, part in enumerate(re.split(r"\n{2,}", markdown)):
        if number:
            yield ""
        yield from _lines_of(part, width)


def _lines_of(part: str, width: int) -> Iterator[str]:
    """Yield the lines of a paragraph, a list, or a block between fences."""
    is_fenced = part.startswith(FENCE)
    lines = part.splitlines()[1:-1] if is_fenced else re.sub(r"\n(?!- )\s*", " ", _plain(part)).splitlines()
    start = "    " if is_fenced else ""
    for line in lines:
        after = f"{start}  " if is_fenced or line.startswith("- ") else ""
        yield from textwrap.wrap(
            line,
            max(width, NARROWEST),
            initial_indent=start,
            subsequent_indent=after,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _plain(markdown: str) -> str:
    """Return Markdown without its links and its bold type."""
    return LINK.sub(_place, markdown).replace("**", "")


def _place(link: re.Match[str]) -> str:
    """Return where a link of the page leads, with its words where they say more."""
    words, target = link.groups()
    return f"docs/{target}" if words == target else f"{words} (docs/{target})"
