"""TRL's configuration of a training: what the harness sets, and the table [trainer] over it."""

from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.models.foreign import reading
from harness.train.attention import BY_LENGTH, ORDER
from harness.train.job import Job, Schedule
from harness.train.passed_on import REPORT, trainer_settings
from harness.train.trackers import trackers_of

if TYPE_CHECKING:
    from trl import SFTConfig


def training_arguments(job: Job, schedule: Schedule, told: str | None = None) -> "SFTConfig":
    """Return TRL's configuration of a job: the harness's own settings, then those of [trainer].

    ``told`` begins the error about a value; unset, the file and the table do.

    Raises:
        ConfigError: TRL doesn't know a key of [trainer], or refuses a value.
    """
    from trl import SFTConfig

    given = trainer_settings(job.config.trainer, job.place)
    with reading(f"{job.place}: [trainer]:" if told is None else told, ConfigError):
        arguments = SFTConfig(**(_ours(job, schedule) | given | {REPORT: trackers_of(given.get(REPORT))}))
    if arguments.n_gpu > 1:  # one process that sees several GPUs trains on its own; DataParallel can't
        arguments._n_gpu = 1  # noqa: SLF001 - there is no other way to say so
    return arguments


def _ours(job: Job, schedule: Schedule) -> dict[str, object]:
    """Return what the harness sets."""
    config, on_gpu = job.config, job.device.kind == "cuda"
    return {
        "output_dir": str(job.work),
        "max_steps": schedule.steps,
        "per_device_train_batch_size": config.rows_per_batch,
        "per_device_eval_batch_size": config.rows_per_batch,
        "gradient_accumulation_steps": config.gradient_accumulation,
        "gradient_checkpointing": config.gradient_checkpointing,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": config.warmup_ratio,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
        "neftune_noise_alpha": config.neftune,
        "padding_free": not job.batches.padded,
        ORDER: BY_LENGTH if job.batches.by_length else "random",
        "max_length": None,
        "include_num_input_tokens_seen": "non_padding" if job.batches.padded else "all",
        "eval_strategy": "steps" if job.best_by else "no",
        "eval_steps": schedule.every,
        "save_strategy": "steps",
        "save_steps": schedule.every,
        "save_total_limit": 2,
        "load_best_model_at_end": job.best_by is not None,
        "metric_for_best_model": job.best_by,
        "greater_is_better": job.stop is not None,
        "restore_callback_states_from_checkpoint": True,
        "prediction_loss_only": True,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "bf16": on_gpu and job.device.dtype == "bfloat16",
        "fp16": on_gpu and job.device.dtype == "float16",
        "use_cpu": not on_gpu,
        "dataloader_pin_memory": on_gpu,
        "ddp_find_unused_parameters": False,
    }
