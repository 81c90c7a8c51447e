"""What a check of training rows finds, and what a check is: it sees one row after the other, and then says the rest."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from harness.data.row import DataRow
from harness.records.record import Record


class Kind(Record, frozen=True, kw_only=True):
    """One kind of problem: ``name`` is what settings call it, ``title`` what people read, ``remedy`` the way out."""

    name: str
    title: str
    remedy: str
    hint: str = ""
    """Why problems of this kind are only ever warnings; empty where they fail the check."""


class Problem(Record, frozen=True, kw_only=True):
    """One thing that is wrong with rows, or probably is.

    ``kind`` is the name of its kind, such as "duplicate". ``places`` are ``file:line`` of every row that is concerned,
    the first one first. ``told`` says what is wrong in one sentence without an end. ``shown`` are short pieces of the
    rows, one for each place (of many: of the first ones) or none: personal data and secrets in them are masked already.
    ``ends_reading`` says that what comes after it in the file could not be read, or is not there: whatever else is
    found, it is not all. ``fixable`` says that ``harness data clean`` takes it away.
    """

    kind: str
    places: tuple[str, ...]
    told: str
    shown: tuple[str, ...] = ()
    ends_reading: bool = False
    fixable: bool = False


def fixable_in_words(problems: Sequence[Problem]) -> str:
    """Say how many problems ``harness data clean`` takes away; empty where it is none."""
    number = sum(problem.fixable for problem in problems)
    if not number:
        return ""
    of = "it" if number == len(problems) == 1 else "all of these" if number == len(problems) else f"{number:,} of these"
    return f"harness data clean fixes {of}."


class Check(Protocol):
    """One check, used for one reading of all rows. It keeps digests and counts, never all rows."""

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Look at the next row, and yield what is wrong with it by itself."""
        ...

    def finish(self) -> Iterator[Problem]:
        """Yield what only all rows together show."""
        ...


def opening(text: str, most: int) -> str:
    """Return a text that is masked already, as it is shown: at most so many characters of it."""
    shown = text.strip()
    return shown if len(shown) <= most else f"{shown[:most]}…"
