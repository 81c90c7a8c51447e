"""What became of a case between the two sides: the one place that says what lost and won mean."""

from typing import Literal

from harness.records.compared import RIGHT, Row

Fate = Literal["lost", "won", "unscored", "lower", "wrong", "higher"]


def fate_of(row: Row, unit: str = "") -> Fate | None:
    """Return a case's fate. None: right on both sides and not lower, or not more of the quantity ``unit``.

    >>> fate_of(Row(case_id="a", baseline=1.0, candidate=0.0)), fate_of(Row(case_id="b", baseline=0.0, candidate=0.0))
    ('lost', 'wrong')
    """
    before, after = row.baseline, row.candidate
    if before is None or after is None:
        return "unscored"
    if unit:  # of a quantity less is better, and nothing is right or wrong
        return "higher" if after > before else None
    if (before >= RIGHT) != (after >= RIGHT):
        return "won" if after >= RIGHT else "lost"
    if after < before:
        return "lower"
    return "wrong" if after < RIGHT else None
