"""From figures to verdicts: each is held against its margin, corrected for how many there are."""

from collections.abc import Sequence

import msgspec

from harness.drift.found import Asked, Figure, Question, Verdict, worst
from harness.drift.unpaired import At, beyond_p_value, verdict_of
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.corrections import holm
from harness.text.figures import count, signed, signed_interval

Found = tuple[Figure, At | None]
"""A figure, and how far it is from its reference; None where that can't be told."""


class Limits(Record, frozen=True, kw_only=True):
    """How far figures can be from their reference, and how rarely chance may say that one is further."""

    margin: float
    alpha: float
    seed: int = 0


def question_of(name: Asked, found: Sequence[Found], limits: Limits) -> Question:
    """Return a question with its figures judged; one that was compared with nothing is too little to tell."""
    figures = judged(found, limits)
    verdicts = [one.verdict for one in figures if one.verdict]
    reasons = reasons_of(figures) if verdicts else ("there is nothing to compare with",)
    return Question(name=name, verdict=worst(verdicts), figures=figures, reasons=reasons)


def judged(found: Sequence[Found], limits: Limits) -> tuple[Figure, ...]:
    """Return figures with change, corrected p value (Holm) and verdict; one without a change is too little to tell."""
    raw = {
        place: beyond_p_value(change, _margin(figure, limits), figure.worse)
        for place, (figure, change) in enumerate(found)
        if change is not None
    }
    p_values = dict(zip(raw, holm(list(raw.values())), strict=True)) if raw else {}
    return tuple(_judged(figure, change, p_values.get(place), limits) for place, (figure, change) in enumerate(found))


def reasons_of(figures: Sequence[Figure]) -> tuple[str, ...]:
    """Return a line for each figure that drifted, or, where none did, for each that can't be told."""
    for verdict in ("drifted", "too little to tell"):
        lines = [f"{one.name} ({one.against}): {one.reason or verdict}" for one in figures if one.verdict == verdict]
        if lines:
            return tuple(lines)
    return ()


def _margin(figure: Figure, limits: Limits) -> float:
    return limits.margin if figure.margin is None else figure.margin


def _judged(figure: Figure, change: At | None, p_value: float | None, limits: Limits) -> Figure:
    if change is None or p_value is None:
        return msgspec.structs.replace(figure, verdict="too little to tell", margin=_margin(figure, limits))
    margin, at_95 = _margin(figure, limits), change(0.95)
    verdict: Verdict = verdict_of(at_95, margin, p_value, limits.alpha, figure.worse)
    reason = figure.reason
    if verdict == "drifted":
        reason = f"{_told(at_95)}, beyond {margin:g}"
    elif verdict == "too little to tell":
        reason = f"{_told(at_95)} of {count(at_95.n, 'request')}, where {margin:g} is allowed"
    return msgspec.structs.replace(figure, change=at_95, p_value=p_value, verdict=verdict, margin=margin, reason=reason)


def _told(change: Estimate) -> str:
    return f"{signed(change.mean)} ({signed_interval(change)})"
