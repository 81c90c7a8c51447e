"""What is to be trained, in how many steps, and what came of it."""

import math
from collections.abc import Sequence
from pathlib import Path

from harness.records.asked import AS_IS, Rendering
from harness.records.record import Record
from harness.train.attention import Batches
from harness.train.config import TrainConfig
from harness.train.findings import Course, Finding
from harness.train.manifest import GateScores, Loss
from harness.train.quantized import TrainingDevice
from harness.train.resume import Resumed
from harness.train.spread import ONE, Spread
from harness.train.stopping.log import BEST_BY
from harness.train.stopping.part import StopPart
from harness.train.tokens import TokenRow


class Trained(Record, frozen=True, kw_only=True):
    """What a training did. ``step`` is the one whose weights were kept."""

    step: int
    steps: int
    tokens: int
    seconds: float
    train_losses: tuple[Loss, ...]
    validation_losses: tuple[Loss, ...]
    gate_scores: tuple[GateScores, ...] = ()
    padding: float | None
    findings: tuple[Finding, ...]


class Job(Record, frozen=True, kw_only=True):
    """All that a trainer needs; ``work`` is its folder for everything, ``place`` the file of the settings."""

    config: TrainConfig
    device: TrainingDevice
    batches: Batches
    place: Path
    base: Path
    train: tuple[TokenRow, ...]
    validation: tuple[TokenRow, ...]
    work: Path
    rendering: Rendering = AS_IS
    stop: StopPart | None = None
    """By what the checkpoint is chosen in place of the validation loss."""
    spread: Spread = ONE
    start: Resumed | None = None
    """Where an earlier training stopped, and this one goes on."""

    @property
    def best_by(self) -> str | None:
        """The key of the log by which the best checkpoint is found; None where the last one is kept."""
        return BEST_BY if self.stop is not None else "eval_loss" if self.validation else None


class Schedule(Record, frozen=True, kw_only=True):
    """How many steps of the optimizer a training has, and after how many it validates and keeps a checkpoint."""

    steps: int
    every: int


def plan_steps(config: TrainConfig, lengths: Sequence[int], processes: int = 1) -> Schedule:
    """Return the schedule for sequences of these lengths in tokens, within the budget ``max_tokens``."""
    per_epoch = steps_per_epoch(config, len(lengths), processes)
    steps = math.ceil(config.epochs * per_epoch)
    if config.max_tokens is not None:
        steps = min(steps, int(config.max_tokens / sum(lengths) * per_epoch))
    steps = max(steps, 1)
    return Schedule(steps=steps, every=math.ceil(steps / config.validations))


def epochs_of(config: TrainConfig, steps: int, sequences: int, processes: int = 1) -> float:
    """Return how often so many steps see each row; the last step of an epoch may have fewer rows than others.

    >>> epochs_of(TrainConfig(output="a", train=("b",), rows_per_batch=8, gradient_accumulation=1), 10, 13)
    5.0
    """
    return steps / steps_per_epoch(config, sequences, processes)


def steps_per_epoch(config: TrainConfig, sequences: int, processes: int = 1) -> int:
    """Return after how many steps every row, or packed sequence, was seen once.

    >>> config = TrainConfig(output="a", train=("b",), rows_per_batch=8, gradient_accumulation=2)
    >>> steps_per_epoch(config, 64), steps_per_epoch(config, 64, processes=4)
    (4, 1)
    """
    return math.ceil(math.ceil(sequences / (config.rows_per_batch * processes)) / config.gradient_accumulation)


def rows_per_step(config: TrainConfig, processes: int = 1) -> int:
    """Return how many rows, or packed sequences, a step of the optimizer has in all processes together."""
    return config.rows_per_batch * config.gradient_accumulation * processes


def course_of(job: Job, sequences: int) -> Course:
    """Return what the log of a job is judged by."""
    return Course(
        steps_per_epoch=steps_per_epoch(job.config, sequences, job.spread.processes),
        learning_rate=job.config.learning_rate,
        max_grad_norm=job.config.max_grad_norm,
        halves=job.device.dtype == "float16",
    )
