"""Any of the sets that are known, by its name, with what is wanted of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from harness.errors import DataError, InputError
from harness.judges.sets.lines import columns_named, from_lines
from harness.judges.sets.mtbench import Wanted, from_mtbench
from harness.judges.sets.pandalm import from_pandalm
from harness.judges.sets.taken import Taken, verdicts_file
from harness.records.record import Record
from harness.records.scored import Rubric

Known = Literal["mt-bench", "pandalm", "jsonl"]


class Selection(Record, frozen=True, kw_only=True):
    """What is wanted of a set: of MT-Bench whose ``votes``, and of which ``turn``; of JSON Lines which columns."""

    votes: Literal["expert", "all"] = "all"
    turn: int | None = None
    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def read_set(known: Known, files: Sequence[Path], rubric: Rubric, selection: Selection) -> Taken:
    """Return the labels and verdicts of a set's files.

    Raises:
        DataError: a file can't be read, a row is wrong, or two judges would share a file of verdicts.
        InputError: what is selected is of another set, or there is no label.
        RubricError: the rubric is of another kind.
    """
    _refuse_unused(known, selection)
    if known == "mt-bench":
        taken = from_mtbench(files, rubric, Wanted(votes=selection.votes, turn=selection.turn))
    elif known == "pandalm":
        taken = from_pandalm(files, rubric)
    else:
        taken = from_lines(files, rubric, columns_named(rubric, selection.columns, selection.words))
    if not taken.labels:
        raise InputError(f"{', '.join(map(str, files))}: no label of a person is in what was asked for")
    files_of: dict[Path, str] = {}
    for judge in taken.verdicts:
        file = verdicts_file(Path(), rubric, judge)
        if (other := files_of.setdefault(file, judge)) != judge:
            raise DataError(f"judges {other!r} and {judge!r} would share the file {file}; give one another name")
    return taken


def _refuse_unused(known: Known, given: Selection) -> None:
    """Refuse options of another set: what is not heeded must not look as if it were."""
    unused = {
        "--votes": ("mt-bench", given.votes != "all"),
        "--turn": ("mt-bench", given.turn is not None),
        "--column": ("jsonl", bool(given.columns)),
        "--word": ("jsonl", bool(given.words)),
    }
    for option, (of, is_given) in unused.items():
        if is_given and of != known:
            raise InputError(f"{option} is for --from {of}, not for {known}; leave it out")
