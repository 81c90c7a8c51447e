"""One training for ``bench/train.py``: ours, or the plain TRL script that its user would write. Not run by hand."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trl import SFTTrainer

    from harness.train.job import Job, Schedule

WARM = 3
"""Steps on a GPU in which kernels are compiled and chosen."""
ROWS = Path(__file__).parent.parent / "suites" / "support_triage" / "training"
TRL_SETTINGS = {
    "TRL's defaults": {},
    "TRL, rows by length": {"train_sampling_strategy": "group_by_length"},
    "TRL, flattened": {"padding_free": True, "max_length": None},
    "TRL, packed": {"packing": True, "packing_strategy": "bfd"},
}


def main() -> None:
    """Train what ``wish.json`` in the folder asks for, and write ``found.json`` beside it."""
    folder = Path(sys.argv[1])
    wish = json.loads((folder / "wish.json").read_bytes())
    job, schedule = _job(folder, wish)
    found = _ours(job, schedule) if wish["name"] == "ours" else _trl(job, schedule, TRL_SETTINGS[wish["name"]])
    found |= {
        "device": job.device.name,
        "batches": job.batches.told,
        "by_length": job.batches.by_length,
        "peak_mb": _peak_mb(job),
    }
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def _job(folder: Path, wish: dict) -> tuple["Job", "Schedule"]:
    """Return the job of a training of so many steps, on the shipped rows."""
    from harness.train.config import TrainConfig
    from harness.train.job import Schedule
    from harness.train.plan import read_rows
    from harness.train.quantized import quieten
    from harness.train.recipe import job_of, trained_base

    quieten()
    config = TrainConfig(
        output=str(folder / "adapter"),
        train=(str(ROWS / "train.jsonl"), str(ROWS / "everyday.jsonl")),
        base_model=wish["base"],
        method=wish["method"],
        rows_per_batch=wish["rows_per_batch"],
        max_length=512,
    )
    base = trained_base(config, folder)
    job = job_of(read_rows(config, folder, base, folder / "train.toml"), folder / "train.toml", base, folder)
    return job, Schedule(steps=wish["steps"], every=wish["steps"])


def _ours(job: "Job", schedule: "Schedule") -> dict:
    """Train as ``harness train`` does, with all that watches it."""
    from harness.text.progress import ProgressBar
    from harness.train.answer_trainer import dataset_of, sequences_of
    from harness.train.job import course_of
    from harness.train.trainer import make_trainer
    from harness.train.watch import keep_by_the_clock, watch

    data = sequences_of(job.train, job.config)
    trainer = make_trainer(job, schedule, (data, dataset_of(())))
    with ProgressBar("training", "steps", schedule.steps, 0) as bar:
        trainer.add_callback(watch(bar, job.work / "tensorboard", course_of(job, len(data))))
        trainer.add_callback(keep_by_the_clock())
        return _timed(trainer, job)


def _trl(job: "Job", schedule: "Schedule", settings: dict[str, object]) -> dict:
    """Train as a plain script does: the same model, rows, adapter and rates; else TRL's own settings."""
    from trl import SFTConfig, SFTTrainer

    from harness.train.answer_trainer import dataset_of
    from harness.train.method import lora_config, quantization_of
    from harness.train.quantized import load_tokenizer, load_weights

    config, on_gpu = job.config, job.device.kind == "cuda"
    if settings.get("packing"):  # so that a step has about as many tokens as one of rows
        mean = sum(len(row.input_ids) for row in job.train) / len(job.train)
        settings = settings | {"max_length": int(mean * config.rows_per_batch)}
    arguments = SFTConfig(
        output_dir=str(job.work),
        max_steps=schedule.steps,
        per_device_train_batch_size=1 if settings.get("packing") else config.rows_per_batch,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup_ratio,
        seed=config.seed,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        gradient_checkpointing=False,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        **settings,
    )
    attention = "sdpa" if job.batches.padded or not settings.get("padding_free") else job.batches.attention
    trainer = SFTTrainer(
        model=load_weights(job.base, job.device, quantization_of(config), attention),
        args=arguments,
        train_dataset=dataset_of(job.train),
        processing_class=load_tokenizer(job.base, job.rendering),
        peft_config=lora_config(config, job.place),
    )
    return _timed(trainer, job)


def _timed(trainer: "SFTTrainer", job: "Job") -> dict:
    """Train, and return what the steps took, read and lost. On a GPU the clock starts after ``WARM`` steps."""
    import torch
    from transformers import TrainerCallback

    on_gpu = job.device.kind == "cuda"
    read, ends = [], []

    class Clock(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def on_step_begin(self, *_: object, **__: object) -> None:
            if not ends:
                ends.append(_now(on_gpu))

        def on_step_end(self, *_: object, **__: object) -> None:
            ends.append(_now(on_gpu))

    inner = trainer.training_step

    def step(model: object, inputs: dict, *rest: object) -> object:
        mask = inputs.get("attention_mask")
        size = inputs["input_ids"].numel()
        padding = 0 if mask is None or mask.dim() > 2 else int((mask == 0).sum())
        read.append((size, padding))
        return inner(model, inputs, *rest)

    trainer.training_step = step
    trainer.add_callback(Clock())
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    warm = WARM if on_gpu else 0
    size, padding = (sum(one) for one in zip(*read[warm:], strict=True))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {
        "tokens": size - padding,
        "padding": padding / size,
        "seconds": ends[-1] - ends[warm],
        "losses": losses,
    }


def _now(on_gpu: bool) -> float:
    if not on_gpu:
        return time.process_time()
    import torch

    torch.cuda.synchronize()
    return time.monotonic()


def _peak_mb(job: "Job") -> float:
    """Return the most memory so far in MB: of the GPU, or of this process."""
    if job.device.kind == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
