"""From figures to verdicts: each change for the worse is held against its margin, corrected for how many there are."""

from collections.abc import Sequence

import msgspec

from harness.drift.found import Asked, Figure, Question, worst
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.summed import Counted, Summary, averaged
from harness.stats.two_sample import Change, Drift, two_samples
from harness.text.figures import count, signed, signed_interval

Found = tuple[Figure, Change | None]
"""A figure, and how far it is from its reference; None where that can't be told."""


class Limits(Record, frozen=True, kw_only=True):
    """How far figures can be from their reference, and how rarely chance may say that one is further."""

    margin: float
    alpha: float
    seed: int = 0


def summary_of(values: Sequence[float]) -> Summary:
    """Return what is kept of at least one score in [0, 1]: counts where each is 0 or 1, else mean and spread."""
    if all(value in {0, 1} for value in values):
        return Counted(k=round(sum(values)), n=len(values))
    return averaged(values)


def question_of(name: Asked, found: Sequence[Found], limits: Limits) -> Question:
    """Return a question with its figures judged; one that was compared with nothing is too little to tell."""
    figures = judged(found, limits)
    verdicts = [one.verdict for one in figures if one.verdict]
    reasons = reasons_of(figures) if verdicts else ("there is nothing to compare with",)
    return Question(name=name, verdict=worst(verdicts), figures=figures, reasons=reasons)


def judged(found: Sequence[Found], limits: Limits) -> tuple[Figure, ...]:
    """Return figures with change, corrected p value (Holm) and verdict; one without a change is too little to tell.

    A judge's figure of which labels were asked is a drift where they name the adapter and it isn't steady, else never.
    """
    margins = [limits.margin if figure.margin is None else figure.margin for figure, _ in found]
    changes = {place: change for place, (_, change) in enumerate(found) if change is not None}
    drifts = two_samples(
        changes,
        {place: margins[place] for place in changes},
        limits.alpha,
        {place: found[place][0].worse for place in changes},
    )
    return tuple(
        _judged(msgspec.structs.replace(figure, margin=margins[place]), drifts.get(place))
        for place, (figure, _) in enumerate(found)
    )


def reasons_of(figures: Sequence[Figure]) -> tuple[str, ...]:
    """Return a line for each figure that drifted, and for each that has no value, such as a judge's that nobody trusts.

    Where none drifted there is a line for each that can't be told.
    """
    is_drift = any(one.verdict == "drifted" for one in figures)
    told = [
        one
        for one in figures
        if one.verdict == "drifted" or (one.verdict == "too little to tell" and not (is_drift and one.change))
    ]
    told.sort(key=lambda one: one.verdict != "drifted")
    return tuple(f"{one.name} ({one.against}): {one.reason or one.verdict}" for one in told)


def _judged(figure: Figure, drift: Drift | None) -> Figure:
    if drift is None:
        return msgspec.structs.replace(figure, verdict="too little to tell")
    seen, verdict = drift.change.estimate, drift.verdict
    told = {
        "drifted": f"{_told(seen)}, beyond {drift.margin:g}",
        "too little to tell": f"{_told(seen)} of {count(seen.n, 'request')}, where {drift.margin:g} is allowed",
    }
    reason = told.get(verdict, "")
    if figure.is_adapter and verdict != "steady":
        verdict, reason = "drifted", figure.reason
    elif figure.is_adapter is False and verdict == "drifted":
        verdict, reason = "too little to tell", f"{reason}, and it can be the judge that moved. {figure.reason}"
    return msgspec.structs.replace(figure, change=seen, p_value=drift.p_value, verdict=verdict, reason=reason)


def _told(change: Estimate) -> str:
    return f"{signed(change.mean)} ({signed_interval(change)})"
