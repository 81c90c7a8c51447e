"""About how long a training takes, before it starts.

By an earlier training of the same kind, where its manifest is beside; else by the number of operations (Kaplan et al.
2020, arXiv:2001.08361: 2 for each weight and token forwards, twice that backwards, a third less where the weights stay)
at a share of what this machine multiplies matrices with. pace.py measures it.
"""

import time
from pathlib import Path

from harness.records.record import Record
from harness.text.progress import time_of
from harness.train.job import Job
from harness.train.manifest import Manifest, read_manifest
from harness.train.memory import Shape

USED = {"cpu": 0.5, "cuda": 0.35}
"""Share of a machine's multiplications that a training makes use of; a rule of thumb."""
LAUNCH_S = 0.02
"""Seconds that a GPU waits for the processor in each layer of each batch, at most: seen once, on an H100, of a small
model in 4 bits (187 batches through 30 layers in 1:58 minutes), whose operations take a seventh of that."""
WAITS = "a GPU waits for the processor where the model or the batch is small"
SIDE = 512
"""Of the matrices that are multiplied to see how fast the machine is."""


class ToRead(Record, frozen=True, kw_only=True):
    """What a training reads in all its epochs: tokens, and batches in each process."""

    tokens: float
    batches: int


class Time(Record, frozen=True, kw_only=True):
    """About how long a training takes, at best and at most, and how that was estimated."""

    seconds: float
    most: float
    by: str

    @property
    def told(self) -> str:
        """The time in minutes and seconds; both where they differ.

        >>> Time(seconds=16, most=128, by="").told, Time(seconds=16, most=16, by="").told
        ('0:16 to 2:08', '0:16')
        """
        return span_of_time(self.seconds, self.most)


def span_of_time(seconds: float, most: float) -> str:
    """Return a time in minutes and seconds, or two."""
    least, longest = time_of(seconds), time_of(most)
    return least if least == longest else f"{least} to {longest}"


def estimated_time(job: Job, shape: Shape, read: ToRead, output: Path) -> Time:
    """Return about how long a training takes: by an earlier one beside ``output``, else by operations."""
    for folder in sorted(output.parent.glob("*")):
        manifest = read_manifest(folder)
        if manifest is not None and _is_alike(manifest, job) and manifest.seconds and manifest.tokens:
            pace = manifest.tokens / manifest.seconds / manifest.spread.processes * job.spread.processes
            others = "" if manifest.spread == job.spread else f", as if {job.spread.told} lost nothing"
            told = f"the {pace:,.0f} tokens a second of {manifest.name}, on this device{others}"
            return Time(seconds=read.tokens / pace, most=read.tokens / pace, by=told)
    rate = multiplications(job.device.place, job.device.dtype)
    each = 2 * shape.weights * (3 if job.config.method == "full" else 2)
    if job.config.gradient_checkpointing:
        each += 2 * shape.weights
    share = USED[job.device.kind]
    told = f"operations: {share:.0%} of the {rate / 1e9:,.0f} billion a second that this device was measured to make"
    if job.spread.processes > 1:
        told += f", times {job.spread.processes} processes, as if none waited for another"
    seconds = waiting = read.tokens * each / (rate * share * job.spread.processes)
    if job.device.kind == "cuda":
        waiting += LAUNCH_S * shape.layers * read.batches
        told += f", at best, and at most {LAUNCH_S * 1000:.0f} ms more for each layer and batch: {WAITS}"
    return Time(seconds=seconds, most=waiting, by=told)


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
