"""``harness train --dry-run``: what would be trained, and about what it takes; no weights are read.

Memory is a formula (memory.py). Time is that of an earlier training of the same kind, where its manifest is beside;
else the number of operations (Kaplan et al. 2020, arXiv:2001.08361: 2 for each weight and token forwards, twice that
backwards, a third less where the weights stay) at a share of what this machine multiplies matrices with.
"""

import time
from collections import Counter
from pathlib import Path

import msgspec

from harness.records.record import Record
from harness.train.answer_trainer import lengths_of
from harness.train.config import TrainConfig
from harness.train.findings import Finding
from harness.train.job import Job, Schedule, epochs_of, plan_steps
from harness.train.manifest import Manifest, read_manifest
from harness.train.memory import Memory, Shape, estimate, longest_batch, of_each
from harness.train.plan import Rows
from harness.train.several.told import told_rows
from harness.train.spread import ONE, Spread
from harness.train.tokens import TokenRow

LONGEST = 3
"""How many of the longest rows are named."""
USED = {"cpu": 0.5, "cuda": 0.35}
"""Share of a machine's multiplications that a training makes use of; a rule of thumb."""
SIDE = 512
"""Of the matrices that are multiplied to see how fast the machine is."""


class LongRow(Record, frozen=True, kw_only=True):
    """One of the longest rows, in tokens."""

    place: str
    tokens: int


class Time(Record, frozen=True, kw_only=True):
    """About how long a training takes, and how that was estimated."""

    seconds: float
    by: str


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
        time=estimated_time(job, shape, sum(lengths) * epochs, output),
        stopped_by=job.stop.told if job.stop else "",
        findings=findings,
        spread=job.spread,
    )


def estimated_time(job: Job, shape: Shape, tokens: float, output: Path) -> Time:
    """Return about how long ``tokens`` take: by an earlier training beside ``output``, else by operations."""
    for folder in sorted(output.parent.glob("*")):
        manifest = read_manifest(folder)
        if manifest is not None and _is_alike(manifest, job) and manifest.seconds and manifest.tokens:
            pace = manifest.tokens / manifest.seconds / manifest.spread.processes * job.spread.processes
            others = "" if manifest.spread == job.spread else f", as if {job.spread.told} lost nothing"
            told = f"the {pace:,.0f} tokens a second of {manifest.name}, on this device{others}"
            return Time(seconds=tokens / pace, by=told)
    rate = multiplications(job.device.place, job.device.dtype)
    each = 2 * shape.weights * (3 if job.config.method == "full" else 2)
    if job.config.gradient_checkpointing:
        each += 2 * shape.weights
    share = USED[job.device.kind]
    told = f"operations: {share:.0%} of the {rate / 1e9:,.0f} billion a second that this device was measured to make"
    if job.spread.processes > 1:
        told += f", times {job.spread.processes} processes, as if none waited for another"
    return Time(seconds=tokens * each / (rate * share * job.spread.processes), by=told)


def multiplications(place: str, dtype: str) -> float:
    """Return how many operations a second a device makes when it multiplies matrices; takes well below a second."""
    import torch

    matrix = torch.ones(SIDE, SIDE, device=place, dtype=getattr(torch, dtype))
    (matrix @ matrix).sum().item()
    start, rounds = time.perf_counter(), 8
    for _ in range(rounds):
        product = matrix @ matrix
    product.sum().item()
    return 2 * SIDE**3 * rounds / (time.perf_counter() - start)


def _is_alike(manifest: Manifest, job: Job) -> bool:
    """Return whether an earlier training took as long for a token: the same model, method, and device."""
    then, now = manifest.settings, job.config
    same = ("method", "quantization", "gradient_checkpointing", "packing", "max_length", "rows_per_batch", "lora_rank")
    alike = all(getattr(then, name) == getattr(now, name) for name in same)
    is_base = Path(then.base_model).name == Path(now.base_model).name.partition("@")[0]
    return alike and is_base and manifest.device == job.device.name


def _most_trained(rows: tuple[TokenRow, ...], config: TrainConfig) -> int:
    """Return the tokens with a loss in the batch with the most of them."""
    most = sorted((row.trained for row in rows), reverse=True)[: config.rows_per_batch]
    return sum(most)


def lines_of(run: DryRun) -> list[str]:
    """Return a dry run in words."""
    from harness.text.figures import count
    from harness.text.progress import time_of
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
        f"time        about {time_of(run.time.seconds)} minutes, by {run.time.by}",
    ]
    lines += [f"stopping    {run.stopped_by}"] if run.stopped_by else []
    return [*lines, *(f"finding     {finding.told}" for finding in run.findings)]


def as_json(run: DryRun) -> object:
    """Return a dry run for machines."""
    return msgspec.to_builtins(run)
