"""``harness train --dry-run`` of a job: rows, tokens, cost; nothing is sent."""

import msgspec

from harness.records.record import Json, Record
from harness.text.visible import for_terminal
from harness.train.hosted.order import Order, cost_of
from harness.train.hosted.rows import JobRows


class JobDryRun(Record, frozen=True, kw_only=True):
    """What would be ordered. ``tokens`` are read in one epoch, counted as ``counted`` says; no price, no ``cost``."""

    files: dict[str, int]
    validation: int
    tokens: int
    counted: str
    epochs: int
    cost: str
    base_url: str
    model: str
    hyperparameters: dict[str, Json]


def dry_job(order: Order, rows: JobRows) -> JobDryRun:
    """Return what an order would send."""
    return JobDryRun(
        files={file.name: file.rows for file in rows.files},
        validation=rows.held_out,
        tokens=rows.tokens,
        counted=rows.counted,
        epochs=order.epochs,
        cost=cost_of(order.jobs, rows.tokens, order.epochs),
        base_url=order.jobs.base_url,
        model=order.jobs.model,
        hyperparameters=order.hyperparameters,
    )


def job_lines(run: JobDryRun) -> list[str]:
    """Return a dry run in words."""
    files = ", ".join(f"{for_terminal(name)} {rows:,}" for name, rows in run.files.items())
    settings = ", ".join(f"{name} = {msgspec.json.encode(one).decode()}" for name, one in run.hyperparameters.items())
    return [
        f"rows        {sum(run.files.values()):,} ({files}); {run.validation:,} for validation",
        f"tokens      {run.tokens:,} per epoch, {run.tokens * run.epochs:,} in all ({run.counted})",
        f"job         {for_terminal(run.model)} at {for_terminal(run.base_url)}",
        f"settings    {for_terminal(settings, None)}",
        f"cost        {run.cost or 'unknown: set [jobs.price] per_million'}",
    ]
