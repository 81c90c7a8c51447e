"""The course of a training, step by step, as it is kept beside the adapter: curve.json."""

from pathlib import Path

import msgspec

from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably

CURVE = "curve.json"


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


def write_curve(folder: Path, curve: Curve) -> None:
    """Write a curve into the folder of an adapter."""
    write_durably(folder / CURVE, msgspec.json.format(msgspec.json.encode(curve)) + b"\n")


def read_curve(folder: Path) -> Curve | None:
    """Return the curve in the folder of an adapter; None where there is none, or one that can't be read."""
    try:
        return msgspec.json.decode((folder / CURVE).read_bytes(), type=Curve)
    except (OSError, *UNREADABLE):
        return None
