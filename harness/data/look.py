"""Draw a few rows of a file at random, the same ones for the same seed, without holding the others."""

from pathlib import Path

from harness.data.checks.problem import Problem
from harness.data.drawn import Reservoir
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
    """Return ``number`` rows of a file, each set of them equally likely.

    Raises:
        DataError: the file can't be read.
    """
    drawn = Reservoir[DataRow](number, seed)
    found = read_rows(path)
    problems = 0
    for one in found:
        if isinstance(one, Problem):
            problems += 1
        else:
            drawn.add(one)
    return Drawn(told=found.told, rows=drawn.rows, total=drawn.seen, problems=problems)
