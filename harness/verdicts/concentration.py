"""What the lost cases of a comparison have in common: the conditions in which losses concentrate beyond chance."""

from collections.abc import Iterator, Mapping, Sequence

from harness import stats
from harness.records.compared import RIGHT, Comparison, Row
from harness.records.in_columns import Rows
from harness.records.record import Record, digest
from harness.stats.arguments import ALPHA
from harness.stats.concentration import LEAST_FLIPS
from harness.verdicts.conditions import Condition, Traits, conditions_of
from harness.verdicts.fates import fate_of

SHOWN = 3
"""Most conditions that are named of one comparison."""
MOST_CASES = 20_000
"""With more cases that a side has right, a search would take too long, and none is made."""


class Shared(Record, frozen=True, kw_only=True):
    """A condition in which losses concentrate: ``lost`` of the ``all_lost`` cases meet it.

    ``right`` counts the cases that meet it and that the baseline had right, of ``all_right``; lost ones are among them.
    ``won`` counts the won cases that meet it. ``p_value`` is corrected for all conditions that were searched.
    """

    condition: Condition
    lost: int
    all_lost: int
    right: int
    all_right: int
    won: int
    p_value: float


def right_somewhere(comparison: Comparison) -> tuple[Row, ...]:
    """Return the cases that a search looks at: all that at least one side has right. None where no search is made.

    A quantity has none. Whether there is a search does not depend on which of the two sides is the candidate.
    """
    if comparison.unit:
        return ()
    rows = Rows.of(comparison.rows)
    sides = zip(rows.baseline, rows.candidate, strict=True)
    right = [
        place
        for place, (before, after) in enumerate(sides)
        if before is not None and after is not None and max(before, after) >= RIGHT
    ]
    if len(right) > MOST_CASES:
        return ()
    found = tuple(map(rows.__getitem__, right))
    return found if sum(map(bool, map(_change, found))) >= LEAST_FLIPS else ()


def shared_by_lost(rows: Sequence[Row], traits: Mapping[str, Traits], searches: int) -> tuple[Shared, ...]:
    """Return the conditions in which losses concentrate, the strongest first; most often there are none.

    ``rows`` are those that ``right_somewhere`` gives, with the traits of each. All ``searches`` of a run together name
    something at most once in twenty runs where the sides are equal: see ``stats.concentrations``. Of conditions that
    name much the same lost cases the strongest is kept.
    """
    changes = tuple(_change(row) for row in rows)
    met = conditions_of([traits[row.case_id] for row in rows])
    flips = stats.Flips(changes=changes, groups=tuple(row.group for row in rows))
    found = stats.concentrations(flips, list(met.values()), _seed(rows), searches)
    strong = [
        (-one.excess, place, _counted(condition, places, changes, one.p_value), places)
        for place, ((condition, places), one) in enumerate(zip(met.items(), found, strict=True))
        if one.p_value <= ALPHA
    ]
    return tuple(
        _apart([(shared, places) for _, _, shared, places in sorted(strong, key=lambda one: one[:2])], changes)
    )


def _change(row: Row) -> int:
    return {"lost": -1, "won": 1}.get(fate_of(row) or "", 0)


def _counted(condition: Condition, places: Sequence[int], changes: Sequence[int], p_value: float) -> Shared:
    inside = [changes[place] for place in places]
    return Shared(
        condition=condition,
        lost=inside.count(-1),
        all_lost=changes.count(-1),
        right=len(inside) - inside.count(1),
        all_right=len(changes) - changes.count(1),
        won=inside.count(1),
        p_value=p_value,
    )


def _apart(strong: Sequence[tuple[Shared, tuple[int, ...]]], changes: Sequence[int]) -> Iterator[Shared]:
    """Yield the strongest conditions, each with mostly other lost cases than those before it."""
    named: set[int] = set()
    shown = 0
    for shared, places in strong:
        lost = {place for place in places if changes[place] == -1}
        if shown < SHOWN and 2 * len(lost & named) <= len(lost):
            named |= lost
            shown += 1
            yield shared


def _seed(rows: Sequence[Row]) -> int:
    """Return a seed that the same results always give. An id can have a lone surrogate, which JSON refuses."""
    return int(digest(ascii([(row.case_id, row.baseline, row.candidate) for row in rows]))[:16], 16)
