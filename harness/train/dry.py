"""``harness train --dry-run``: what would be trained, and about what it takes; no weights are read.

Memory is a formula (memory.py), and time an estimate (duration.py).
"""

from collections import Counter
from pathlib import Path

import msgspec

from harness.records.record import Record
from harness.train.answer_trainer import lengths_of
from harness.train.config import TrainConfig
from harness.train.duration import Time, ToRead, estimated_time
from harness.train.findings import Finding
from harness.train.job import Job, Schedule, epochs_of, plan_steps
from harness.train.memory import Memory, Shape, estimate, longest_batch, of_each
from harness.train.plan import Rows
from harness.train.several.told import told_rows
from harness.train.spread import ONE, Spread
from harness.train.tokens import TokenRow

LONGEST = 3
"""How many of the longest rows are named."""


class LongRow(Record, frozen=True, kw_only=True):
    """One of the longest rows, in tokens."""

    place: str
    tokens: int


class DryRun(Record, frozen=True, kw_only=True):
    """What would be trained. ``tokens`` are read in one epoch, the loss is on ``trained`` of them.

    ``memory`` is that of each process of the ``spread``.
    """

    files: dict[str, int]
    validation: int
    roles: dict[str, int]
    with_tools: int
    several_turns: int
    tokens: int
    trained: int
    longest: tuple[LongRow, ...]
    schedule: Schedule
    epochs: float
    config: TrainConfig
    shape: Shape
    batches: str
    device: str
    memory: Memory
    time: Time
    stopped_by: str
    """By which cases the checkpoint is chosen; empty where the loss chooses."""
    findings: tuple[Finding, ...]
    spread: Spread = ONE


def dry_run(rows: Rows, job: Job, shape: Shape, findings: tuple[Finding, ...], output: Path) -> DryRun:
    """Return what a job would train; ``output`` is where its result would be, beside earlier ones."""
    config = job.config
    lengths = [len(row.input_ids) for row in rows.train]
    sequences = lengths_of(rows.train, config)
    processes = job.spread.processes
    schedule = plan_steps(config, sequences, processes)
    epochs = epochs_of(config, schedule.steps, len(sequences), processes)
    written = zip(rows.written, lengths, strict=True)
    longest = sorted(written, key=lambda pair: -pair[1])[:LONGEST]
    batch = (
        config.max_length * config.rows_per_batch if config.packing else longest_batch(lengths, config.rows_per_batch)
    )
    to_read = ToRead(tokens=sum(lengths) * epochs, batches=schedule.steps * config.gradient_accumulation)
    width = 4 if job.device.dtype == "float32" or config.method == "full" else 2
    return DryRun(
        files={file.name: file.rows for file in rows.files},
        validation=len(rows.validation),
        roles=dict(Counter(message.role for row in rows.written for message in row.messages)),
        with_tools=sum(bool(row.tools) for row in rows.written),
        several_turns=sum(sum(message.role == "assistant" for message in row.messages) > 1 for row in rows.written),
        tokens=sum(lengths),
        trained=sum(row.trained for row in rows.train),
        longest=tuple(LongRow(place=row.place, tokens=tokens) for row, tokens in longest),
        schedule=schedule,
        epochs=epochs,
        config=config,
        shape=shape,
        batches=job.batches.told,
        device=job.device.name,
        memory=of_each(estimate(shape, config, batch, _most_trained(rows.train, config), width), job.spread),
        time=estimated_time(job, shape, to_read, output),
        stopped_by=job.stop.told if job.stop else "",
        findings=findings,
        spread=job.spread,
    )


def _most_trained(rows: tuple[TokenRow, ...], config: TrainConfig) -> int:
    """Return the tokens with a loss in the batch with the most of them."""
    most = sorted((row.trained for row in rows), reverse=True)[: config.rows_per_batch]
    return sum(most)


def lines_of(run: DryRun) -> list[str]:
    """Return a dry run in words."""
    from harness.text.figures import count
    from harness.train.memory import gib

    config, shape = run.config, run.shape
    files = ", ".join(f"{name} {rows:,}" for name, rows in run.files.items())
    roles = ", ".join(f"{role} {number:,}" for role, number in run.roles.items())
    rank = "" if config.method == "full" else f", rank {config.lora_rank}, alpha {config.lora_alpha}"
    longest = "; ".join(f"{row.place} has {row.tokens:,}" for row in run.longest)
    memory = run.memory
    parts = {"weights": memory.weights, "what is trained": memory.trained, "activations": memory.activations}
    parts["logits"] = memory.logits
    lines = [
        f"rows        {sum(run.files.values()):,} ({files}); {run.validation:,} for validation",
        f"messages    {roles}; {count(run.with_tools, 'row')} with tools, {run.several_turns:,} with several answers",
        f"tokens      {run.tokens:,} per epoch, {run.trained:,} of them trained on (loss_on = {config.loss_on})",
        f"longest     {longest}; the limit is {config.max_length:,}",
        f"steps       {run.schedule.steps:,} ({run.epochs:.2f} epochs), validated every {run.schedule.every:,}",
        f"trained     {shape.trainable:,} of {shape.weights:,} weights ({config.method}{rank})",
        f"batches     {run.batches}, on {run.device}",
        *([] if run.spread == ONE else [f"processes   {told_rows(config, run.spread)}"]),
        f"memory      about {gib(memory.total)}{'' if run.spread == ONE else ' in each'} by a formula: "
        + ", ".join(f"{name} {gib(size)}" for name, size in parts.items()),
        f"time        about {run.time.told} minutes, by {run.time.by}",
    ]
    lines += [f"stopping    {run.stopped_by}"] if run.stopped_by else []
    return [*lines, *(f"finding     {finding.told}" for finding in run.findings)]


def as_json(run: DryRun) -> object:
    """Return a dry run for machines."""
    return msgspec.to_builtins(run)
