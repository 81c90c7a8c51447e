"""All rows of a run as a CSV file that is safe to open in a spreadsheet: nothing in it runs."""

import csv
import io
from collections import defaultdict
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
Categories = Mapping[tuple[str, str], set[str]]
"""Categories of the candidate's answers, by the key of the comparison and the case."""


def write_rows(run_folder: Path, out: Path) -> int:
    """Write every row of a saved run, and return how many there are. The file is written whole or not at all.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: a file can't be read or written.
    """
    run = read_run(run_folder)
    categories = _categories(read_judgements(run_folder))
    number = 0
    with replacing(out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for cells in _lines(run, categories):
            writer.writerow(map(for_csv, cells))
            number += 1
        text.flush()
        text.detach()
    return number


def _lines(run: Run, categories: Categories) -> Iterator[tuple[str, ...]]:
    for test_id, comparison in run.comparisons:
        again = {one.case_id: "unsteady" if is_unsteady(one) else "lost again" for one in comparison.again or ()}
        for row in comparison.rows:
            yield (
                test_id,
                comparison.scorer,
                comparison.tag,
                row.case_id,
                row.group or "",
                " ".join(row.tags),
                _value(row.baseline),
                _value(row.candidate),
                fate_of(row, comparison.unit) or "",
                row.unscored,
                "; ".join(sorted(categories.get((comparison.key, row.case_id), ()))),
                again.get(row.case_id, ""),
            )


def _value(value: float | None) -> str:
    return "" if value is None else repr(value)


def _categories(judgements: Iterable[Judgement]) -> Categories:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in judgements:
        if one.side == "candidate" and one.item.score.category:
            found[one.comparison, one.item.case_id].add(one.item.score.category)
    return found
