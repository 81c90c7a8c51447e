"""Snippets of the documentation: where each is, and the commands that are in it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.test_docs import PAGES, ROOT

FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
SHELLS = ("", "sh", "console", "yaml")
OURS = ("harness", "pytest")
BEFORE = re.compile(r"^\s*(?:- )?(?:run: )?(?:if .*?; then )?")
"""What can be before a command, in a workflow too."""
OPTIONAL = re.compile(r"\[[A-Z-][^\]]*\](?: \.\.\.)?")
"""What a line that shows a command's form has in brackets."""


class Snippet(NamedTuple):
    """A block of code in a page; ``not_run`` is why it can't be run here, from the comment right above it."""

    page: str
    line: int
    language: str
    code: str
    not_run: str

    @property
    def place(self) -> str:
        """Page and line of its first line."""
        return f"{self.page}:{self.line}"


def snippets(*languages: str) -> list[Snippet]:
    """Return all blocks in some languages, in the order of the pages."""
    return [one for page in PAGES for one in snippets_of(page) if one.language in languages]


def snippets_of(page: Path) -> Iterator[Snippet]:
    """Yield the blocks of one page, without the indent that they have in a list."""
    text = page.read_text()
    for match in FENCED.finditer(text):
        code = "".join(line.removeprefix(match[1]) for line in match[3].splitlines(keepends=True))
        reason = NOT_RUN.search(text[: match.start()])
        line = text.count("\n", 0, match.start()) + 2
        yield Snippet(str(page.relative_to(ROOT)), line, match[2], code, reason[1] if reason else "")


def commands_in(snippet: Snippet) -> list[list[str]]:
    """Return the words of each ``harness`` and ``pytest`` command; of a console's block those after a dollar sign."""
    lines = snippet.code.replace("\\\n", " ").splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [words for line in typed or lines for words in _commands(OPTIONAL.sub("", line)) if words[0] in OURS]


def _commands(line: str) -> Iterator[list[str]]:
    """Yield each command of a line of shell; of a line that is none, nothing."""
    typed = BEFORE.sub("", line)
    if not typed.startswith(OURS):
        return
    words = shlex.shlex(typed, posix=True, punctuation_chars="|&;")
    words.whitespace_split = True
    command: list[str] = []
    for word in (*words, ";"):
        if set(word) <= set("|&;"):
            yield from [command] * bool(command)
            command = []
        else:
            command.append(word)
