"""Places of rows that may turn out to be problems, in flat memory, and shares of them in words."""

from collections.abc import Iterator

from harness.data.checks.problem import Problem
from harness.text.figures import percent

NAMED = 2_000
"""Rows of one kind that are named; all are counted."""


class Kept:
    """How many rows there are of some sort, and where the first ``named`` are, each with what is shown of it."""

    def __init__(self, named: int = NAMED) -> None:
        self.count = 0
        self._named = named
        self.rows: list[tuple[str, str]] = []

    def add(self, place: str, shown: str = "") -> None:
        """Count a row, and keep where it is."""
        self.count += 1
        if len(self.rows) < self._named:
            self.rows.append((place, shown))

    @property
    def places(self) -> tuple[str, ...]:
        """Where the rows are that are named."""
        return tuple(place for place, _ in self.rows)

    def each(self, kind: str, told: str) -> Iterator[Problem]:
        """Yield a problem for each row, and one more for those that are not named."""
        for place, shown in self.rows:
            yield Problem(kind=kind, places=(place,), told=told, shown=(shown,) if shown else ())
        if self.count > len(self.rows):
            left = self.count - len(self.rows)
            yield Problem(
                kind=kind, places=(self.rows[-1][0],), told=f"{told}; so do {left:,} more rows after this one"
            )


def share(count: int, of: int) -> str:
    """Return a share in words, with the counts.

    >>> share(3, 1000), share(1, 3)
    ('3 of 1,000 (0.3 %)', '1 of 3 (33 %)')
    """
    part = count / of
    figure = percent(part, 0 if part >= 0.1 else 1) if part >= 0.001 else f"under {percent(0.001, 1)}"
    return f"{count:,} of {of:,} ({figure})"
