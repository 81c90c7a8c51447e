"""What people's labels make of a judge's figures: the cases that correct them, and scores by people in their stead."""

from collections.abc import Sequence

import msgspec

from harness import stats
from harness.records.compared import Comparison, Row, RowLabel
from harness.records.in_columns import Rows
from harness.records.judged import Corrected, TooFewLabels
from harness.stats.judges.corrected import (
    FEWEST_LABELS,
    Judged,
    corrected_difference,
    corrected_mean,
    paired_differences,
)

ONE_SIDED = 0.90
"""The level of an interval of which each end is a one-sided bound at 95 %."""
UNLABELLED = RowLabel()


def with_corrections(comparison: Comparison) -> Comparison:
    """Return a comparison with what labels make of its judge's figures, or how many labels are missing for that."""
    before, after = _sides(comparison.rows)
    if comparison.judged is None or not before:
        return comparison
    if comparison.judged.uncorrectable:
        figures = msgspec.structs.replace(comparison.judged, difference=None, candidate=None, missing=None)
        return msgspec.structs.replace(comparison, judged=figures)
    difference, candidate = _if_labelled(before, after)
    figures = msgspec.structs.replace(
        comparison.judged,
        difference=difference if isinstance(difference, Corrected) else None,
        candidate=candidate if isinstance(candidate, Corrected) else None,
        missing=difference if isinstance(difference, TooFewLabels) else None,
    )
    return msgspec.structs.replace(comparison, judged=figures)


def _if_labelled(
    before: Sequence[Judged], after: Sequence[Judged]
) -> tuple[Corrected | TooFewLabels, Corrected | TooFewLabels]:
    if any(case.people is not None and not case.settled for case in after):
        return corrected_difference(before, after), corrected_mean(after)
    none = TooFewLabels(labels=0, needed=min(FEWEST_LABELS, stats.count_clusters([case.group for case in after])))
    return none, none


def rows_by_people(comparison: Comparison) -> Rows | None:
    """Return the rows of a judged comparison as people scored them; None unless each scored case has its label."""
    rows = [row for row in comparison.rows if not row.unscored]
    if not all(map(_is_labelled, rows)) or all(row.label is None or row.label.settled for row in rows):
        return None
    return Rows.of(_told(row) if _is_labelled(row) else row for row in comparison.rows)


def corrected_drop(comparison: Comparison) -> tuple[Corrected, list[Judged]]:
    """Return the corrected difference, whose ends are one-sided bounds at 95 %, and the differences it is made of.

    Raises:
        ValueError: there are too few labels; then ``judged.difference`` is None.
    """
    sides = _sides(comparison.rows)
    return _enough(corrected_difference(*sides, level=ONE_SIDED)), paired_differences(*sides)


def corrected_candidate(comparison: Comparison) -> tuple[Corrected, list[Judged]]:
    """Return the candidate's corrected mean, whose ends are one-sided bounds at 95 %, and the scores it is made of.

    Raises:
        ValueError: there are too few labels; then ``judged.candidate`` is None.
    """
    scores = _sides(comparison.rows)[1]
    return _enough(corrected_mean(scores, ONE_SIDED)), scores


def labelled_clusters(cases: Sequence[Judged]) -> int:
    """Return how many independent cases have a label that somebody gave."""
    return stats.count_clusters([case.group for case in cases if case.people is not None and not case.settled])


def _enough(found: Corrected | TooFewLabels) -> Corrected:
    if isinstance(found, Corrected):
        return found
    raise ValueError(f"{found.labels} labels correct nothing, {found.needed} are needed")


def _sides(rows: Sequence[Row]) -> tuple[list[Judged], list[Judged]]:
    before, after = [], []
    for row in rows:
        if row.baseline is not None and row.candidate is not None:
            label = row.label or UNLABELLED
            before.append(Judged(row.baseline, label.baseline, row.group, label.stratum, label.settled))
            after.append(Judged(row.candidate, label.candidate, row.group, label.stratum, label.settled))
    return before, after


def _is_labelled(row: Row) -> bool:
    return row.label is not None and row.label.baseline is not None and row.label.candidate is not None


def _told(row: Row) -> Row:
    label = row.label or UNLABELLED
    return msgspec.structs.replace(row, baseline=label.baseline, candidate=label.candidate, unscored="")
