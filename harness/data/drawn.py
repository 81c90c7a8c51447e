"""Draw rows at random while they are read, the same ones for the same seed, without holding the others."""

import random
from collections.abc import Iterator
from typing import Generic, TypeVar

from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Problem
from harness.data.row import DataRow

T = TypeVar("T")


class Reservoir(Generic[T]):
    """Keeps ``number`` of the rows that it is given, each set of them equally likely (Vitter 1985, algorithm R)."""

    def __init__(self, number: int, seed: int) -> None:
        self.seen = 0
        self._number = number
        self._chance = random.Random(seed)  # noqa: S311 - no secret depends on it
        self._kept: list[tuple[int, T]] = []

    def add(self, row: T) -> None:
        """Keep the row, perhaps in place of another."""
        self.seen += 1
        if len(self._kept) < self._number:
            self._kept.append((self.seen, row))
        elif (place := self._chance.randrange(self.seen)) < self._number:
            self._kept[place] = self.seen, row

    @property
    def rows(self) -> tuple[T, ...]:
        """The rows that were drawn, in the order in which they were given."""
        return tuple(row for _, row in sorted(self._kept, key=lambda pair: pair[0]))


class Drawing:
    """A check that finds nothing: it draws the rows that the base model is asked about.

    Of these, rows with personal data or secrets are left out, since what is asked is kept, and shown whole on the page
    of the run.
    """

    def __init__(self, number: int, seed: int) -> None:
        self._drawn = Reservoir[DataRow](number, seed)
        self.rows: tuple[DataRow, ...] = ()
        """Once all rows were seen: those to ask, in their order."""
        self.personal = 0
        """How many of those drawn were left out."""

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Draw among the rows whose last turn answers something."""
        roles = [message.role for message in row.messages[-2:]]
        if roles in (["user", "assistant"], ["tool", "assistant"]) and row.output.strip():
            self._drawn.add(row)
        yield from ()

    def finish(self) -> Iterator[Problem]:
        """Leave rows out, and yield nothing."""
        drawn = self._drawn.rows
        self.rows = tuple(row for row in drawn if not _is_personal(row))
        self.personal = len(drawn) - len(self.rows)
        yield from ()

    @property
    def askable(self) -> int:
        """From how many rows they were drawn."""
        return self._drawn.seen


def _is_personal(row: DataRow) -> bool:
    texts = [text for turn in row.messages for text in (turn.text, *(call.arguments for call in turn.calls))]
    return any(masked(text) != text for text in texts)
