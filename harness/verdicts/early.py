"""Whether a gate is decided before all its cases are asked, however often one looks; see docs/until-decided.md.

What was asked is a random sample of all cases, so it limits what they would say. A gate is decided early where it would
be the same at the worst, or at the best, that all its cases can be; each way it is wrong at most once in 40 times.
"""

import math
from collections.abc import Iterator, Mapping

from harness import stats
from harness.records.compared import Comparison, Finding, Gate, Slices, Verdict
from harness.text.visible import for_terminal
from harness.verdicts.compare import paired
from harness.verdicts.early_drop import drop_early
from harness.verdicts.early_flips import flips_early
from harness.verdicts.early_means import floor_early, lower_bound_early
from harness.verdicts.early_part import Part
from harness.verdicts.early_wording import decided_early
from harness.verdicts.gate import decide
from harness.verdicts.slices import slices_of
from harness.verdicts.thresholds import check_gate

ERROR = 0.025
"""How often a gate is decided early one way where all its cases would not have decided it so; at most."""

looks = stats.looks
"""After how many cases a gate can be decided by chance; batches that end there lose nothing."""


def decide_early(test_id: str, comparison: Comparison, gate: Gate, *, of: int) -> Verdict | None:
    """Return the verdict that a gate would have on all ``of`` cases as far as those asked show it; None to ask on.

    ``comparison`` holds the cases asked so far, its rows in the order of asking: a random order of all cases, fixed
    before the first was asked. ``again`` is filled in as for ``decide``. It can be called as often as one likes. With
    all cases asked the verdict is that of ``decide``, and this is None.

    None also where a threshold asks all of its cases: ``ceiling`` and ``max_rise``, figures of all answers, judged
    scores that labels correct, a pass by ``max_drop`` or ``lower_bound`` of cases in groups or under a guarantee, and
    while more cases come without a score than ``max_unscored`` allows to all.

    Raises:
        InputError: as ``decide``.
    """
    check_gate(gate, comparison)
    if len(comparison.rows) >= of or _asks_all(comparison, gate, of):
        return None
    part = _part(comparison, gate, of)
    found = [] if part is None else list(_findings(comparison, gate, part))
    failed = [one for one in found if one is not None and one[0] == "failed"]
    if not failed and not (found and all(found)):
        return None
    said = failed or [one for one in found if one is not None]
    counted = len(comparison.rows), of
    return Verdict(
        test_id=test_id,
        comparison=comparison,
        gate=gate,
        outcome="failed" if failed else "passed",
        reasons=tuple(for_terminal(decided_early(reason, *counted), None) for _, reason in said),
    )


def decide_slices_early(
    test_id: str, slices: Slices, gate: Gate, *, of: Mapping[str, int]
) -> tuple[Verdict, ...] | None:
    """Return the verdicts of slices as ``decide_slices`` does where each has passed, early or as a whole; else None.

    ``of`` says how many cases each tag has in all. Passing needs no correction: where the whole gate would not pass,
    one of its slices would not (Berger 1982). A slice that fails does so only beside all others, so they are all asked.

    Raises:
        InputError: as ``decide_slices``.
    """
    verdicts = []
    for part in slices_of(slices):
        whole = len(part.rows) >= of[part.tag]
        verdict = decide(test_id, part, gate) if whole else decide_early(test_id, part, gate, of=of[part.tag])
        if verdict is None or verdict.outcome != "passed":
            return None
        verdicts.append(verdict)
    return tuple(verdicts) if len(verdicts) == len(of) else None


def _asks_all(comparison: Comparison, gate: Gate, of: int) -> bool:
    """Tell whether nothing of this kind is decided early: its figure is no mean, or scores are missing too often."""
    judged = comparison.judged is not None and any(row.label is not None for row in comparison.rows)
    too_often = len(comparison.unscored) * of > gate.max_unscored * len(comparison.rows)
    return bool(comparison.unit) or comparison.figure is not None or judged or too_often


def _part(comparison: Comparison, gate: Gate, of: int) -> Part | None:
    """Return what is known of the asked cases; None where none is scored, or a score is not a number."""
    rows, unscored = comparison.rows, len(comparison.unscored)
    pairs = paired(rows)
    if not pairs.groups or not math.isfinite(math.fsum(pairs.baseline) + math.fsum(pairs.candidate)):
        return None
    look = max((one for one in stats.looks(of) if one <= len(rows)), default=0)
    scored_at_look = look - sum(bool(row.unscored) for row in rows[:look]) if unscored else look
    thresholds = sum(one is not None for one in (gate.floor, gate.lower_bound, gate.max_drop, gate.max_flips))
    error = ERROR / thresholds
    return Part(
        pairs=pairs,
        grouped=comparison.groups_left or any(group is not None for group in pairs.groups),
        of=of - unscored,
        look=scored_at_look,
        pass_errors=stats.errors_at_looks(of, ERROR) if look else math.inf,
        fail_errors=stats.errors_at_looks(of, error) if look else math.inf,
        pass_error=ERROR,
        fail_error=error,
    )


def _findings(comparison: Comparison, gate: Gate, part: Part) -> Iterator[Finding | None]:
    """Yield what each threshold finds; None where it is not decided."""
    if gate.floor is not None:
        yield floor_early(part, gate.floor)
    if gate.lower_bound is not None:
        yield lower_bound_early(part, gate)
    if gate.max_drop is not None:
        yield drop_early(part, gate)
    if gate.max_flips is not None:
        yield flips_early(comparison, part, gate.max_flips)
