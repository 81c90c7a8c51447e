"""Cut a comparison by tags and judge each slice. All must pass; a slice fails only beyond what chance explains."""

from array import array
from collections.abc import Sequence

import msgspec

from harness import stats
from harness.errors import InputError
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.in_columns import Rows
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.chance_wording import Chance, Chances
from harness.verdicts.compare import belongs, over, paired
from harness.verdicts.gate import as_told, decide
from harness.verdicts.lower_bound import below_at_best, below_p_value
from harness.verdicts.short_figures import unscored_in_all

SHOWN = 30
"""Most tags that an error lists."""


def slices_of(slices: Slices) -> tuple[Comparison, ...]:
    """Return one comparison for each tag ``name-value``, sorted by tag, with all figures from that tag's cases only.

    A case with several such tags is in several slices. Tables of classes are about all cases, so slices have none. Of a
    short suite the slices are those of the whole: one of which no case was asked has no rows.

    Raises:
        InputError: no case has such a tag, or what was measured is a quantity.
    """
    whole = slices.comparison
    if whole.unit:
        raise InputError(
            f"by_tag: {whole.scorer} measures {whole.unit}, but only scores can be sliced; gate it as a whole"
        )
    rows = Rows.of(whole.rows)
    found: dict[str, array[int]] = {}
    of_slice = rows.tags.each(lambda tags: tuple(tag for tag in dict.fromkeys(tags) if belongs(tag, slices.name)))
    for place, tags in enumerate(of_slice):
        for tag in tags:
            found.setdefault(tag, array("I")).append(place)
    for tag in whole.short.tags if whole.short is not None else ():
        if belongs(tag, slices.name):
            found.setdefault(tag, array("I"))
    if not found:
        known = sorted({tag for tags in rows.tags.different() for tag in tags})
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        raise InputError(
            f"by_tag({slices.name!r}): no case has a tag {f'{slices.name}-...'!r}; "
            f"the tags are {', '.join(map(repr, known[:SHOWN])) or 'none'}{more}"
        )
    bare = msgspec.structs.replace(whole, baseline_classes=None, candidate_classes=None)
    return tuple(_part(bare, tag, Rows.of(map(rows.__getitem__, found[tag]))) for tag in sorted(found))


def decide_slices(test_id: str, slices: Slices, gate: Gate) -> tuple[Verdict, ...]:
    """Judge each slice by the same gate: one verdict for each, in the order of the tags.

    Passing: every slice must pass on its own, which needs no correction: Berger (1982), Technometrics 24:295
    (intersection-union test). Failing: with several slices, one of them drops by chance more easily than a single gate
    does. So a drop or flips beyond the threshold fail only where the one-sided p value of the drop, corrected by
    Holm (1979) over all slices, is at most 0.05; a mean below the lower bound likewise, by the p value of that.
    Otherwise the slice is inconclusive. Floors are judged as usual.
    A slice with more unscored cases than allowed has the p value of the best that its missing answers could be, so that
    what they were changes no slice to failed.

    Raises:
        InputError: as ``slices_of`` and ``decide``.
    """
    parts = slices_of(slices)
    drops = _corrected([_drop_p_value(part, gate.max_unscored) for part in parts])
    belows: Sequence[Chance | None] = [None] * len(parts)
    if (bound := gate.lower_bound) is not None:
        belows = _corrected([_below_p_value(part, gate.max_unscored, bound) for part in parts])
    return tuple(
        decide(test_id, part, gate, Chances(drop=drop, below=below))
        for part, drop, below in zip(parts, drops, belows, strict=True)
    )


def _part(whole: Comparison, tag: str, rows: Rows) -> Comparison:
    again = whole.again
    if again is not None:
        own = set(rows.case_ids)
        again = tuple(one for one in again if one.case_id in own)
    return over(msgspec.structs.replace(whole, tag=tag, again=again), rows)


def _corrected(p_values: Sequence[float]) -> list[Chance]:
    return [
        Chance(p_value=p_value, corrected=corrected, slices=len(p_values))
        for p_value, corrected in zip(p_values, stats.holm(p_values), strict=True)
    ]


def _drop_p_value(part: Comparison, max_unscored: int) -> float:
    complete = unscored_in_all(part) <= max_unscored
    if part.short is not None:
        from harness.verdicts import short_gate

        whole = part if complete else with_best_answers(part)
        return short_gate.drop_p_value(whole) if whole.delta is not None else 1.0
    if part.figure is not None:
        drop = (part if complete else with_best_answers(part)).drop
        return drop.p_value if drop else 1.0
    whole = as_told(part if complete else with_best_answers(part))
    if whole.judged is not None and whole.judged.difference is not None:
        from harness.verdicts.labelled_gate import drop_p_value

        return drop_p_value(whole)
    pairs = paired(whole.rows)
    return stats.drop_p_value(pairs.differences, pairs.groups) if pairs.differences else 1.0


def _below_p_value(part: Comparison, max_unscored: int, bound: float) -> float:
    if part.delta is None:
        return 1.0
    if part.short is not None:
        from harness.verdicts import short_gate

        best = part if unscored_in_all(part) <= max_unscored else with_best_answers(part)
        return short_gate.below_p_value(best, bound)
    if len(part.unscored) > max_unscored:
        return below_at_best(part, bound)
    told = as_told(part)
    if told.judged is not None and told.judged.candidate is not None:
        from harness.verdicts import labelled_gate

        return labelled_gate.below_p_value(told, bound)
    return below_p_value(paired(told.rows), bound)
