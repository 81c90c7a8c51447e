"""A comparison cut by tags, each slice judged on its own: passing needs all of them, failing needs more than chance."""

from collections.abc import Sequence

import msgspec

from harness import stats
from harness.compare import over, paired
from harness.errors import InputError
from harness.gates import Chance, decide, wording
from harness.records.compared import Comparison, Gate, Outcome, Row, Slices, Verdict

OUTCOMES: tuple[Outcome, ...] = ("failed", "inconclusive", "passed")
SHOWN = 30
"""Most tags that an error lists."""


def slices_of(slices: Slices) -> tuple[Comparison, ...]:
    """Return one comparison for each tag ``name-value``, sorted by tag, with every figure from that tag's cases alone.

    A case with several such tags is in several slices. Classes tables are of all cases, so slices have none.

    Raises:
        InputError: no case has such a tag, or what was measured is a quantity.
    """
    whole = slices.comparison
    if whole.unit:
        raise InputError(f"by_tag: {whole.scorer} measures {whole.unit}, and slices are of scores; gate it as a whole")
    found: dict[str, list[Row]] = {}
    for row in whole.rows:
        for tag in dict.fromkeys(row.tags):
            if _belongs(tag, slices.name):
                found.setdefault(tag, []).append(row)
    if not found:
        known = sorted({tag for row in whole.rows for tag in row.tags})
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        raise InputError(
            f"by_tag({slices.name!r}): no case has a tag {f'{slices.name}-...'!r}; "
            f"the tags are {', '.join(map(repr, known[:SHOWN])) or 'none'}{more}"
        )
    bare = msgspec.structs.replace(whole, baseline_classes=None, candidate_classes=None)
    return tuple(over(msgspec.structs.replace(bare, tag=tag), tuple(found[tag])) for tag in sorted(found))


def decide_slices(test_id: str, slices: Slices, gate: Gate) -> tuple[Verdict, ...]:
    """Judge each slice by the same gate: one verdict for each, in the order of the tags.

    Passing: every slice must pass on its own, which needs no correction: Berger (1982), Technometrics 24:295
    (intersection-union test). Failing: one of several slices falls by chance more easily than one gate does, so a drop
    or flips beyond the threshold are an alarm only where the one-sided p value of the drop, corrected by Holm (1979)
    over all slices, is at most 0.05; otherwise the slice is inconclusive. Floors are judged as everywhere.

    Raises:
        InputError: as ``slices_of`` and ``decide``.
    """
    parts = slices_of(slices)
    p_values = [_p_value(part) for part in parts]
    return tuple(
        decide(test_id, part, gate, Chance(p_value=p_value, corrected=corrected, slices=len(parts)))
        for part, p_value, corrected in zip(parts, p_values, stats.holm(p_values), strict=True)
    )


def slices_wording(slices: Slices, verdicts: Sequence[Verdict], report: str | None = None) -> str:
    """Return the verdicts as lines for the terminal: the outcomes counted, then every slice that did not pass."""
    counts = [(sum(verdict.outcome == one for verdict in verdicts), one) for one in OUTCOMES]
    outcomes = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
    lines = [f"{len(verdicts)} slices by {slices.name!r}: {outcomes}{_left_out(slices)}"]
    held = sorted((one for one in verdicts if one.outcome != "passed"), key=lambda one: OUTCOMES.index(one.outcome))
    lines += [wording(verdict, report if verdict is held[-1] else None) for verdict in held]
    return "\n".join(lines)


def _left_out(slices: Slices) -> str:
    rows = slices.comparison.rows
    without = sum(not any(_belongs(tag, slices.name) for tag in row.tags) for row in rows)
    if not without:
        return ""
    return f"; {without} of {len(rows)} cases {'is' if without == 1 else 'are'} in no slice"


def _p_value(part: Comparison) -> float:
    pairs = paired(part.rows)
    return stats.drop_p_value(pairs.differences, pairs.groups) if pairs.differences else 1.0


def _belongs(tag: str, name: str) -> bool:
    return tag.startswith(f"{name}-") and tag != f"{name}-"
