"""A job's course for curve.json: from its events, its checkpoints, and the table of metrics among its result files."""

import base64
import binascii
import csv
import io
import math
from collections.abc import Iterable, Mapping

import msgspec

from harness.train.curve import Curve, Point
from harness.train.hosted.api import steps_told
from harness.train.hosted.seen import Event, Kept

FIELDS = {
    "loss": ("train_loss", "loss"),
    "validation_loss": ("full_valid_loss", "valid_loss", "validation_loss", "eval_loss"),
    "learning_rate": ("learning_rate", "lr"),
    "gradient_norm": ("grad_norm", "gradient_norm"),
}
"""What services call what a point has; the first that is there counts."""
MOST_STEPS = 1_000_000


def curve_of(name: str, events: list[Event], kept: list[Kept], tables: Iterable[bytes]) -> Curve | None:
    """Return the course of a job; None where nothing tells of a step. What a later source tells of a step counts."""
    steps: dict[int, dict[str, float]] = {}
    of_checkpoints = ({**(one.metrics or {}), "step": one.step_number} for one in kept)
    for told in (*steps_told(events), *of_checkpoints, *(row for table in tables for row in _rows(table))):
        step = _number(told.get("step"))
        if step is None or not 0 <= step <= MOST_STEPS:
            continue
        steps.setdefault(int(step), {}).update(_figures(told))
    told_of = [(step, figures) for step, figures in sorted(steps.items()) if figures]
    points = tuple(msgspec.structs.replace(Point(step=step), **figures) for step, figures in told_of)
    if not points:
        return None
    last = max((one.step_number or 0 for one in kept), default=0)
    return Curve(name=name, kept=last or points[-1].step, points=points)


def _figures(told: Mapping[str, object]) -> dict[str, float]:
    found = {}
    for field, names in FIELDS.items():
        values = [value for name in names if (value := _number(told.get(name))) is not None]
        if values:
            found[field] = values[0]
    return found


def _rows(table: bytes) -> list[dict[str, object]]:
    """Return the rows of a CSV table with a column of steps, which OpenAI sends in base64; none of anything else."""
    text = table.decode(errors="replace")
    if not _is_table(text):
        try:
            text = base64.b64decode(table, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return []
    try:
        return list(csv.DictReader(io.StringIO(text))) if _is_table(text) else []
    except csv.Error:
        return []


def _is_table(text: str) -> bool:
    return "step" in [name.strip() for name in text.partition("\n")[0].split(",")]


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
