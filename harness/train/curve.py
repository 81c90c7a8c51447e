"""The course of a training, step by step, as it is kept beside the adapter: curve.json."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.models.adapter import CURVE
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.text.regular import read_regular
from harness.train.manifest import Manifest
from harness.train.stopping.log import gates_in

MEASURED = {
    "loss": "loss",
    "eval_loss": "validation_loss",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
}
"""What the trainer's log calls what a point has."""
DIGITS = 6
"""Significant ones that are kept of a figure."""


class Point(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What was measured after ``step`` steps of the optimizer; None is what was not measured there.

    Losses are in nats for each trained token. ``gates`` has, for each gate of a suite that was asked, what the gate is
    called and its score, from 0 to 1.
    """

    step: int
    loss: float | None = None
    validation_loss: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    gates: dict[str, float] = msgspec.field(default_factory=dict)


class Curve(Record, frozen=True, kw_only=True):
    """All points of a training, in the order of their steps, each step once; ``kept`` is the step that was kept."""

    name: str
    kept: int
    points: tuple[Point, ...]


def curve_of(name: str, kept: int, history: Sequence[Mapping[str, object]]) -> Curve:
    """Return the curve in a trainer's log, whose entries have a ``step`` and some of what ``MEASURED`` names.

    What is no finite number is left out. Where a step was logged twice, the later figure counts.
    """
    points: dict[int, Point] = {}
    for entry in history:
        step = entry.get("step")
        if not isinstance(step, int):
            continue
        figures = {ours: _finite(entry[theirs]) for theirs, ours in MEASURED.items() if theirs in entry}
        found = {name: value for name, value in figures.items() if value is not None}
        scored = {gate: _finite(score) for gate, score in gates_in(entry).items()}
        gates = {gate: score for gate, score in scored.items() if score is not None}
        if found or gates:
            point = points.get(step, Point(step=step))
            points[step] = msgspec.structs.replace(point, **found, gates=point.gates | gates)
    return Curve(name=name, kept=kept, points=tuple(points[step] for step in sorted(points)))


def curve_of_manifest(manifest: Manifest) -> Curve:
    """Return what the manifest of an adapter without a curve tells of its course: the losses alone."""
    history = [{"step": one.step, "loss": one.loss} for one in manifest.train_losses]
    history += [{"step": one.step, "eval_loss": one.loss} for one in manifest.validation_losses]
    return curve_of(manifest.name, manifest.step, history)


def write_curve(folder: Path, curve: Curve) -> None:
    """Write a curve into the folder of an adapter."""
    write_durably(folder / CURVE, msgspec.json.format(msgspec.json.encode(curve)) + b"\n")


def read_curve(folder: Path) -> Curve | None:
    """Return the curve in the folder of an adapter; None where there is none, or one that can't be read."""
    try:
        return msgspec.json.decode(read_regular(folder / CURVE), type=Curve)
    except (OSError, *UNREADABLE):
        return None


def _finite(value: object) -> float | None:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")
