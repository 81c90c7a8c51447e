"""The best that missing answers could be: with too many unscored, a gate fails only if it would fail even then."""

import msgspec

from harness.records.compared import Comparison, Row
from harness.verdicts.compare import over


def with_best_answers(comparison: Comparison) -> Comparison:
    """Return a comparison of scores as if each missing answer had been the best for the candidate.

    A missing score of the candidate becomes 1 and one of the baseline 0; a score that one side has stays. No drop is
    larger, no mean of the candidate lower and no more cases are lost, whatever the missing answers were.
    """
    return over(comparison, tuple(_filled(row) for row in comparison.rows))


def _filled(row: Row) -> Row:
    if row.baseline is not None and row.candidate is not None:
        return row
    return msgspec.structs.replace(
        row,
        baseline=0.0 if row.baseline is None else row.baseline,
        candidate=1.0 if row.candidate is None else row.candidate,
        unscored="",
    )
