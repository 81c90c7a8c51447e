"""One gate over earlier runs: a small line, and the same in a table."""

import math
from collections.abc import Sequence

from harness.records.compared import Outcome
from harness.records.record import Record
from harness.report.drawing.plots import draw_spark
from harness.report.view.facts import readable
from harness.runs.history import Point
from harness.runs.renewed import Renewed
from harness.text.figures import changed, count, measured
from harness.text.shown import fact

RUNS_DRAWN = 30
RUNS_LISTED = 10


class TrendRow(Record, frozen=True, kw_only=True):
    """One run of a trend."""

    run: str
    time: str
    candidate: str
    mean: str
    difference: str
    outcome: Outcome


class Trend(Record, frozen=True, kw_only=True):
    """A gate's candidates over the runs: an SVG element, a sentence, and the last runs, the latest first."""

    svg: str
    sentence: str
    figure: str
    rows: tuple[TrendRow, ...]


def trend_of(points: Sequence[Point], name: str) -> Trend | None:
    """Return the trend of a gate, oldest point first; None with fewer than two runs to show."""
    by_run = {point.run: point for point in points if point.mean is not None and math.isfinite(point.mean)}
    seen = list(by_run.values())[-RUNS_DRAWN:]
    values = [point.mean for point in seen if point.mean is not None]
    if len(values) < 2:
        return None
    last, unit = seen[-1], seen[-1].unit
    figure = last.figure or "mean"
    sentence = (
        f"Candidate\N{RIGHT SINGLE QUOTATION MARK}s {figure} in {len(values)} runs: from {measured(values[0], unit)} "
        f"to {measured(values[-1], unit)}, lowest {measured(min(values), unit)}, "
        f"highest {measured(max(values), unit)}"
    )
    return Trend(
        svg=draw_spark(values, last.outcome, name, sentence),
        sentence=sentence,
        figure=figure[:1].upper() + figure[1:],
        rows=tuple(_row(point) for point in reversed(seen[-RUNS_LISTED:])),
    )


def renewed_sentence(one: Renewed) -> str:
    """Say how much of a change since an earlier run comes from its cases, and whether the model is another one too."""
    given = one.on_shared
    asked_with = f" Also different: {', '.join(one.otherwise)}." if one.otherwise else ""
    return (
        f"The cases are not those of run {one.run}: {count(one.new, 'new case')}, {one.gone:,} gone, {one.shared:,} "
        f"unchanged. {_models(one)}{asked_with} The candidate\N{RIGHT SINGLE QUOTATION MARK}s mean went from "
        f"{measured(one.before, '')} to {measured(one.now, '')}. On the unchanged cases it changed by "
        f"{changed(given.mean, '')} [{changed(given.low, '')}, {changed(given.high, '')}]; the other "
        f"{changed(one.of_cases, '')} comes from the cases"
    )


def _models(one: Renewed) -> str:
    if not one.earlier_candidate:
        return "The candidate was the same model."
    if one.earlier_candidate == one.candidate:
        return "The candidate had the same name there, but other weights."
    return f"The candidate was another one there: {fact(one.earlier_candidate, 80)}."


def _row(point: Point) -> TrendRow:
    return TrendRow(
        run=f"{point.number}" if point.number else fact(point.run, 40),
        time=readable(point.time),
        candidate=fact(point.candidate, 80),
        mean=measured(point.mean, point.unit),
        difference=changed(point.delta, point.unit),
        outcome=point.outcome,
    )
