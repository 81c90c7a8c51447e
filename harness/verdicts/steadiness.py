"""Which lost cases are unsteady: what the further askings of a case say about its flip."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from harness.records.asked import Side
from harness.records.compared import RIGHT, AskedAgain, Comparison
from harness.records.record import Record
from harness.records.scored import Score

ASKINGS = 2
"""How often both sides are asked again. With the first answers these are three, so there is always a majority."""

Scored = Mapping[Side, Sequence[tuple[str, Score]]]
"""The scores of one asking: of each side, the ids of the cases with a score for each repeat."""


class LostAgain(Record, frozen=True, kw_only=True):
    """Lost cases by what happened when they were asked again; those that were not asked are in none of these.

    ``each_time`` counts the cases that were lost in every asking, and ``split`` those in which exactly one side was
    right in every asking: equal sides would lose and win these by chance.
    """

    asked: int
    unsteady: int
    each_time: int
    split: int


def lost_again(comparison: Comparison, most: int | None = None) -> LostAgain:
    """Count the lost cases of a comparison; only the first ``most`` of them were asked again, None for all."""
    found = list(_again(comparison, most))
    return LostAgain(
        asked=len(found),
        unsteady=sum(map(is_unsteady, found)),
        each_time=sum(set(zip(*_right(one), strict=True)) == {(True, False)} for one in found),
        split=sum(
            all({before, now} == {True, False} for before, now in zip(*_right(one), strict=True)) for one in found
        ),
    )


def unsteady_cases(comparison: Comparison) -> tuple[str, ...]:
    """Return the ids of the lost cases whose flip did not repeat in the majority, in the order of ``lost``."""
    return tuple(one.case_id for one in _again(comparison, None) if is_unsteady(one))


def is_unsteady(again: AskedAgain) -> bool:
    """Tell whether a flip did not repeat: over all askings, the first included, a side was mostly not as at first.

    An asking without a score says nothing against the flip.

    >>> is_unsteady(AskedAgain(case_id="a", baseline=(1.0, 0.0), candidate=(1.0, 1.0)))
    True
    """
    right_before, right_now = _right(again)
    before = 1 + sum(right is not False for right in right_before)
    now = 1 + sum(right is not True for right in right_now)
    return 2 * min(before, now) <= 1 + len(again.baseline)


def asked_again(case_ids: Sequence[str], askings: Sequence[Scored]) -> tuple[AskedAgain, ...]:
    """Return what each further asking scored for each case, its repeats averaged; None where one has no score."""
    means: defaultdict[tuple[Side, str], list[float | None]] = defaultdict(list)
    for sides in askings:
        for side, scored in sides.items():
            found: defaultdict[str, list[float | None]] = defaultdict(list)
            for case_id, score in scored:
                found[case_id].append(score.value)
            for case_id, values in found.items():
                known = [value for value in values if value is not None]
                means[side, case_id].append(statistics.fmean(known) if len(known) == len(values) else None)
    return tuple(
        AskedAgain(
            case_id=case_id,
            baseline=tuple(means["baseline", case_id]),
            candidate=tuple(means["candidate", case_id]),
        )
        for case_id in case_ids
    )


def _again(comparison: Comparison, most: int | None) -> Iterator[AskedAgain]:
    known = {one.case_id: one for one in comparison.again or ()}
    yield from (known[case_id] for case_id in comparison.lost[:most] if case_id in known)


def _right(again: AskedAgain) -> tuple[tuple[bool | None, ...], tuple[bool | None, ...]]:
    """Return whether each side was right in each asking; None where it has no score."""
    before, now = (
        tuple(None if value is None else value >= RIGHT for value in side) for side in (again.baseline, again.candidate)
    )
    return before, now
