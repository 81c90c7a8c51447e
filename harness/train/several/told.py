"""What a person is told of the processes of a training."""

from harness.train.config import TrainConfig
from harness.train.job import Job, rows_per_step
from harness.train.spread import Spread


def told_rows(config: TrainConfig, spread: Spread) -> str:
    """Return how many rows a step of the optimizer has, and why.

    >>> told_rows(TrainConfig(output="a", train=("b",), gradient_accumulation=2), Spread(processes=4))
    '4 processes, DDP: 64 rows in each step (rows_per_batch 8 x gradient_accumulation 2 x 4 processes)'
    """
    return (
        f"{spread.told}: {rows_per_step(config, spread.processes):,} {'sequences' if config.packing else 'rows'} in "
        f"each step (rows_per_batch {config.rows_per_batch} x gradient_accumulation {config.gradient_accumulation} x "
        f"{spread.processes} processes)"
    )


def unused_gpus(job: Job) -> str | None:
    """Return what to do where a training alone leaves GPUs idle; None where it doesn't."""
    if job.device.kind != "cuda" or job.spread.processes > 1:
        return None
    import torch

    found = torch.cuda.device_count()
    if found == 1:
        return None
    return f"{found} GPUs are visible, and this training uses one of them; --launch {found} trains on all"
