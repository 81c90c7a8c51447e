"""Which cases of a run chance chose for labelling, and from what: ``judges/<rubric>.draws.jsonl``.

A line for each case of each draw, chosen or not: a label stands for all cases of its stratum, so how many there were
has to be known for as long as the label is used.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.records.record import Record, digest
from harness.records.scored import Rubric
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl

SAME = "same answers"
"""The stratum of pairs of the same answer twice: a tie, which nobody has to be asked about."""


class DrawnFrom(Record, frozen=True, kw_only=True):
    """A case that could be drawn: its stratum, how unsure the judge was of it, and whether chance chose it.

    ``draw`` is the id of the draw, ``run`` the run's. ``read`` is the digest of what was asked, expected and answered
    by both sides (``PairRead.digest``): with any other answer it is another case.
    """

    draw: str
    rubric: str
    version: int
    run: str
    case_id: str
    read: str
    stratum: str
    uncertainty: float
    chosen: bool


class Draw(Record, frozen=True, kw_only=True):
    """All cases that could be drawn at once, by id."""

    id: str
    cases: dict[str, DrawnFrom]

    @property
    def population(self) -> str:
        """Digest of the cases with their strata: labels of draws from the same can be counted together."""
        return digest(sorted((one.case_id, one.read, one.stratum) for one in self.cases.values()))


def drawn(cases: Sequence[DrawnFrom]) -> Draw:
    """Return a draw with its id, which is a digest of all that is in it."""
    bare = [msgspec.structs.replace(one, draw="") for one in cases]
    named = digest(bare)[:16]
    return Draw(id=named, cases={one.case_id: msgspec.structs.replace(one, draw=named) for one in bare})


def draws_file(judges: Path, rubric: Rubric) -> Path:
    """Return where the draws for a rubric's labels are, in a folder of rubrics."""
    return judges / f"{rubric.id}.draws.jsonl"


def read_draws(path: Path) -> tuple[Draw, ...]:
    """Return the draws in a file, of all versions of the rubric, the oldest first; nothing where there is no such file.

    Raises:
        DataError: a line can't be read, or a draw has one case twice.
    """
    found: defaultdict[str, dict[str, DrawnFrom]] = defaultdict(dict)
    for line, one in load_jsonl(path, DrawnFrom, DataError) if path.exists() else ():
        if found[one.draw].setdefault(one.case_id, one) is not one:
            raise DataError(f"{path}:{line}: draw {one.draw!r} has case {one.case_id!r} twice; restore the file")
    return tuple(Draw(id=name, cases=cases) for name, cases in found.items())


def keep_draw(path: Path, draw: Draw) -> None:
    """Add a draw to a file, whose folder is made if needed.

    Raises:
        DataError: the file holds something else.
        StoreError: it can't be written.
    """
    with locked_folder(path.parent):
        kept = [old for old in read_draws(path) if old.id != draw.id]
        lines = [one for each in (*kept, draw) for one in each.cases.values()]
        write_durably(path, b"".join(msgspec.json.encode(one) + b"\n" for one in lines))
