"""All rows of a run as a CSV file that is safe to open in a spreadsheet: nothing in it runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.records.saved import Judgement, Run
from harness.runs.folder import read_judgements, read_run
from harness.text.atomic import replacing
from harness.text.visible import for_csv
from harness.verdicts.fates import fate_of
from harness.verdicts.steadiness import is_unsteady

COLUMNS = (
    "test",
    "scorer",
    "tag",
    "case",
    "group",
    "tags",
    "baseline",
    "candidate",
    "fate",
    "unscored",
    "category",
    "asked_again",
)
Cell = str | float | None
Categories = Mapping[str, Mapping[int, frozenset[str]]]
"""Categories of the candidate's answers, by the key of the comparison and the hash of the case's id."""


def write_rows(run_folder: Path, out: Path) -> int:
    """Write every row of a saved run, and return how many there are. The file is written whole or not at all.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: a file can't be read or written.
    """
    run = read_run(run_folder)
    categories = categories_of(read_judgements(run_folder))
    number = 0
    with replacing(out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for cells in lines_of(run, categories):
            writer.writerow(for_csv(_written(cell)) for cell in cells)
            number += 1
        text.flush()
        text.detach()
    return number


def lines_of(run: Run, categories: Categories) -> Iterator[tuple[Cell, ...]]:
    """Yield each row of each comparison of a run, a cell for each of ``COLUMNS``; None for a score that is missing."""
    for test_id, comparison in run.comparisons:
        again = {one.case_id: "unsteady" if is_unsteady(one) else "lost again" for one in comparison.again or ()}
        named = categories.get(comparison.key, {})
        for row in comparison.rows:
            yield (
                test_id,
                comparison.scorer,
                comparison.tag,
                row.case_id,
                row.group or "",
                " ".join(row.tags),
                row.baseline,
                row.candidate,
                fate_of(row, comparison.unit) or "",
                row.unscored,
                "; ".join(sorted(named.get(hash(row.case_id), ()))),
                again.get(row.case_id, ""),
            )


def categories_of(judgements: Iterable[Judgement]) -> Categories:
    """Return what the scorers called the candidate's answers."""
    found: dict[str, dict[int, frozenset[str]]] = {}
    alike: dict[frozenset[str], frozenset[str]] = {}
    for one in judgements:
        if one.side == "candidate" and one.item.score.category:
            of, case = found.setdefault(one.comparison, {}), hash(one.item.case_id)
            named = of.get(case, frozenset()) | {one.item.score.category}
            of[case] = alike.setdefault(named, named)
    return found


def _written(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "" if cell is None else repr(cell)
