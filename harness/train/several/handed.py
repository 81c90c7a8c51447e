"""What the lead hands over to the other processes: the rows as tokens, prepared once, in a file of the work folder."""

from pathlib import Path

import msgspec

from harness.records.asked import Rendering
from harness.records.record import Record
from harness.train.attention import Batches
from harness.train.config import TrainConfig
from harness.train.job import Job
from harness.train.quantized import TrainingDevice
from harness.train.resume import Resumed
from harness.train.spread import Spread
from harness.train.tokens import TokenRow

FILE = "job.msgpack"


class Handed(Record, frozen=True, kw_only=True):
    """A job without what each process has of its own: its device. Paths are text."""

    config: TrainConfig
    batches: Batches
    place: str
    base: str
    train: tuple[TokenRow, ...]
    validation: tuple[TokenRow, ...]
    rendering: Rendering
    spread: Spread
    start: tuple[str, int, bool] | None
    """A checkpoint, its steps, and whether none is left."""


def write_job(job: Job) -> str:
    """Write a job into its work folder, and return the file: all processes must see it there."""
    handed = Handed(
        config=job.config,
        batches=job.batches,
        place=str(job.place),
        base=str(job.base),
        train=job.train,
        validation=job.validation,
        rendering=job.rendering,
        spread=job.spread,
        start=(str(start.checkpoint), start.done, start.has_ended) if (start := job.start) else None,
    )
    file = job.work.resolve() / FILE
    file.write_bytes(msgspec.msgpack.encode(handed))
    return str(file)


def read_job(file: Path, device: TrainingDevice) -> Job:
    """Return the job in a file, to be done on this process's device.

    Raises:
        OSError: it can't be read.
    """
    handed = msgspec.msgpack.decode(file.read_bytes(), type=Handed)
    return Job(
        config=handed.config,
        device=device,
        batches=handed.batches,
        place=Path(handed.place),
        base=Path(handed.base),
        train=handed.train,
        validation=handed.validation,
        work=file.parent,
        rendering=handed.rendering,
        spread=handed.spread,
        start=_start_of(handed.start),
    )


def _start_of(told: tuple[str, int, bool] | None) -> Resumed | None:
    return Resumed(checkpoint=Path(told[0]), done=told[1], has_ended=told[2]) if told else None
