"""How rows go through the model: which attention, and whether batches are flattened or padded.

Rows that are flattened into one sequence don't see each other. FlashAttention and flex skip what they don't see; SDPA
computes it and masks it, so there rows of similar length are padded to one another instead.
"""

from collections.abc import Collection
from typing import Literal

from harness.records.record import Record
from harness.train.config import TrainConfig

Named = Literal["flash_attention_3", "flash_attention_2", "flex_attention", "sdpa", "eager"]
FLATTENING = ("flash_attention_3", "flash_attention_2", "flex_attention")
"""What computes a flattened batch without a mask over all of it, the fastest first."""
ORDER, BY_LENGTH = "train_sampling_strategy", "group_by_length"
"""TRL's key for the order of rows, and its value for rows of similar length in one batch."""
ORDERS = ("random", BY_LENGTH, "sequential", "batch_rebalance")
"""What else the key can be: transformers takes any other word for a drawn order."""
NEWEST = (9, 0)
"""FlashAttention 3 is for Hopper cards, of this compute capability."""
RECENT = (8, 0)
"""FlashAttention 2 and flex need a card of this compute capability."""


class Batches(Record, frozen=True, kw_only=True):
    """How rows go through the model. ``by_length`` puts rows of similar length into one batch."""

    attention: Named
    padded: bool
    by_length: bool

    @property
    def told(self) -> str:
        """In words, for the terminal and the manifest.

        >>> Batches(attention="sdpa", padded=True, by_length=True).told
        'sdpa, padded, by length'
        """
        layout = "padded, by length" if self.by_length else "padded" if self.padded else "flattened"
        return f"{self.attention}, {layout}"


def choose_batches(config: TrainConfig, usable: Collection[str]) -> Batches:
    """Return how rows go through the model; packed rows are always flattened, so that they don't see each other.

    Padded ones are put together by length, unless [trainer] says otherwise.

    >>> [choose_batches(TrainConfig(output="a", train=("b",)), usable).told for usable in (["flex_attention"], [])]
    ['flex_attention, flattened', 'sdpa, padded, by length']
    """
    fastest: list[Named] = [name for name in FLATTENING if name in usable]  # type: ignore[misc]
    attention: Named = [*fastest, "sdpa"][0] if config.attention == "auto" else config.attention
    padded = attention not in FLATTENING and not config.packing
    by_length = padded and config.trainer.get(ORDER, BY_LENGTH) == BY_LENGTH
    return Batches(attention=attention, padded=padded, by_length=by_length)


def usable_here(capability: tuple[int, int] | None) -> tuple[str, ...]:
    """Return which of the fast kinds of attention can be imported here and run on a card of this compute capability.

    None is a CPU, where none is used.
    """
    if capability is None:
        return ()
    from transformers.utils.import_utils import (
        is_flash_attn_2_available,
        is_flash_attn_3_available,
        is_torch_flex_attn_available,
    )

    found = {
        "flash_attention_3": capability[0] == NEWEST[0] and is_flash_attn_3_available(),
        "flash_attention_2": capability >= RECENT and is_flash_attn_2_available(),
        "flex_attention": capability >= RECENT and is_torch_flex_attn_available(),
    }
    return tuple(name for name, is_there in found.items() if is_there)


def padding_share(
    lengths: Collection[int], rows_per_batch: int, *, by_length: bool, rows_per_step: int | None = None
) -> float:
    """Return which share of padded batches is padding: in the order given, or with rows of similar length together.

    By length, transformers sorts stretches of a quarter of all steps, fifty at most (get_length_grouped_indices). A
    step has ``rows_per_step``, in all processes together; unset, one batch.

    >>> padding_share([2, 4] * 8, 2, by_length=False), padding_share([2, 4] * 8, 2, by_length=True)
    (0.25, 0.0)
    """
    order = list(lengths)
    if by_length:
        together = rows_per_step or rows_per_batch
        stretch = max(1, min(len(order) // (4 * together), 50)) * together
        parts = [sorted(order[start : start + stretch]) for start in range(0, len(order), stretch)]
        order = [length for part in parts for length in part]
    batches = [order[start : start + rows_per_batch] for start in range(0, len(order), rows_per_batch)]
    read = sum(max(batch) * len(batch) for batch in batches)
    return 1 - sum(order) / read if read else 0.0
