"""What became of each case of a comparison: those worth reading, worst first."""

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.records.record import Record
from harness.verdicts.fates import Fate, fates_in

FLIPS: frozenset[Fate] = frozenset({"lost", "won", "unscored"})
"""What every page must show; it shows the others as far as there is room."""


OTHERS: frozenset[Fate] = frozenset({"lower", "wrong", "higher"})


class SameFate(Record, frozen=True, kw_only=True):
    """The cases with one fate, worst first."""

    fate: Fate
    case_ids: tuple[str, ...]


def fates_of(comparison: Comparison) -> tuple[SameFate, ...]:
    """Return the cases worth reading, lost ones first; a case that is right on both sides and no lower has no fate.

    Of a quantity nothing is lost or won: there the cases that rose are worth reading.
    """
    flipped = {*comparison.lost, *comparison.won, *comparison.unscored}
    rows, others = Rows.of(comparison.rows), dict[Fate, list[str]]()
    rises: dict[str, float] = {}
    for place, fate in enumerate(fates_in(rows, comparison.unit)):
        if fate is None or fate not in OTHERS or (case_id := rows.case_ids[place]) in flipped:
            continue
        others.setdefault(fate, []).append(case_id)
        if fate == "higher":
            rises[case_id] = _rise(rows[place])
    risen = sorted(others.get("higher", ()), key=lambda case_id: (-rises[case_id], case_id))
    found: list[tuple[Fate, tuple[str, ...]]] = [
        ("lost", comparison.lost),
        ("won", comparison.won),
        ("unscored", comparison.unscored),
        ("lower", tuple(others.get("lower", ()))),
        ("wrong", tuple(others.get("wrong", ()))),
        ("higher", tuple(risen)),
    ]
    return tuple(SameFate(fate=fate, case_ids=case_ids) for fate, case_ids in found if case_ids)


def _rise(row: Row) -> float:
    """Return the candidate's value over the baseline's; 0 where one is missing."""
    return 0.0 if row.baseline is None or row.candidate is None else row.candidate - row.baseline
