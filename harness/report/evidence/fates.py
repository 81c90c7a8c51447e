"""What became of each case of a comparison: those worth reading, worst first."""

from collections.abc import Iterable

from harness.records.compared import Comparison, Row
from harness.records.record import Record
from harness.verdicts.fates import Fate, fate_of

FLIPS: frozenset[Fate] = frozenset({"lost", "won", "unscored"})
"""What every page must show; it shows the others as far as there is room."""


class SameFate(Record, frozen=True, kw_only=True):
    """The cases with one fate, worst first."""

    fate: Fate
    case_ids: tuple[str, ...]


def fates_of(comparison: Comparison) -> tuple[SameFate, ...]:
    """Return the cases worth reading, lost ones first; a case that is right on both sides and no lower has no fate.

    Of a quantity nothing is lost or won: there the cases that rose are worth reading.
    """
    flipped = {*comparison.lost, *comparison.won, *comparison.unscored}
    others: dict[Fate | None, list[Row]] = {}
    for row in comparison.rows:
        if row.case_id not in flipped:
            others.setdefault(fate_of(row, comparison.unit), []).append(row)
    risen = sorted(others.get("higher", ()), key=lambda row: (-_rise(row), row.case_id))
    found: list[tuple[Fate, tuple[str, ...]]] = [
        ("lost", comparison.lost),
        ("won", comparison.won),
        ("unscored", comparison.unscored),
        ("lower", _ids(others.get("lower", ()))),
        ("wrong", _ids(others.get("wrong", ()))),
        ("higher", _ids(risen)),
    ]
    return tuple(SameFate(fate=fate, case_ids=case_ids) for fate, case_ids in found if case_ids)


def _rise(row: Row) -> float:
    """Return the candidate's value over the baseline's; 0 where one is missing."""
    return 0.0 if row.baseline is None or row.candidate is None else row.candidate - row.baseline


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.case_id for row in rows)
