"""From figures to verdicts: each change for the worse is held against its margin, corrected for how many there are."""

from collections.abc import Sequence

import msgspec

from harness.drift.found import Asked, Figure, Question, Verdict, Worse, worst
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.corrections import holm
from harness.stats.summed import Counted, Summary, averaged
from harness.stats.two_sample import Change
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
    """Return figures with change, corrected p value (Holm) and verdict; one without a change is too little to tell."""
    raw = {place: p_value_of(change, figure.worse) for place, (figure, change) in enumerate(found) if change}
    p_values = dict(zip(raw, holm(list(raw.values())), strict=True)) if raw else {}
    return tuple(
        _judged(figure, change, p_values.get(place, 1.0), limits) for place, (figure, change) in enumerate(found)
    )


def p_value_of(change: Change, worse: Worse) -> float:
    """Return the p value of no change for the worse."""
    one_sided = {"higher": change.higher_p, "lower": change.lower_p, "either": None}[worse]
    return change.p_value if one_sided is None else one_sided


def worsening(change: Change, worse: Worse) -> tuple[float, float]:
    """Return the ends of the interval of how much worse it is; of either way, those of the way that it went."""
    low, high = change.estimate.low - change.same, change.estimate.high - change.same
    falls = worse == "lower" or (worse == "either" and low + high < 0)
    return (-high, -low) if falls else (low, high)


def reasons_of(figures: Sequence[Figure]) -> tuple[str, ...]:
    """Return a line for each figure that drifted, or, where none did, for each that can't be told."""
    for verdict in ("drifted", "too little to tell"):
        lines = [f"{one.name} ({one.against}): {one.reason or verdict}" for one in figures if one.verdict == verdict]
        if lines:
            return tuple(lines)
    return ()


def _judged(figure: Figure, change: Change | None, p_value: float, limits: Limits) -> Figure:
    margin = limits.margin if figure.margin is None else figure.margin
    if change is None:
        return msgspec.structs.replace(figure, verdict="too little to tell", margin=margin)
    low, high = worsening(change, figure.worse)
    both = figure.worse != "either" or -margin <= low
    verdict: Verdict = "too little to tell"
    if high <= margin and both:
        verdict = "steady"
    elif low > margin and p_value <= limits.alpha:
        verdict = "drifted"
    seen = change.estimate
    told = {
        "drifted": f"{_told(seen)}, beyond {margin:g}",
        "too little to tell": f"{_told(seen)} of {count(seen.n, 'request')}, where {margin:g} is allowed",
    }
    return msgspec.structs.replace(
        figure,
        change=seen,
        p_value=p_value,
        verdict=verdict,
        margin=margin,
        reason=told.get(verdict, figure.reason),
    )


def _told(change: Estimate) -> str:
    return f"{signed(change.mean)} ({signed_interval(change)})"
