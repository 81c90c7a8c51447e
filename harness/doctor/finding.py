"""What one check found."""

from collections.abc import Iterable
from typing import Literal

from harness.records.record import Record

State = Literal["ok", "note", "problem"]


class Finding(Record, frozen=True, kw_only=True):
    """The result of one check. A note is worth knowing; a problem stops a run, or would."""

    name: str
    state: State
    found: str
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 1 where there is a problem, else 0."""
    return int(any(one.state == "problem" for one in findings))
