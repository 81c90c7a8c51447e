"""The order of rows of similar length: drawn anew for each epoch, from the seed and the epoch's number alone.

The trainer's own sampler draws from the random numbers of the whole process. Where a training is resumed within an
epoch these are others, so that some rows would be seen twice and others never.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.utils.data import Sampler


def by_length(lengths: Sequence[int], batch: int, seed: int) -> "Sampler[int]":
    """Return a sampler of rows with these lengths in tokens, which puts similar ones into each ``batch`` of rows."""
    import torch
    from transformers.trainer_pt_utils import LengthGroupedSampler

    class ByLength(LengthGroupedSampler):  # type: ignore[misc]  # transformers is not read by mypy
        epoch = 0

        def set_epoch(self, epoch: int) -> None:
            self.epoch = epoch

        def __iter__(self) -> Iterator[int]:
            self.generator = torch.Generator().manual_seed(seed + self.epoch)
            indices: Iterator[int] = super().__iter__()
            return indices

    return ByLength(batch, lengths=list(lengths))
