"""How long a training would take: a few of its own steps are run and timed, and thrown away."""

import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.data.checks.shape.advice import TrainingTime, training_time
from harness.data.row import DataRow
from harness.errors import DataError, TrainingError
from harness.models.quantization import refuse_training
from harness.records.asked import Rendering
from harness.train.answer_trainer import dataset_of, packed
from harness.train.config import TrainConfig
from harness.train.job import Job, Schedule, plan_steps
from harness.train.method import refuse_method, settled
from harness.train.quantized import load_template, quieten, this_device
from harness.train.sizes import batches_of
from harness.train.tokens import Template, TokenRow, encode
from harness.train.trainer import make_trainer

if TYPE_CHECKING:
    from transformers import TrainerCallback

STEPS = 5
"""Steps that are timed, after one that is not: the first one warms up."""
SETTINGS = Path("train.toml")
"""How messages call the file of the settings."""


class State(Protocol):
    """The part of the trainer's state that is looked at."""

    num_input_tokens_seen: int


def measure_pace(
    config: TrainConfig, rendering: Rendering, base: Path, rows: Sequence[DataRow], lengths: Sequence[int]
) -> TrainingTime:
    """Return how long a training on rows of these ``lengths`` in tokens takes, from a few steps on ``rows`` of them.

    Rows that can't be trained on are left out. Nothing is kept of the steps.

    Raises:
        InputError: the base model can't be trained.
        TrainingError: no row is left, or training can't start.
    """
    quieten()
    refuse_training(base)
    refuse_method(config, SETTINGS)
    config = settled(config, len(lengths))
    template = load_template(base, rendering)
    tokens = tuple(token for row in rows for token in _encoded(row, template, config))
    if not tokens:
        raise TrainingError("no row that was drawn can be trained on, so no step can be timed")
    device = this_device()
    schedule = plan_steps(config, _sequences(config, lengths))
    with tempfile.TemporaryDirectory() as work:
        job = Job(
            config=config,
            device=device,
            batches=batches_of(config, device, base),
            place=SETTINGS,
            base=base,
            train=tokens,
            validation=(),
            work=Path(work),
            rendering=rendering,
        )
        timed = _timed(job)
    return training_time(timed, schedule.steps, trained_tokens(config, lengths), device.name)


def trained_tokens(config: TrainConfig, lengths: Sequence[int]) -> int:
    """Return how many tokens a training reads of rows of these lengths: all epochs, within its budget."""
    whole = round(sum(lengths) * config.epochs)
    return min(whole, config.max_tokens) if config.max_tokens is not None else whole


def _encoded(row: DataRow, template: Template, config: TrainConfig) -> tuple[TokenRow, ...]:
    try:
        return encode([row], template, config.max_length, Path(row.file), config.loss_on)
    except DataError:
        return ()


def _sequences(config: TrainConfig, lengths: Sequence[int]) -> Sequence[int]:
    """Return the lengths of what a batch has: rows, or sequences that are filled with several of them."""
    if not config.packing:
        return lengths
    full, rest = divmod(sum(lengths), config.max_length)
    return [config.max_length] * full + [rest] * bool(rest)


def _timed(job: Job) -> list[tuple[float, int]]:
    """Run steps, and return the seconds and tokens of each but the first."""
    data = dataset_of(job.train)
    if job.config.packing:
        data = packed(data, job.config.max_length)
    trainer = make_trainer(job, Schedule(steps=STEPS + 1, every=STEPS + 1), (data, dataset_of(())))
    trainer.args.save_strategy = "no"
    stamps: list[tuple[float, int]] = []
    trainer.add_callback(_stamps(stamps))
    trainer.train()
    return [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(stamps)]


def _stamps(stamps: list[tuple[float, int]]) -> "TrainerCallback":
    """Return a callback of the trainer that notes when each step ended, and how many tokens were read by then."""
    from transformers import TrainerCallback

    class Stamps(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def on_step_end(self, _args: object, state: State, _control: object, **_: object) -> None:
            stamps.append((time.monotonic(), state.num_input_tokens_seen))

    return Stamps()
