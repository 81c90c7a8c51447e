"""Where the memory or the disk is full: what is raised then, in words that say what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.errors import HarnessError, TrainingError
from harness.text.unwritten import is_full
from harness.train.job import Job
from harness.train.memory import Measured, to_lower


@contextmanager
def full_told(job: Job, measured: Callable[[], Measured | None]) -> Iterator[None]:
    """Turn what is raised where the memory or the disk is full into what to do.

    Raises:
        TrainingError: it is full.
    """
    import torch

    try:
        yield
    except HarnessError:
        raise
    except (torch.OutOfMemoryError, MemoryError, RuntimeError, OSError) as problem:
        if is_disk_full(problem):
            raise TrainingError(
                f"{job.work.parent}: the disk is full, so nothing more could be written; make room, then give the "
                "same command again: it continues from the last whole checkpoint"
            ) from problem
        if not is_memory_full(problem):
            raise
        longest = max(len(row.input_ids) for row in job.train)
        ways = "; ".join(f"({number}) {way}" for number, way in enumerate(to_lower(job.config, longest, measured()), 1))
        raise TrainingError(
            f"{job.device.name}: the memory is full; lower the first of these, then the next: {ways}"
        ) from problem


def is_disk_full(problem: BaseException) -> bool:
    """Return whether a library could not write because the disk, or a quota on it, is full."""
    if is_full(problem):
        return True
    told = str(problem)
    # torch's writer and safetensors raise errors of their own.
    return "No space left" in told or "file write failed" in told or "unexpected pos" in told


def is_memory_full(problem: BaseException) -> bool:
    """Return whether a library could not get memory, of the GPU or of the machine."""
    import torch

    told = str(problem)
    return isinstance(problem, torch.OutOfMemoryError | MemoryError) or "allocate memory" in told
