"""What the page of a training's course shows, or of several trainings side by side: drawings, findings, settings."""

import math
from collections.abc import Sequence
from statistics import fmean

from harness.records.record import Record
from harness.report.drawing.course import (
    NARROW,
    SMALL,
    WIDE,
    Course,
    Line,
    Points,
    draw_course,
    smoothed,
    span_of,
)
from harness.report.view.facts import Pairs, readable
from harness.report.view.training import Training
from harness.text.figures import NOTHING, count
from harness.text.shown import fact
from harness.text.visible import hide_paths
from harness.train.curve import Curve, Point

WINDOW, SHARE = 5, 20
"""A loss is smoothed over a twentieth of the steps, and over five at least."""
MOST_GATES = 24
MOST_ROWS = 60
"""Validations in the table."""
LONGEST_NAME = 80


class Small(Record, frozen=True, kw_only=True):
    """A small drawing with its caption."""

    svg: str
    caption: str


class Shown(Record, frozen=True, kw_only=True):
    """One training, ready to print; ``rows`` are its validations, each with whether it is the one that was kept."""

    anchor: str
    name: str
    varied: str
    counts: Pairs
    wide: str
    narrow: str
    key: str
    small: tuple[Small, ...]
    more_gates: str
    findings: tuple[tuple[str, str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[bool, tuple[str, ...]], ...]
    more_rows: str
    facts: Pairs


class CurvePage(Record, frozen=True, kw_only=True):
    """All that the page prints."""

    headline: str
    next: str
    made: str
    trainings: tuple[Shown, ...]


def curve_page(trainings: Sequence[Training], made: str) -> CurvePage:
    """Return the page of trainings, at least one; drawings of several have the same axes."""
    spans = _Spans(trainings)
    several = len(trainings) > 1
    first = trainings[0].curve
    headline = (
        f"{count(len(trainings), 'training')}"
        if several
        else f"{_name(first)}: {count(_last(first), 'step')} of training"
    )
    return CurvePage(
        headline=headline,
        next=_next(trainings),
        made=readable(made),
        trainings=tuple(_shown(one, place, spans) for place, one in enumerate(trainings, 1)),
    )


class _Spans:
    """The axes that all trainings of a page share."""

    def __init__(self, trainings: Sequence[Training]) -> None:
        points = [point for one in trainings for point in one.curve.points]
        losses = [_of(one.curve.points, "loss") for one in trainings]
        whole = [value for one in losses for _, value in smoothed(one, _window(one))]
        whole += [point.validation_loss for point in points if point.validation_loss is not None]
        single = [value for one in losses for _, value in one]
        self.loss = span_of(whole, single)
        self.cut = sum(value > self.loss[1] for value in single)
        self.rate = max((point.learning_rate or 0.0 for point in points), default=0.0)
        limits = [one.limit for one in trainings if one.limit is not None]
        norms = [point.gradient_norm for point in points if point.gradient_norm is not None]
        self.norm = span_of([0.0], [*norms, *limits])
        self.steps = (0, max((point.step for point in points), default=1))


def _shown(training: Training, place: int, spans: _Spans) -> Shown:
    curve = training.curve
    course = _loss_course(training, spans)
    small, gates = _small(training, spans), _gates(curve)
    columns, rows = _table(curve, gates)
    more = len(gates) - MOST_GATES
    return Shown(
        anchor=f"training-{place}",
        name=_name(curve),
        varied=fact(training.varied, 400),
        counts=_counts(training),
        wide=draw_course(course, WIDE),
        narrow=draw_course(course, NARROW),
        key=_key(training, spans),
        small=small,
        more_gates=f"{count(more, 'more gate')} in curve.json." if more > 0 else "",
        findings=tuple(
            (f"step {one.step:,}" if one.step else "before the first step", _sentence(one.found), _sentence(one.remedy))
            for one in training.findings
        ),
        columns=columns,
        rows=rows[-MOST_ROWS:],
        more_rows=f"The last {MOST_ROWS} of {len(rows):,}; curve.json has all." if len(rows) > MOST_ROWS else "",
        facts=tuple((fact(name, LONGEST_NAME), fact(hide_paths(value), 400)) for name, value in training.facts),
    )


def _loss_course(training: Training, spans: _Spans) -> Course:
    points = training.curve.points
    losses, validated = _of(points, "loss"), _of(points, "validation_loss")
    lines = [Line(name="each step", points=losses, ink="edge", width=0.8)] if losses else []
    if len(losses) > 1:
        lines.append(Line(name="smoothed", points=smoothed(losses, _window(losses)), ink="measured", width=2))
    if validated:
        lines.append(Line(name="validation", points=validated, ink="failed", width=1.8, dashes="6 3", dots=True))
    return Course(
        label=f"Loss of {_name(training.curve)} over the steps; the table has the validations",
        lines=tuple(lines),
        span=spans.loss,
        steps=spans.steps,
        kept=training.curve.kept if points else None,
        found=tuple((one.step, f"{number}") for number, one in enumerate(training.findings, 1) if one.step),
    )


def _small(training: Training, spans: _Spans) -> tuple[Small, ...]:
    """Return the drawings of each gate's score, the learning rate and the gradient's norm, where they were measured."""
    curve, found = training.curve, []
    for gate in _gates(curve)[:MOST_GATES]:
        points = tuple((point.step, point.gates[gate]) for point in curve.points if gate in point.gates)
        line = Line(name="score", points=points, ink="measured", width=2, dots=True)
        best = max(value for _, value in points)
        found.append(_one(curve, f"Gate {fact(gate, 160)}: score, at best {best:.3f}", line, (0.0, 1.0), spans))
    rates, norms = _of(curve.points, "learning_rate"), _of(curve.points, "gradient_norm")
    if rates and spans.rate > 0:
        unit = 10.0 ** math.floor(math.log10(spans.rate))
        scaled = tuple((step, rate / unit) for step, rate in rates)
        line = Line(name="learning rate", points=scaled, ink="measured", width=2)
        found.append(_one(curve, f"Learning rate, in {unit:.0e}", line, (0.0, 1.06 * spans.rate / unit), spans))
    if norms:
        line = Line(name="gradient norm", points=norms, ink="measured", width=1.2)
        cut = "" if training.limit is None else f"; it is cut at max_grad_norm = {training.limit:g}, dashed"
        found.append(
            _one(curve, f"Norm of the gradient before it is cut{cut}", line, spans.norm, spans, training.limit)
        )
    return tuple(found)


def _one(  # noqa: PLR0913, PLR0917 - one drawing: what it is of, and its axes
    curve: Curve, caption: str, line: Line, span: tuple[float, float], spans: _Spans, limit: float | None = None
) -> Small:
    label = f"{caption}, of {_name(curve)} over the steps"
    kept = curve.kept if line.dots else None
    course = Course(label=label, lines=(line,), span=span, steps=spans.steps, kept=kept, limit=limit)
    return Small(svg=draw_course(course, SMALL), caption=caption)


def _table(curve: Curve, gates: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[bool, tuple[str, ...]], ...]]:
    """Return the validations: at each the smoothed loss, the validation loss, and each gate's score."""
    losses = _of(curve.points, "loss")
    smooth = dict(smoothed(losses, _window(losses)))
    rows = []
    for point in curve.points:
        if point.validation_loss is None and not point.gates:
            continue
        figures = (smooth.get(point.step), point.validation_loss, *(point.gates.get(gate) for gate in gates))
        shown = tuple(NOTHING if value is None else f"{value:.3f}" for value in figures)
        rows.append((point.step == curve.kept, (f"{point.step:,}", *shown)))
    names = ("Step", "Loss, smoothed", "Validation loss", *(fact(gate, LONGEST_NAME) for gate in gates))
    return names, tuple(rows)


def _counts(training: Training) -> Pairs:
    curve = training.curve
    losses, validated = _of(curve.points, "loss"), _of(curve.points, "validation_loss")
    best = min((value for _, value in validated), default=None)
    at_kept = [fmean(point.gates.values()) for point in curve.points if point.step == curve.kept and point.gates]
    found = [("steps", f"{_last(curve):,}"), ("kept", f"{curve.kept:,}")]
    found += [("last loss", f"{smoothed(losses, _window(losses))[-1][1]:.3f}")] if losses else []
    found += [("best validation loss", f"{best:.3f}")] if best is not None else []
    found += [("gates, mean", f"{at_kept[-1]:.3f}")] if at_kept else []
    return (*found, *([("findings", f"{len(training.findings):,}")] if training.is_watched else []))


def _key(training: Training, spans: _Spans) -> str:
    losses = _of(training.curve.points, "loss")
    told = ["In nats for each trained token."]
    if len(losses) > 1:
        told.append(f"Smoothed is the mean of the last {_window(losses)} steps.")
    if any(one.step for one in training.findings):
        told.append("Numbers at the steps are the findings below.")
    if spans.cut:
        told.append(f"Above the drawing, and so at its edge: {spans.cut:,} of the single losses.")
    return " ".join(told)


def _next(trainings: Sequence[Training]) -> str:
    """Say what matters first."""
    if len(trainings) > 1:
        found = [(value, one) for one in trainings for _, value in _of(one.curve.points, "validation_loss")]
        best = min(found, key=lambda pair: pair[0], default=None)
        told = f"The lowest validation loss is {best[0]:.3f}, of {_name(best[1].curve)}. " if best else ""
        return f"{told}A low loss proves little: let the gates choose."
    (training,) = trainings
    kept = f"The weights of step {training.curve.kept:,} are kept."
    if not training.is_watched:
        return f"{kept} The service trained it, and nobody watched its course here. So gate it."
    if not training.findings:
        return f"{kept} Nothing was found that is wrong with its course. A low loss proves little, so gate the adapter."
    return f"{kept} {count(len(training.findings), 'finding')}, each with what to do, below the drawing."


def _gates(curve: Curve) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gate for point in curve.points for gate in point.gates))


def _of(points: Sequence[Point], name: str) -> tuple[tuple[int, float], ...]:
    found = ((point.step, getattr(point, name)) for point in points)
    return tuple((step, value) for step, value in found if value is not None)


def _window(points: Points) -> int:
    return max(WINDOW, len(points) // SHARE)


def _last(curve: Curve) -> int:
    return max((point.step for point in curve.points), default=0)


def _name(curve: Curve) -> str:
    return fact(curve.name, LONGEST_NAME)


def _sentence(said: str) -> str:
    return f"{fact(said[:1].upper() + said[1:], 600)}."
