"""Which rows are in which step: the same ones for any number of processes with the same rows in each step.

The libraries' own order depends on how many rows one process takes at once, fills up an epoch's last step with rows of
its start, and after a kill is drawn anew. Here it follows from seed and epoch alone, and what is missing in a last step
is filled up with rows that have no loss.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from harness.train.tokens import IGNORED

if TYPE_CHECKING:
    from datasets import Dataset


class EpochOrder:
    """A sampler of torch: the places of all rows, in an order of its own for each epoch, which ``epoch`` tells.

    The last ``fillers`` of the rows stay last. ``rows_per_step`` is that of all processes; with it, rows of similar
    length are put together, as transformers does it, else they are drawn.
    """

    def __init__(
        self, lengths: Sequence[int], seed: int, epoch: Callable[[], int], rows_per_step: int | None, fillers: int
    ) -> None:
        self._lengths, self._seed, self._epoch = lengths, seed, epoch
        self._rows_per_step, self._fillers = rows_per_step, fillers

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Yield the places of the rows for the epoch that is due."""
        import torch
        from transformers.trainer_pt_utils import get_length_grouped_indices

        rows = len(self) - self._fillers
        chance = torch.Generator().manual_seed(self._seed + self._epoch())
        if self._rows_per_step is None:
            yield from torch.randperm(rows, generator=chance).tolist()
        else:
            yield from get_length_grouped_indices(list(self._lengths[:rows]), self._rows_per_step, generator=chance)
        yield from range(rows, len(self))


def fillers_for(rows: int, at_once: int) -> int:
    """Return how many rows are missing for the last of the batches, of ``at_once`` rows in all processes together.

    >>> fillers_for(10, 4), fillers_for(8, 4), fillers_for(0, 4)
    (2, 0, 0)
    """
    return -rows % at_once


def filled(data: "Dataset", fillers: int) -> "Dataset":
    """Return rows with as many more at their end that have one token and no loss."""
    if not fillers:
        return data
    from datasets import Dataset, concatenate_datasets

    first = int(data[0]["input_ids"][0])
    row = {"input_ids": [first], "labels": [IGNORED], "seq_lengths": [1]}
    more = Dataset.from_dict({name: [row[name]] * fillers for name in data.column_names}, features=data.features)
    return concatenate_datasets([data, more])
