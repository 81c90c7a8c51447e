"""One training: an adapter on its base model, or all weights; its schedule, its checkpoints, its losses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import TrainingError
from harness.models.foreign import reason_of
from harness.text.progress import ProgressBar
from harness.train.answer_trainer import answer_trainer, dataset_of, padding_of, sequences_of
from harness.train.arguments import training_arguments
from harness.train.curve import curve_of, write_curve
from harness.train.findings import Course, beforehand, in_history, near_zero
from harness.train.job import Job, Schedule, Trained, course_of, plan_steps
from harness.train.manifest import GateScores, Loss
from harness.train.memory import Measured
from harness.train.method import lora_config, quantization_of
from harness.train.norm import change_of
from harness.train.order import filled, fillers_for
from harness.train.quantized import load_tokenizer, load_weights
from harness.train.resume import run_from
from harness.train.room import full_told
from harness.train.several.gathered import gathered_weights
from harness.train.stopping.live import gate_trainer, scoring
from harness.train.stopping.log import falling, gates_in, stop_without_gain
from harness.train.trackers import guard_trackers
from harness.train.tried import naming_handed_on
from harness.train.watch import Peak, keep_by_the_clock, seconds_so_far, stop_at_no_number, watch

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from trl import SFTTrainer

ADAPTER = "adapter"
EVENTS = "tensorboard"


def run_trainer(job: Job) -> Trained:
    """Train in the job's folder; the weights are then in its ``adapter``, the events in its ``tensorboard``.

    The course is in its ``curve.json``. Continues where the job says so. Of several processes the first one calls
    this, the others ``follow_trainer``.

    Raises:
        TrainingError: the loss is no longer a number, the memory or the disk is full, or TRL refuses the settings.
    """
    data = _data_of(job)
    schedule = _schedule_of(job, data)
    done, name = job.start.done if job.start else 0, Path(job.config.output).name
    course = course_of(job, len(data[0]))
    with naming_handed_on(job), ProgressBar("training", "steps", schedule.steps, done) as bar:
        if done:
            bar.say(f"continuing after step {done} of {schedule.steps}, where an earlier training stopped")
        trainer = make_trainer(job, schedule, data)
        trainer.args.eval_on_start = job.stop is not None and not done  # what is wrong with the suite shows at once
        trainer.add_callback(watch(bar, job.work / EVENTS, course))
        guard_trackers(trainer, name, job.place, bar.say)
        facts = _run(trainer, job, course)
        write_curve(job.work, curve_of(name, facts.step, trainer.state.log_history))
        for finding in facts.findings:
            if finding.kind in {"near-zero", "padding"}:
                bar.say(finding.told)
    return facts


def follow_trainer(job: Job) -> None:
    """Take part in a training that another process leads; nothing is said or written.

    Raises:
        TrainingError: as for ``run_trainer``.
    """
    data = _data_of(job)
    course = course_of(job, len(data[0]))
    with naming_handed_on(job):
        trainer = make_trainer(job, _schedule_of(job, data), data)
        trainer.add_callback(stop_at_no_number(course))
        _run(trainer, job, course)


def _data_of(job: Job) -> "tuple[Dataset, Dataset]":
    return sequences_of(job.train, job.config), dataset_of(job.validation)


def _schedule_of(job: Job, data: "tuple[Dataset, Dataset]") -> Schedule:
    return plan_steps(job.config, [len(ids) for ids in data[0]["input_ids"]], job.spread.processes)


def _run(trainer: "SFTTrainer", job: Job, course: Course) -> Trained:
    """Do what every process does: train, gather the weights, and sum up; the first one saves."""
    peak = Peak()
    trainer.add_callback(keep_by_the_clock())
    if job.device.kind == "cuda":
        trainer.add_callback(peak.callback())
    with full_told(job, lambda: _measured(peak, trainer)):
        run_from(trainer, job.start)
        weights = gathered_weights(trainer)
        if trainer.args.process_index == 0:
            save(trainer, job, weights)
    return _facts(trainer, course, weights)


def _measured(peak: Peak, trainer: "SFTTrainer") -> Measured | None:
    if not peak.most:
        return None
    import torch

    limit = torch.cuda.mem_get_info()[1]
    return Measured(before=peak.before, most=peak.most, tokens=trainer.largest, limit=limit)


def make_trainer(job: Job, schedule: Schedule, data: "tuple[Dataset, Dataset]") -> "SFTTrainer":
    """Return the trainer of a job, on its rows to train and to validate; nothing runs yet.

    Raises:
        TrainingError: TRL or PEFT refuses the settings.
        NoSuchModel: the base model can't be loaded.
    """
    import torch
    from transformers import PrinterCallback

    config = job.config
    is_full = config.method == "full"
    arguments = training_arguments(job, schedule)  # processes find each other here, before weights are shared out
    at_once = config.rows_per_batch * job.spread.processes
    fillers = fillers_for(len(data[0]), at_once) if job.spread.processes > 1 else 0
    train, validation = filled(data[0], fillers), filled(data[1], fillers_for(len(data[1]), at_once))
    is_whole, attention = job.spread.is_whole, job.batches.attention
    with full_told(job, lambda: None):
        model = load_weights(
            job.base, job.device, quantization_of(config), attention, master=is_full, is_whole=is_whole
        )
    kind = answer_trainer() if job.stop is None else gate_trainer(answer_trainer())
    try:
        trainer = kind(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=validation if job.best_by else None,
            processing_class=load_tokenizer(job.base, job.rendering),
            peft_config=None if is_full else lora_config(config, job.place),
            callbacks=[stop_without_gain(config.patience, job.best_by, rises=job.stop is not None)]
            if job.best_by
            else [],
        )
    except (ValueError, TypeError, ImportError) as problem:
        raise TrainingError(f"{job.place}: TRL or PEFT refuses these settings: {reason_of(problem)}") from problem
    trainer.loraplus_ratio, trainer.fillers = config.loraplus_ratio, fillers
    if job.validation:
        batches = len(validation) / config.rows_per_batch
        trainer.validated = batches / max(1, sum(row.trained for row in job.validation))
    if job.stop is not None:
        trainer.score_gates = scoring(trainer, job.stop, job.base, job.rendering)
    trainer.remove_callback(PrinterCallback)
    trainer.model.create_or_update_model_card = lambda _folder: None  # PEFT's, of each checkpoint; nothing keeps it
    # TRL rounds the adapter's weights to bfloat16, in which small updates vanish and float16 training breaks. FSDP
    # takes what is trained in a type of its own; ZeRO-3 wants all in one, and keeps a float32 copy itself.
    for weight in trainer.model.parameters():
        if weight.requires_grad and job.spread.sharding != "zero3":
            weight.data = weight.data.to(torch.float32)
    return trainer


def save(trainer: "SFTTrainer", job: Job, weights: "Mapping[str, Tensor] | None" = None) -> None:
    """Save the adapter, or the whole model in its base model's own number format.

    ``weights`` are those of a model that is shared out among processes, gathered.
    """
    folder = job.work / ADAPTER
    model = trainer.accelerator.unwrap_model(trainer.model)
    if job.config.method != "full":
        model.save_pretrained(folder, state_dict=weights, save_embedding_layers=False)
        return
    from transformers import AutoConfig

    own = AutoConfig.from_pretrained(job.base, trust_remote_code=False).dtype or model.dtype
    if weights is None:
        model.to(own).save_pretrained(folder)
    else:
        model.save_pretrained(folder, state_dict={name: weight.to(own) for name, weight in weights.items()})


def _facts(trainer: "SFTTrainer", course: Course, weights: "Mapping[str, Tensor] | None") -> Trained:
    history = trainer.state.log_history
    step = trainer.state.global_step
    padding = padding_of(trainer)
    change = change_of(trainer.model, weights) if trainer.args.process_index == 0 else None
    epochs = trainer.args.max_steps / course.steps_per_epoch
    fillers = trainer.fillers * int(step // course.steps_per_epoch)
    return Trained(
        step=trainer.state.best_global_step or step,
        steps=step,
        tokens=int(trainer.state.num_input_tokens_seen) - fillers,
        seconds=round(seconds_so_far(history), 1),
        train_losses=_curve(history, "loss"),
        validation_losses=_curve(history, "eval_loss"),
        gate_scores=tuple(
            GateScores(step=int(entry["step"]), gates=scores) for entry in history if (scores := gates_in(entry))
        ),
        padding=padding,
        findings=(
            *beforehand(padding, epochs),
            *in_history(history, course),
            *falling(history),
            *(() if change is None else near_zero(change, step)),
        ),
    )


def _curve(history: Sequence[Mapping[str, float]], name: str) -> tuple[Loss, ...]:
    return tuple(Loss(step=int(entry["step"]), loss=round(entry[name], 4)) for entry in history if name in entry)
