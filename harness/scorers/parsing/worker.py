"""The process in which answers are parsed whose parsers are deep or slow on hostile text."""

import functools
import json
import os
from pathlib import Path

from harness.scorers.parsing.formats import NotParsed
from harness.scorers.reading import limit
from harness.scorers.reading.apart import Apart

_READING = Path(__file__).with_name("reading.py")
UNCHECKED = "SQL not checked"


class Unchecked(Exception):
    """The parser does not know what this is, so nobody can tell whether it is right."""


def parse_apart(language: str, text: str, dialect: str = "") -> None:
    """Parse a text in the process.

    Raises:
        NotParsed: the text is refused.
        Unchecked: its parser does not know this kind of statement.
        TookTooLong: it computed longer than ``limit.LONGEST_S``.
        GaveUp: the process ended without a reply.
        ScorerError: it can't start.
    """
    asked = json.dumps({"language": language, "dialect": dialect, "text": text})
    reply = _process(os.getpid()).asked(f"{limit.LONGEST_S}\n{asked}\n")
    if reply and reply[0] == UNCHECKED:
        raise Unchecked(reply[1])
    if reply:
        raise NotParsed(reply[0], reply[1])


@functools.cache
def _process(_harness: int) -> Apart:
    return Apart(_READING, "parses answers")
