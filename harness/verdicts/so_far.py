"""Decide a gate by the cases asked so far, which is all of them but with ``--until-decided``."""

from collections.abc import Mapping, Sequence

import msgspec

from harness.records.compared import Comparison, Gate, Row, Slices, Verdict
from harness.text.figures import count
from harness.text.visible import for_terminal
from harness.verdicts.compare import belongs, over
from harness.verdicts.early import decide_early, decide_slices_early
from harness.verdicts.early_wording import decided_early
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices, slices_of


def whole_of(judged: Comparison | Slices) -> Comparison:
    """Return the comparison that is judged, as a whole or in slices."""
    return judged.comparison if isinstance(judged, Slices) else judged


def decide_so_far(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...] | None:
    """Return a verdict for a comparison, or for each of its slices; None where more cases have to be asked first.

    Raises:
        InputError: as ``decide`` and ``decide_slices``.
    """
    if not whole_of(judged).not_asked:
        return decide_slices(test_id, judged, gate) if isinstance(judged, Slices) else (decide(test_id, judged, gate),)
    if isinstance(judged, Slices):
        return decide_slices_early(test_id, judged, gate, of=_in_all(judged)) if has_some(judged) else None
    verdict = decide_early(test_id, judged, gate, of=judged.in_all)
    return None if verdict is None else (verdict,)


def has_some(judged: Slices) -> bool:
    """Tell whether a case of some slice was asked, or no case has such a tag, which ``slices_of`` refuses."""
    whole = judged.comparison
    asked = any(belongs(tag, judged.name) for row in whole.rows for tag in row.tags)
    return asked or bool(whole.unit) or not _tags_left(judged)


def undecided(test_id: str, judged: Comparison | Slices, gate: Gate, why: str) -> tuple[Verdict, ...]:
    """Return what is said of a gate that the cases asked so far don't decide, where no more are asked."""
    whole = whole_of(judged)
    told = f"{len(whole.rows):,} of {count(whole.in_all, 'case')} were asked, and they don't decide this gate; {why}"
    parts = slices_of(judged) if isinstance(judged, Slices) and has_some(judged) else (whole,)
    return tuple(
        Verdict(
            test_id=test_id, comparison=part, gate=gate, outcome="inconclusive", reasons=(for_terminal(told, None),)
        )
        for part in parts
    )


def decide_without_rest(
    test_id: str, judged: Comparison | Slices, gate: Gate, rest: Sequence[Row], why: str
) -> tuple[Verdict, ...]:
    """Return the verdicts of a gate whose other cases, the ``rest``, would get no score; ``why`` says so.

    They are those that all cases would have, the rest unscored: hardly ever a pass. The comparison stays that of the
    cases asked so far.

    Raises:
        InputError: as ``decide`` and ``decide_slices``.
    """
    whole = whole_of(judged)
    complete = over(msgspec.structs.replace(whole, not_asked={}), [*whole.rows, *rest])
    if isinstance(judged, Slices):
        found = decide_slices(test_id, Slices(comparison=complete, name=judged.name), gate)
        asked = {part.tag: part for part in slices_of(judged)} if has_some(judged) else {}
    else:
        found, asked = (decide(test_id, complete, gate),), {whole.tag: whole}
    told = f"{len(whole.rows):,} of {count(whole.in_all, 'case')} were asked, and more can't decide this gate: {why}"
    return tuple(
        msgspec.structs.replace(
            verdict,
            comparison=asked[verdict.comparison.tag],
            reasons=(for_terminal(told, None),)
            if verdict.outcome == "inconclusive"
            else tuple(decided_early(one, len(whole.rows), whole.in_all) for one in verdict.reasons),
        )
        for verdict in found
        if verdict.comparison.tag in asked
    )


def _tags_left(judged: Slices) -> Mapping[str, int]:
    return {tag: left for tag, left in judged.comparison.not_asked.items() if belongs(tag, judged.name)}


def _in_all(judged: Slices) -> dict[str, int]:
    """Return how many cases each slice has, asked or not."""
    found = dict(_tags_left(judged))
    for row in judged.comparison.rows:
        for tag in dict.fromkeys(row.tags):
            if belongs(tag, judged.name):
                found[tag] = found.get(tag, 0) + 1
    return found
