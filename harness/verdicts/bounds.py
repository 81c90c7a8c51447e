"""The best that missing answers could be: with too many unscored, a gate fails only if it would fail even then."""

import msgspec

from harness.records.compared import Comparison, Row, RowLabel
from harness.records.in_columns import Rows
from harness.records.judged import JudgeFigures
from harness.verdicts.compare import over
from harness.verdicts.compare_corpus import with_any_figure, with_best_counts

UNSCORED = "unscored"
"""The stratum of cases that the judge could not score: what is best is known of them, and no label is needed."""


def with_best_answers(comparison: Comparison) -> Comparison:
    """Return a comparison of scores as if each missing answer had been the best for the candidate.

    A missing score of the candidate becomes 1 and one of the baseline 0; a score that one side has stays. No drop is
    larger, no mean of the candidate lower and no more cases are lost, whatever the missing answers were. Likewise for a
    figure of all answers; where its best is not known, it is the best that there is. Where labels correct what a judge
    scored, people say the best of these cases too.
    """
    rows = Rows.of(_filled(row, comparison.judged) for row in comparison.rows)
    if comparison.figure is None:
        return over(comparison, rows)
    counted = with_best_counts(comparison, rows)
    if counted is None:
        return with_any_figure(over(msgspec.structs.replace(comparison, figure=None), rows), comparison.figure)
    return over(comparison, counted)


def _filled(row: Row, judged: JudgeFigures | None) -> Row:
    if row.baseline is not None and row.candidate is not None:
        return row
    label = None
    if judged is not None and (judged.difference is not None or judged.candidate is not None):
        label = RowLabel(
            baseline=0.0 if judged.difference is not None else None,
            candidate=1.0 if judged.candidate is not None else None,
            stratum=UNSCORED,
            settled=True,
        )
    return msgspec.structs.replace(
        row,
        baseline=0.0 if row.baseline is None else row.baseline,
        candidate=1.0 if row.candidate is None else row.candidate,
        unscored="",
        label=label,
    )
