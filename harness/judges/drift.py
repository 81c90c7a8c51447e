"""Whether a judge is still the one that was checked: a few labels are judged again at each run, and compared.

A name can stand for another model tomorrow, at a hosted address or on a server that runs already. Weights that were
read on this machine can't change unseen: their digest is part of the judge's identity, so nothing is asked.
"""

from collections.abc import Sequence

from harness.judges.labels import Label
from harness.judges.readings import Reading, place_of
from harness.judges.sample import FIXED, evenly
from harness.records.judged import FixedVerdict, JudgeCheck
from harness.records.parties import TRUSTED, KnownBy
from harness.records.record import Record
from harness.stats.binomial import share_p_value
from harness.text.figures import count, percent

ALPHA = 0.05
"""How rarely chance may change so many verdicts, at the most noise that the check leaves possible."""


class Drift(Record, frozen=True, kw_only=True):
    """Whether a judge is still the one that was checked; both fields are empty where nothing speaks against it.

    ``changed`` says why it doesn't count as that one any more, ``unknown`` why nobody could tell.
    """

    changed: str = ""
    unknown: str = ""


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
    changed, known = _changed(check, now)
    if not _is_beyond_noise(check, changed, known) or check.repeated is None:
        return ""
    return (
        f"the judge has changed behind its name: {changed} of {known} answers get another verdict than when it was "
        f"checked, where at most {percent(1 - check.repeated.low)} would by chance; {_again(check)}"
    )


def drift_of(check: JudgeCheck, now: Sequence[Reading]) -> Drift:
    """Return what the fixed set says of a judge, given what it says of it now.

    A call that failed can hide a change or none. Where it matters which, nobody knows whether the judge has changed.
    """
    if check.repeated is None or not check.fixed or not now:
        kept = check.repeated is not None and check.fixed
        why = "the labels that it was checked with are not here" if kept else "its check kept no verdicts"
        return Drift(changed=f"another judge behind its name could not be noticed, since {why}; {_again(check)}")
    answered = [FixedVerdict(label=one.label.read, value=one.value) for one in now if not one.failed]
    if told := has_changed(check, answered):
        return Drift(changed=told)
    failed = [one for one in now if one.failed]
    changed, known = _changed(check, answered)
    if not failed or not _is_beyond_noise(check, changed + len(failed), known + len(failed)):
        return Drift()
    return Drift(
        unknown=f"{len(failed)} of {count(len(now), 'verdict')} could not be had, the first: {failed[0].reason}"
    )


def _again(check: JudgeCheck) -> str:
    return f"run: harness judge check {check.rubric}"


def _changed(check: JudgeCheck, now: Sequence[FixedVerdict]) -> tuple[int, int]:
    """Return how many verdicts have changed, and of how many that is known."""
    then, levels = {one.label: one.value for one in check.fixed}, len(check.levels)
    known = [(then[one.label], one.value) for one in now if one.label in then]
    return sum(_level(before, levels) != _level(after, levels) for before, after in known), len(known)


def _is_beyond_noise(check: JudgeCheck, changed: int, known: int) -> bool:
    if check.repeated is None or not changed:
        return False
    return 1 - share_p_value(changed - 1, known, 1 - check.repeated.low) <= ALPHA


def _level(value: float | None, levels: int) -> int | None:
    return None if value is None else place_of(value, levels)
