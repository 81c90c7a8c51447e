"""Draw a few rows of a file at random, the same ones for the same seed, without holding the others."""

import random
from pathlib import Path

from harness.data.checks.problem import Problem
from harness.data.reading import read_rows
from harness.data.row import DataRow
from harness.records.record import Record


class Drawn(Record, frozen=True, kw_only=True):
    """Some rows in the order of their file; what the file is, how many rows it has, and how many can't be read."""

    told: str
    rows: tuple[DataRow, ...]
    total: int
    problems: int


def draw(path: Path, number: int, seed: int) -> Drawn:
    """Return ``number`` rows of a file, each set of them equally likely (Vitter 1985, algorithm R).

    Raises:
        DataError: the file can't be read.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    found = read_rows(path)
    kept: list[DataRow] = []
    total = problems = 0
    for one in found:
        if isinstance(one, Problem):
            problems += 1
            continue
        total += 1
        if len(kept) < number:
            kept.append(one)
        elif (place := chance.randrange(total)) < number:
            kept[place] = one
    rows = tuple(sorted(kept, key=lambda row: row.line))
    return Drawn(told=found.told, rows=rows, total=total, problems=problems)
