"""Whether a judge is still the one that was checked: a few labels are judged again at each run, and compared.

A name can stand for another model tomorrow, at a hosted address or on a server that runs already. Weights that were
read on this machine can't change unseen: their digest is part of the judge's identity, so nothing is asked.
"""

from collections.abc import Sequence

from harness.judges.labels import Label
from harness.judges.readings import Reading, place_of
from harness.judges.sample import FIXED, evenly
from harness.records.judged import FixedVerdict, JudgeCheck
from harness.records.saved import TRUSTED, KnownBy
from harness.stats.binomial import share_p_value
from harness.text.figures import percent

ALPHA = 0.05
"""How rarely chance may change so many verdicts, at the most noise that the check leaves possible."""


def may_change(known_by: KnownBy) -> bool:
    """Tell whether a judge can become another model under the same name, given what shows which model answers."""
    return known_by in TRUSTED


def fixed_verdicts(readings: Sequence[Reading]) -> tuple[FixedVerdict, ...]:
    """Return the verdicts of a check that runs ask for again; what can't be read is one too, a failed call is none."""
    said = {one.label.read: one for one in readings if not one.failed}
    chosen = evenly([one.label for one in said.values()], FIXED)
    return tuple(FixedVerdict(label=label.read, value=said[label.read].value) for label in chosen)


def labels_to_ask(check: JudgeCheck, labels: Sequence[Label]) -> tuple[Label, ...]:
    """Return the labels that the judge of a check is asked about again; those taken out of the file since are not."""
    fixed = {one.label for one in check.fixed}
    return tuple(label for label in labels if label.read in fixed)


def has_changed(check: JudgeCheck, now: Sequence[FixedVerdict]) -> str:
    """Return why the judge is not the one any more that was checked; "" where nothing speaks against it.

    A verdict has changed if its level has, or if it can be read in one of the two alone. The exact binomial
    probability of as many changes or more is held against ``ALPHA``, each with the upper end of the interval of the
    check's own share of answers that did not get the same verdict each time. So a run takes the same judge for another
    one in at most .31 % (one of 320), at any noise up to 30 %; a judge without noise that becomes one which gives 40 %
    of the answers another level is noticed in 95 % of runs, with 50 % in 99 % (40 repeated in the check, 20 asked now).

    Without a measure of repetition, or without a verdict in common, nothing is told.
    """
    then = {one.label: one.value for one in check.fixed}
    known = [(then[one.label], one.value) for one in now if one.label in then]
    if check.repeated is None or not known:
        return ""
    levels = len(check.levels)
    changed = sum(_level(before, levels) != _level(after, levels) for before, after in known)
    noise = 1 - check.repeated.low
    if not changed or 1 - share_p_value(changed - 1, len(known), noise) > ALPHA:
        return ""
    return (
        f"the judge has changed behind its name: {changed} of {len(known)} answers get another verdict than when it "
        f"was checked, where at most {percent(noise)} would by chance; run: harness judge check {check.rubric}"
    )


def _level(value: float | None, levels: int) -> int | None:
    return None if value is None else place_of(value, levels)
