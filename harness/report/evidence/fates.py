"""What became of each case of a comparison: those worth reading, worst first."""

from typing import Literal

from harness.records.compared import Comparison, Row
from harness.records.record import Record

FateKind = Literal["lost", "won", "unscored", "lower", "wrong", "higher"]
FLIPS: frozenset[FateKind] = frozenset({"lost", "won", "unscored"})
"""What every page must show; the others stand on it as far as there is room."""


class Fate(Record, frozen=True, kw_only=True):
    """The cases with one fate, worst first."""

    key: FateKind
    case_ids: tuple[str, ...]


def fates_of(comparison: Comparison) -> tuple[Fate, ...]:
    """Return the cases worth reading, lost ones first; a case that is right on both sides and no lower has no fate.

    Of a quantity nothing is lost or won: there the cases that rose are worth reading.
    """
    flipped = {*comparison.lost, *comparison.won, *comparison.unscored}
    others = [row for row in comparison.rows if row.case_id not in flipped]
    found: list[tuple[FateKind, tuple[str, ...]]]
    if comparison.unit:
        risen = sorted((row for row in others if _rise(row) > 0), key=lambda row: (-_rise(row), row.case_id))
        found = [("unscored", comparison.unscored), ("higher", tuple(row.case_id for row in risen))]
    else:
        found = [
            ("lost", comparison.lost),
            ("won", comparison.won),
            ("unscored", comparison.unscored),
            ("lower", tuple(row.case_id for row in others if _rise(row) < 0)),
            ("wrong", tuple(row.case_id for row in others if _is_still_wrong(row))),
        ]
    return tuple(Fate(key=key, case_ids=case_ids) for key, case_ids in found if case_ids)


def _rise(row: Row) -> float:
    """Return the candidate's value over the baseline's; 0 where one is missing."""
    return 0.0 if row.baseline is None or row.candidate is None else row.candidate - row.baseline


def _is_still_wrong(row: Row) -> bool:
    """Tell whether a case is wrong on both sides, and not worse than before."""
    return row.baseline is not None and row.candidate is not None and row.baseline <= row.candidate < 0.5
