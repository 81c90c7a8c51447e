"""What became of a case between the two sides: the one place that says what lost and won mean."""

from collections.abc import Iterator, Sequence
from typing import Literal

from harness.records.compared import RIGHT, Row
from harness.records.in_columns import Rows

Fate = Literal["lost", "won", "unscored", "lower", "wrong", "higher"]


def fates_in(rows: Sequence[Row], unit: str = "") -> Iterator[Fate | None]:
    """Yield the fate of each case, in order, as ``fate_of`` does."""
    held = Rows.of(rows)
    return (_fate(before, after, unit) for before, after in zip(held.baseline, held.candidate, strict=True))


def changed(rows: Sequence[Row], fate: Literal["lost", "won"]) -> Iterator[tuple[int, float, float]]:
    """Yield the place of each case that was lost, or won, with both scores."""
    held = Rows.of(rows)
    for place, (before, after) in enumerate(zip(held.baseline, held.candidate, strict=True)):
        if before != after and before is not None and after is not None and _fate(before, after, "") == fate:
            yield place, before, after


def fate_of(row: Row, unit: str = "") -> Fate | None:
    """Return a case's fate. None: right on both sides and not lower, or not more of the quantity ``unit``.

    >>> fate_of(Row(case_id="a", baseline=1.0, candidate=0.0)), fate_of(Row(case_id="b", baseline=0.0, candidate=0.0))
    ('lost', 'wrong')
    """
    return _fate(row.baseline, row.candidate, unit)


def _fate(before: float | None, after: float | None, unit: str) -> Fate | None:
    if before is None or after is None:
        return "unscored"
    if unit:  # of a quantity less is better, and nothing is right or wrong
        return "higher" if after > before else None
    if (before >= RIGHT) != (after >= RIGHT):
        return "won" if after >= RIGHT else "lost"
    if after < before:
        return "lower"
    return "wrong" if after < RIGHT else None
