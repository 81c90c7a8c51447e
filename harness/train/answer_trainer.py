"""TRL's trainer with the loss on answers alone, and the data in the form that it reads.

Logits are made only where the loss counts. When most tokens are in the questions, this halves the time of a step on a
CPU; the loss is the same.
"""

import math
from collections.abc import Sequence
from types import MethodType
from typing import TYPE_CHECKING

from harness.train.answer_loss import summed_loss
from harness.train.attention import BY_LENGTH
from harness.train.config import TrainConfig
from harness.train.order import EpochOrder
from harness.train.tokens import IGNORED, TokenRow

if TYPE_CHECKING:
    import torch
    from datasets import Dataset
    from trl import SFTTrainer


def answer_trainer() -> "type[SFTTrainer]":
    """Return SFTTrainer with a loss that makes logits for the trained tokens alone, and without model cards.

    Its ``read`` counts what it has read in this process: all tokens, and those that are padding. ``largest`` is the
    tokens of the largest batch but the ``latest``, which may be the one that did not fit.
    ``loraplus_ratio``, where set, is how many times the learning rate LoRA's matrices B get.
    ``fillers`` of its rows, the last ones, have no loss and fill up an epoch's last step.
    ``validated`` is by what the loss of a batch that is validated on is multiplied, so that their mean is that of all
    tokens, however they are put into batches.
    """
    import torch
    from torch.nn import functional
    from trl import SFTTrainer

    class AnswerTrainer(SFTTrainer):  # type: ignore[misc]  # trl ships no types
        optimizer: torch.optim.Optimizer | None
        loraplus_ratio: float | None = None
        read: torch.Tensor | None = None
        largest = latest = fillers = 0
        validated: float | None = None

        def compute_loss(
            self,
            model: torch.nn.Module,
            inputs: dict[str, torch.Tensor],
            return_outputs: bool = False,  # noqa: ARG002 - the trainer passes it by name
            num_items_in_batch: torch.Tensor | None = None,
        ) -> torch.Tensor:
            inputs = dict(inputs)
            self._count(inputs)
            _keep_number_format(model)
            targets = functional.pad(inputs.pop("labels")[:, 1:], (0, 1), value=IGNORED)
            wanted = (targets != IGNORED).any(dim=0).nonzero()[:, 0]  # in any row of the batch
            logits = model(**inputs, use_cache=False, logits_to_keep=wanted).logits
            targets = targets[:, wanted]
            trained = targets != IGNORED
            # Of a single row every column is wanted, and nothing has to be copied.
            logits = logits[0] if len(logits) == 1 else logits[trained]
            total = summed_loss(logits, targets[trained])
            if not model.training and self.validated is not None:
                return total * self.validated
            if num_items_in_batch is None:
                return total / trained.sum().clamp(min=1)
            # The number is that of all processes, and their gradients are averaged.
            processes = self.accelerator.num_processes if self.args.average_tokens_across_devices else 1
            return total / num_items_in_batch * processes

        def create_optimizer(self, model: torch.nn.Module | None = None) -> torch.optim.Optimizer:
            if self.loraplus_ratio is None or self.optimizer is not None:
                return super().create_optimizer(model)
            from peft.optimizers import create_loraplus_optimizer

            trained = self.model if model is None else model
            kind, settings = self.get_optimizer_cls_and_kwargs(self.args, trained)
            rate = settings.pop("lr")
            settings["loraplus_weight_decay"] = self.args.weight_decay
            self.optimizer = create_loraplus_optimizer(
                trained, kind, lr=rate, loraplus_lr_ratio=self.loraplus_ratio, **settings
            )
            return self.optimizer

        def _get_train_sampler(self, train_dataset: "Dataset | None" = None) -> object:
            own = _order_of(self)
            return super()._get_train_sampler(train_dataset) if own is None else own

        def create_model_card(self, *_: object, **__: object) -> None:
            """The manifest says it all."""

        def _count(self, inputs: dict[str, torch.Tensor]) -> None:
            self.largest, self.latest = max(self.largest, self.latest), inputs["input_ids"].numel()
            if self.model.training and "attention_mask" in inputs:
                mask = inputs["attention_mask"]
                read = torch.stack([mask.new_tensor(mask.numel()), (mask == 0).sum()])
                self.read = read if self.read is None else self.read + read

    return AnswerTrainer


def _keep_number_format(model: "torch.nn.Module") -> None:
    """Let a model that accelerate prepared return logits as they were made; it copies them to float32."""
    from accelerate.utils.operations import ConvertOutputsToFp32

    copying = getattr(model.forward, "__wrapped__", None)
    if isinstance(copying, ConvertOutputsToFp32):
        model.forward = MethodType(copying.model_forward, model)


def _order_of(trainer: "SFTTrainer") -> EpochOrder | None:
    """Return the order of a trainer's rows; None where [trainer] asks for one of transformers' own."""
    args, data = trainer.args, trainer.train_dataset
    if args.train_sampling_strategy not in {"random", BY_LENGTH}:
        return None
    at_once = args.train_batch_size * args.world_size
    steps = math.ceil(math.ceil(len(data) / at_once) / args.gradient_accumulation_steps)
    return EpochOrder(
        [len(ids) for ids in data["input_ids"]],
        args.seed if args.data_seed is None else args.data_seed,
        lambda: trainer.state.global_step // steps,
        at_once * args.gradient_accumulation_steps if args.train_sampling_strategy == BY_LENGTH else None,
        trainer.fillers,
    )


def padding_of(trainer: "SFTTrainer") -> float | None:
    """Return which share of what all processes have read was padding; None where batches have none."""
    if trainer.read is None:
        return None
    tokens, padding = trainer.accelerator.reduce(trainer.read).tolist()
    return float(round(padding / tokens, 4))


def dataset_of(rows: Sequence[TokenRow]) -> "Dataset":
    """Return rows as TRL reads them."""
    from datasets import Dataset

    return Dataset.from_dict(
        {"input_ids": [list(row.input_ids) for row in rows], "labels": [list(row.labels) for row in rows]}
    )


def sequences_of(rows: Sequence[TokenRow], config: TrainConfig) -> "Dataset":
    """Return rows as they are read in a training: packed where the settings say so."""
    data = dataset_of(rows)
    return packed(data, config.max_length) if config.packing else data


def lengths_of(rows: Sequence[TokenRow], config: TrainConfig) -> list[int]:
    """Return the tokens of each sequence that a training reads in an epoch."""
    if not config.packing:
        return [len(row.input_ids) for row in rows]
    return [len(ids) for ids in sequences_of(rows, config)["input_ids"]]


def packed(data: "Dataset", length: int) -> "Dataset":
    """Fill sequences of ``length`` tokens with whole rows; positions start again at each row, and so does attention."""
    from trl import pack_dataset

    return pack_dataset(data, length, "bfd")
