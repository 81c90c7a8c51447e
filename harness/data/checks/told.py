"""Problems that were told, kept in a temporary file: of a large file 40 % of the rows can be broken; all are listed.

In memory a problem leaves 8 bytes.
"""

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import msgspec

from harness.data.checks.problem import Kind, Problem

_END = b"\n"
"""Ends a problem in the file: in JSON no line end is written as it is."""


class Told:
    """Problems in the order in which they are added; the file is gone when this is."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._starts: dict[str, array[int]] = {}
        self.extend(problems)

    def add(self, problem: Problem) -> None:
        """Keep a problem; none can be added once one was read."""
        written = msgspec.json.encode(problem) + _END
        self._file.write(written)
        self._starts.setdefault(problem.kind, array("Q")).append(self._end)
        self._end += len(written)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep problems one after the other."""
        for problem in problems:
            self.add(problem)

    def count(self, kind: str) -> int:
        """Return how many problems of a kind were added."""
        return len(self._starts.get(kind, ()))

    def read(self, kind: str, place: int) -> Problem:
        """Return the problem of a kind at a place, from 0 on."""
        self._file.seek(self._starts[kind][place])
        return msgspec.json.decode(self._file.readline(), type=Problem)


class Problems(Sequence[Problem]):
    """The problems of some kinds, kind by kind: read from the file when they are looked at."""

    def __init__(self, told: Told, kinds: Sequence[str]) -> None:
        self._told = told
        self._kinds = tuple(kind for kind in kinds if told.count(kind))

    def __len__(self) -> int:
        return sum(map(self._told.count, self._kinds))

    def __iter__(self) -> Iterator[Problem]:
        for kind in self._kinds:
            for place in range(self._told.count(kind)):
                yield self._told.read(kind, place)

    @overload
    def __getitem__(self, place: int) -> Problem: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Problem, ...]: ...

    def __getitem__(self, place: int | slice) -> Problem | tuple[Problem, ...]:
        """Return a problem, or several."""
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        left = place + len(self) if place < 0 else place
        for kind in self._kinds:
            count = self._told.count(kind)
            if 0 <= left < count:
                return self._told.read(kind, left)
            left -= count
        raise IndexError(place)

    def of(self, kind: str) -> "Problems":
        """Return those of one kind."""
        return Problems(self._told, [kind] if kind in self._kinds else [])


def by_kind(problems: Sequence[Problem], kinds: Sequence[Kind]) -> Iterator[tuple[Kind, Problems]]:
    """Yield each kind that has problems, with these, in the order of the kinds."""
    kept = problems if isinstance(problems, Problems) else Problems(Told(problems), [kind.name for kind in kinds])
    yield from ((kind, found) for kind in kinds if (found := kept.of(kind.name)))
