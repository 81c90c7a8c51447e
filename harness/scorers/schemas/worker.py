"""The process in which schemas are applied to answers: jsonschema-rs is native code, which no signal interrupts."""

import functools
import os
import re
from pathlib import Path

from harness.records.record import Json
from harness.scorers.reading import limit
from harness.scorers.reading.apart import Apart
from harness.scorers.reading.json_values import on_one_line

_APPLYING = Path(__file__).with_name("applying.py")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character. JSON's escapes can write it alone, but it has no bytes in UTF-8; U+FFFD takes its place."""


class Worker(Apart):
    """One process for all schemas."""

    def __init__(self) -> None:
        super().__init__(_APPLYING, "applies JSON schemas")

    def first_failure(self, rules: str, answer: Json) -> tuple[list[str | int], str] | None:
        """Return where and why the answer first breaks the schema of these rules; None when it follows it.

        Raises:
            TookTooLong: it computed longer than ``limit.LONGEST_S``.
            GaveUp: it ended without a reply.
            ScorerError: it can't start.
        """
        text = _SURROGATE.sub("\ufffd", on_one_line(answer))
        reply = self.asked(f"{limit.LONGEST_S}\n{rules}\n{text}\n")
        return (reply[0], reply[1]) if reply else None


def first_failure(rules: str, answer: Json) -> tuple[list[str | int], str] | None:
    """See ``Worker.first_failure``; each process of the harness has one worker."""
    return _worker(os.getpid()).first_failure(rules, answer)


@functools.cache
def _worker(_harness: int) -> Worker:
    return Worker()
