"""The tables [trainer] and [lora], handed to TRL's SFTConfig and PEFT's LoraConfig as they are.

A key that these don't know is refused with the nearest one; a key that the harness sets, with the setting to use.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import msgspec

from harness.errors import ConfigError
from harness.records.record import Json
from harness.text.toml import nearest
from harness.text.visible import for_terminal

BY_ITSELF = ""
"""In place of a setting: the harness decides it, and has none."""
OF_TRAINER = {
    "output_dir": "output",
    "max_steps": "epochs and max_tokens",
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "rows_per_batch",
    "per_device_eval_batch_size": "rows_per_batch",
    "auto_find_batch_size": "rows_per_batch",
    "gradient_accumulation_steps": "gradient_accumulation",
    "gradient_checkpointing": "gradient_checkpointing",
    "learning_rate": "learning_rate",
    "warmup_steps": "warmup_ratio",
    "max_grad_norm": "max_grad_norm",
    "neftune_noise_alpha": "neftune",
    "seed": "seed",
    "packing": "packing",
    "packing_strategy": "packing",
    "eval_packing": "packing",
    "max_length": "max_length",
    "truncation_mode": "max_length",
    "padding_free": "attention",
    "assistant_only_loss": "loss_on",
    "completion_only_loss": "loss_on",
    "chat_template_path": "chat_template",
    "eval_strategy": "validations",
    "eval_steps": "validations",
    "eval_on_start": "validations",
    "eval_delay": "validations",
    "save_strategy": "validations",
    "save_steps": "validations",
    "load_best_model_at_end": "validation",
    "metric_for_best_model": "validation",
    "greater_is_better": "validation",
    "model_init_kwargs": "base_model, quantization and attention",
    **dict.fromkeys(
        (
            *("include_num_input_tokens_seen", "prediction_loss_only", "logging_strategy", "logging_steps"),
            *("logging_first_step", "logging_nan_inf_filter", "disable_tqdm", "log_level", "bf16", "fp16"),
            *("use_cpu", "dataset_kwargs", "dataset_text_field", "dataset_num_proc", "eos_token", "pad_token"),
            *("trust_remote_code", "loss_type", "label_smoothing_factor", "use_liger_kernel", "liger_kernel_config"),
            *("push_to_hub", "hub_token", "hub_private_repo", "hub_model_id", "hub_strategy", "hub_always_push"),
            *("hub_revision", "do_train", "do_eval", "do_predict", "resume_from_checkpoint", "local_rank"),
            *("remove_unused_columns", "label_names", "length_column_name", "ignore_data_skip", "save_only_model"),
            *("restore_callback_states_from_checkpoint", "use_cache"),
            *("log_level_replica", "log_on_each_node"),
            *("include_for_metrics", "batch_eval_metrics", "eval_do_concat_batches", "eval_use_gather_object"),
            *("eval_accumulation_steps", "skip_memory_metrics", "router_aux_loss_coef"),
            *("dataloader_drop_last", "accelerator_config", "parallelism_config", "fsdp", "fsdp_config", "deepspeed"),
            *("ddp_backend", "ddp_timeout"),
        ),
        BY_ITSELF,
    ),
}
"""Keys of SFTConfig that the harness sets, or whose effect it has replaced, and the setting to use instead."""
REPORT = "report_to"
OF_REPORTS = ("run_name", "project", "trackio_space_id", "trackio_bucket_id", "trackio_static_space_id")
"""Keys of SFTConfig that say where reports go; without ``REPORT`` they would do nothing."""
OF_LORA = {
    "r": "lora_rank",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "target_modules": "targets",
    "use_rslora": "rslora",
    "use_dora": "method",
    "init_lora_weights": "init",
    **dict.fromkeys(
        (
            *("task_type", "peft_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision"),
            *("inference_mode", "runtime_config", "eva_config", "corda_config", "lora_ga_config", "loftq_config"),
            *("megatron_config", "megatron_core"),
        ),
        BY_ITSELF,
    ),
}
"""Keys of LoraConfig that the harness sets, and the setting to use instead."""


def lora_settings(given: Mapping[str, Json], place: Path) -> dict[str, Json]:
    """Return the table [lora], checked.

    Raises:
        ConfigError: a key is unknown or ours, or a value has another type.
    """
    from peft import LoraConfig

    return _checked(given, LoraConfig, OF_LORA, f"{place}: [lora]")


def trainer_settings(given: Mapping[str, Json], place: Path) -> dict[str, Json]:
    """Return the table [trainer], checked.

    Raises:
        ConfigError: a key is unknown or ours, or a value has another type.
    """
    from trl import SFTConfig

    found = _checked(given, SFTConfig, OF_TRAINER, f"{place}: [trainer]")
    if (alone := [name for name in OF_REPORTS if name in found]) and not found.get(REPORT):
        raise ConfigError(f"{place}: [trainer]: `{alone[0]}` does nothing without `{REPORT}`")
    return found


def _checked(given: Mapping[str, Json], kind: type, ours: Mapping[str, str], place: str) -> dict[str, Json]:
    known = [field.name for field in fields(kind)]
    hints = get_type_hints(kind)
    for key, value in given.items():
        _refuse_key(key, known, ours, place)
        if told := _misfit(value, hints[key]):
            raise ConfigError(f"{place}: `{key}`: {told}")
    return dict(given)


def _refuse_key(key: str, known: Collection[str], ours: Mapping[str, str], place: str) -> None:
    shown = for_terminal(key, 60)
    if key not in known:
        free = [name for name in known if name not in ours]
        raise ConfigError(f"{place}: unknown key `{shown}`; {nearest(key, free)}")
    if key in ours:
        instead = f"set {ours[key]} above the tables" if ours[key] else "the harness decides it"
        raise ConfigError(f"{place}: `{shown}` can't be set here: {instead}")


def _misfit(value: Json, hint: object) -> str | None:
    """Return what is wrong with a value by the type that a library's signature has; None where that says nothing."""
    try:
        msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as problem:
        return for_terminal(str(problem))
    except TypeError:  # a type that msgspec doesn't know
        return None
    return None
