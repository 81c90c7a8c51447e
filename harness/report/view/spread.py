"""How long both sides' answers are and what they took, as pictures and percentiles; and how well they knew."""

from collections.abc import Sequence

from harness.records.compared import Comparison
from harness.records.record import Record
from harness.report.drawing.spread import Reliability, draw_histograms, draw_reliability, in_order
from harness.report.evidence.evidence import Evidence
from harness.report.evidence.taken import Taken
from harness.stats.calibration import Calibration, calibration
from harness.stats.passfail import wilson_interval
from harness.stats.quantiles import quantile
from harness.text.figures import NOTHING, number

OF_LENGTHS = (0.1, 0.5, 0.9, 0.99)
OF_SECONDS = (0.5, 0.9, 0.95, 0.99)
FEWEST = 20
"""Answers of a side from which on its calibration is shown."""


class Spread(Record, frozen=True, kw_only=True):
    """One kind of figure: a drawing, and a row for each percentile with (value, interval) of both sides."""

    name: str
    svg: str
    answers: tuple[str, str]
    rows: tuple[tuple[str, tuple[tuple[str, str], tuple[str, str]]], ...]


class CalibrationRow(Record, frozen=True, kw_only=True):
    """One side's calibration in figures."""

    side: str
    answers: str
    confidence: str
    right: str
    error: str
    by_chance: str


class CalibrationView(Record, frozen=True, kw_only=True):
    """The calibration of one comparison: a drawing, and a row for each side."""

    svg: str
    rows: tuple[CalibrationRow, ...]


def spreads_of(evidence: Evidence) -> tuple[Spread, ...]:
    """Return the lengths of the answers, in tokens where both sides count them, and the seconds that they took."""
    before, now = evidence.taken["baseline"], evidence.taken["candidate"]
    spreads = [_lengths(before, now), _spread("Seconds an answer", "seconds", before.seconds, now.seconds, OF_SECONDS)]
    return tuple(spread for spread in spreads if spread)


def _lengths(before: Taken, now: Taken) -> Spread | None:
    if before.tokens and now.tokens:
        return _spread("Length of the answers", "tokens", before.tokens, now.tokens, OF_LENGTHS)
    return _spread("Length of the answers", "characters", before.characters, now.characters, OF_LENGTHS)


def _spread(
    name: str, unit: str, before: Sequence[float], now: Sequence[float], shares: Sequence[float]
) -> Spread | None:
    sides = in_order(before), in_order(now)
    if not all(sides):
        return None
    digits = 2 if unit == "seconds" else 0
    rows = [(f"{100 * share:g} % are at most" if share != 0.5 else "Median", share) for share in shares]
    return Spread(
        name=f"{name}, {unit}" if unit != "seconds" else name,
        svg=draw_histograms(*sides, unit, f"spread-{unit}"),
        answers=(f"{len(sides[0]):,}", f"{len(sides[1]):,}"),
        rows=tuple(
            (told, (_figures(sides[0], share, digits), _figures(sides[1], share, digits))) for told, share in rows
        ),
    )


def _figures(ordered: Sequence[float], share: float, digits: int) -> tuple[str, str]:
    found = quantile(ordered, share)
    if found is None:
        return NOTHING, "too few answers"
    low, high = (NOTHING if end is None else f"{end:,.{digits}f}" for end in (found.low, found.high))
    return f"{found.value:,.{digits}f}", f"{low} to {high}"


def calibration_of(comparison: Comparison, evidence: Evidence, name: str) -> CalibrationView | None:
    """Return how the confidence of the answers agrees with their scores; None where a side has too few of them.

    Of a slice nothing is shown: its answers are among those of the whole.
    """
    if comparison.tag or comparison.unit:
        return None
    sides = evidence.sure(comparison, "baseline"), evidence.sure(comparison, "candidate")
    if min(map(len, sides)) < FEWEST:
        return None
    found = [calibration(side) for side in sides]
    told = "; ".join(f"{side} {number(one.error)}" for side, one in zip(("baseline", "candidate"), found, strict=True))
    label = f"Share of right answers by confidence. Expected calibration error: {told}"
    return CalibrationView(
        svg=draw_reliability([_points(side, one) for side, one in enumerate(found)], name, label),
        rows=tuple(
            _row(side, len(answers), one)
            for side, answers, one in zip(("Baseline", "Candidate"), sides, found, strict=True)
        ),
    )


def _points(side: int, found: Calibration) -> Reliability:
    points = []
    for each in found.bins:
        low, high = wilson_interval(round(each.right * each.answers), each.answers)
        points.append((each.confidence, each.right, low, high))
    return Reliability(side=side, points=tuple(points))


def _row(side: str, answers: int, found: Calibration) -> CalibrationRow:
    return CalibrationRow(
        side=side,
        answers=f"{answers:,}",
        confidence=number(sum(one.answers * one.confidence for one in found.bins) / answers),
        right=number(sum(one.answers * one.right for one in found.bins) / answers),
        error=number(found.error),
        by_chance=number(found.by_chance),
    )
