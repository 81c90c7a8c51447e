"""One QLoRA training: LoRA on all linear layers of the 4-bit base model, its schedule, its checkpoints, its losses."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.records.record import Record
from harness.text.progress import ProgressBar
from harness.train.answer_trainer import answer_trainer, dataset_of, packed
from harness.train.config import TrainConfig
from harness.train.manifest import Loss
from harness.train.quantized import TrainingDevice, load_quantized, load_tokenizer
from harness.train.tokens import TokenRow
from harness.train.watch import keep_by_the_clock, seconds_so_far, watch
from harness.train.workspace import last_checkpoint

if TYPE_CHECKING:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

ADAPTER = "adapter"
EVENTS = "tensorboard"


class Trained(Record, frozen=True, kw_only=True):
    """What a training did. ``step`` is the one whose weights were kept."""

    step: int
    steps: int
    tokens: int
    seconds: float
    train_losses: tuple[Loss, ...]
    validation_losses: tuple[Loss, ...]


class Job(Record, frozen=True, kw_only=True):
    """All that a trainer needs; ``work`` is its folder for everything."""

    config: TrainConfig
    device: TrainingDevice
    base: Path
    train: tuple[TokenRow, ...]
    validation: tuple[TokenRow, ...]
    work: Path


class Schedule(Record, frozen=True, kw_only=True):
    """How many steps of the optimizer a training has, and after how many it validates and keeps a checkpoint."""

    steps: int
    every: int


def plan_steps(config: TrainConfig, lengths: Sequence[int]) -> Schedule:
    """Return the schedule for sequences of these lengths in tokens, within the budget ``max_tokens``."""
    per_epoch = math.ceil(math.ceil(len(lengths) / config.rows_per_batch) / config.gradient_accumulation)
    steps = math.ceil(config.epochs * per_epoch)
    if config.max_tokens is not None:
        steps = min(steps, int(config.max_tokens / sum(lengths) * per_epoch))
    steps = max(steps, 1)
    return Schedule(steps=steps, every=math.ceil(steps / config.validations))


def run_trainer(job: Job) -> Trained:
    """Train in the job's folder; the adapter is then in its ``adapter``, the events in its ``tensorboard``.

    Continues from the folder's last checkpoint when it has one.

    Raises:
        TrainingError: the loss is no longer a number.
    """
    train, validation = dataset_of(job.train), dataset_of(job.validation)
    if job.config.packing:
        train = packed(train, job.config.max_length)
    schedule = plan_steps(job.config, [len(ids) for ids in train["input_ids"]])
    checkpoint = last_checkpoint(job.work)
    done = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    with ProgressBar("training", "steps", schedule.steps, done) as bar:
        if done:
            bar.say(f"continuing after step {done} of {schedule.steps}, where an earlier training stopped")
        trainer = make_trainer(job, schedule, (train, validation))
        trainer.add_callback(watch(bar, job.work / EVENTS))
        trainer.add_callback(keep_by_the_clock())
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.model.save_pretrained(job.work / ADAPTER, save_embedding_layers=False)
    return _facts(trainer)


def make_trainer(job: Job, schedule: Schedule, data: "tuple[Dataset, Dataset]") -> "SFTTrainer":
    """Return the trainer of a job, on its rows to train and to validate; nothing runs yet."""
    import torch
    from peft import LoraConfig
    from transformers import EarlyStoppingCallback, PrinterCallback

    config = job.config
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    train, validation = data
    trainer = answer_trainer()(
        model=load_quantized(job.base, job.device),
        args=_arguments(job, schedule),
        train_dataset=train,
        eval_dataset=validation if job.validation else None,
        processing_class=load_tokenizer(job.base),
        peft_config=lora,
        callbacks=[EarlyStoppingCallback(config.patience)] if job.validation else [],
    )
    trainer.remove_callback(PrinterCallback)
    # TRL rounds the adapter's weights to bfloat16, in which small updates vanish and float16 training breaks.
    for weight in trainer.model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(torch.float32)
    return trainer


def _arguments(job: Job, schedule: Schedule) -> "SFTConfig":
    from trl import SFTConfig

    config, on_gpu = job.config, job.device.kind == "cuda"
    return SFTConfig(
        output_dir=str(job.work),
        max_steps=schedule.steps,
        per_device_train_batch_size=config.rows_per_batch,
        per_device_eval_batch_size=config.rows_per_batch,
        gradient_accumulation_steps=config.gradient_accumulation,
        gradient_checkpointing=config.gradient_checkpointing,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup_ratio,
        max_grad_norm=config.max_grad_norm,
        seed=config.seed,
        padding_free=True,
        max_length=None,
        include_num_input_tokens_seen="all",
        eval_strategy="steps" if job.validation else "no",
        eval_steps=schedule.every,
        save_strategy="steps",
        save_steps=schedule.every,
        save_total_limit=2,
        load_best_model_at_end=bool(job.validation),
        metric_for_best_model="eval_loss" if job.validation else None,
        greater_is_better=False,
        prediction_loss_only=True,
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=[],
        bf16=on_gpu and job.device.dtype == "bfloat16",
        fp16=on_gpu and job.device.dtype == "float16",
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
    )


def _facts(trainer: "SFTTrainer") -> Trained:
    history = trainer.state.log_history
    return Trained(
        step=trainer.state.best_global_step or trainer.state.global_step,
        steps=trainer.state.global_step,
        tokens=int(trainer.state.num_input_tokens_seen),
        seconds=round(seconds_so_far(history), 1),
        train_losses=_curve(history, "loss"),
        validation_losses=_curve(history, "eval_loss"),
    )


def _curve(history: Sequence[Mapping[str, float]], name: str) -> tuple[Loss, ...]:
    return tuple(Loss(step=int(entry["step"]), loss=round(entry[name], 4)) for entry in history if name in entry)
