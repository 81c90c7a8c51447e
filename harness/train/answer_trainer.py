"""TRL's trainer with the loss on answers alone, and the data in the form that it reads.

Batches are flattened without padding, and logits are made only where the loss counts. When most tokens are in
the questions, this halves the time of a step on a CPU; the loss is the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.train.tokens import IGNORED, TokenRow

if TYPE_CHECKING:
    from datasets import Dataset
    from trl import SFTTrainer


def answer_trainer() -> "type[SFTTrainer]":
    """Return SFTTrainer with a loss that makes logits for the trained tokens alone, and without model cards."""
    import torch
    from torch.nn import functional
    from trl import SFTTrainer

    class AnswerTrainer(SFTTrainer):  # type: ignore[misc]  # trl ships no types
        def compute_loss(
            self,
            model: torch.nn.Module,
            inputs: dict[str, torch.Tensor],
            return_outputs: bool = False,  # noqa: ARG002 - the trainer passes it by name
            num_items_in_batch: torch.Tensor | None = None,
        ) -> torch.Tensor:
            inputs = dict(inputs)
            targets = functional.pad(inputs.pop("labels")[0, 1:], (0, 1), value=IGNORED)
            trained = (targets != IGNORED).nonzero()[:, 0]
            logits = model(**inputs, use_cache=False, logits_to_keep=trained).logits[0]
            total = functional.cross_entropy(logits.float(), targets[trained], reduction="sum")
            return total / (trained.numel() if num_items_in_batch is None else num_items_in_batch)

        def create_model_card(self, *_: object, **__: object) -> None:
            """The manifest says it all."""

    return AnswerTrainer


def dataset_of(rows: Sequence[TokenRow]) -> "Dataset":
    """Return rows as TRL reads them."""
    from datasets import Dataset

    return Dataset.from_dict(
        {"input_ids": [list(row.input_ids) for row in rows], "labels": [list(row.labels) for row in rows]}
    )


def packed(data: "Dataset", length: int) -> "Dataset":
    """Fill sequences of ``length`` tokens with whole rows; positions start again at each row, and so does attention."""
    from trl import pack_dataset

    return pack_dataset(data, length, "bfd")
