"""Training rows as a training takes them: read from any format, and refused at the first one that is wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.data.checks.problem import Problem
from harness.data.checks.structure import Structure, in_words
from harness.data.files.columnar import dataset_files
from harness.data.reading import read_rows
from harness.data.row import DataRow
from harness.errors import DataError
from harness.text.visible import quoted


def nobody(_told: str) -> None:
    """Tell nobody."""


def load_rows(path: Path, tell: Callable[[str], None] = nobody, group: str = "") -> tuple[DataRow, ...]:
    """Return the checked rows of a file of any format, in its order; ``tell`` hears what of the rows is not taken.

    ``group`` is a column whose value each row keeps as its group.

    Raises:
        DataError: the file or a row is wrong; the text starts with ``file:line``. Or no row has a group.
    """
    found = read_rows(path, group=group)
    check = Structure()
    rows = []
    for one in found:
        problem = one if isinstance(one, Problem) else next(check.see(one), None)
        if problem is not None:
            raise DataError(in_words(problem))
        if isinstance(one, DataRow):
            rows.append(one)
    if group and not any(row.group for row in rows):
        raise DataError(f"{path}: no row has a value in the column {quoted(group)}, by which rows are to stay together")
    if found.format is not None and found.format.note:
        tell(f"{path}: {found.format.title}: {found.format.note}")
    return tuple(rows)


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files in which rows are: the file itself, or those of a folder that ``datasets`` saved.

    Raises:
        DataError: the folder is no such data set.
    """
    return dataset_files(path, str(path)) if path.is_dir() else (path,)


def refuse_leaks(train: Sequence[DataRow], validation: Sequence[DataRow], files: tuple[Path, Path]) -> None:
    """Refuse validation rows whose question is also in the training rows; ``files`` is where both come from.

    Raises:
        DataError: says how many there are, and where the first one is in both files.
    """
    lines = {_asked(row): row.line for row in train}
    leaks = [row for row in validation if _asked(row) in lines]
    if leaks:
        first = leaks[0]
        raise DataError(
            f"{files[1]}:{first.line}: also a training row, {files[0]}:{lines[_asked(first)]} "
            f"({len(leaks)} of {len(validation)} validation rows are); a loss on trained rows shows nothing: "
            "remove them"
        )


def _asked(row: DataRow) -> tuple[str, ...]:
    """Return what the last answer replies to, without differences in case and white space."""
    return tuple(" ".join(message.text.split()).casefold() for message in row.messages[:-1])
