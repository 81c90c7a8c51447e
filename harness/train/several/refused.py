"""What can't be trained in the processes that a launcher has started, refused before anything is loaded."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from harness.errors import ConfigError, TrainingError
from harness.train.config import TrainConfig
from harness.train.method import OF_THE_WEIGHTS, quantization_of
from harness.train.quantized import this_device
from harness.train.spread import Spread

PARALLEL = ("TP", "CP", "SP")
"""Ways of accelerate to have several processes read the same rows, which the loss here doesn't know."""


def refuse_spread(
    config: TrainConfig, spread: Spread, place: Path, environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse what processes can't do with these settings; ``environment`` is what the launcher has set.

    Raises:
        ConfigError: the settings in ``place`` don't fit.
        TrainingError: the launcher's configuration doesn't, or a package is missing.
    """
    refuse_launch(spread, environment)
    if config.stop_by is not None and spread.processes > 1:
        raise ConfigError(
            f"{place}: stop_by asks a suite in one process, and this training has {spread.processes}; leave stop_by "
            "out, and set `validation`"
        )
    if spread.is_whole:
        return
    sharing = spread.told.partition(", ")[2]
    if quantization_of(config) == "int8":
        raise ConfigError(
            f'{place}: quantization = "int8" can\'t be shared out by {sharing}; set "nf4", or launch multi_gpu'
        )
    if config.method != "full" and config.init.partition("_niter_")[0] in OF_THE_WEIGHTS:
        raise ConfigError(
            f'{place}: init = "{config.init}" is computed from all weights, which {sharing} shares out; set another '
            "init, or launch multi_gpu"
        )
    if config.gradient_checkpointing and environment.get("FSDP_ACTIVATION_CHECKPOINTING", "false") == "true":
        raise ConfigError(
            f"{place}: gradient_checkpointing and the launcher's fsdp_activation_checkpointing are the same thing "
            "twice; leave one out"
        )


def refuse_launch(spread: Spread, environment: Mapping[str, str]) -> None:
    """Refuse what a launcher asks for and can't be done, whatever is trained.

    Raises:
        TrainingError: there is something; the text says what to launch instead.
    """
    if environment.get("ACCELERATE_USE_MEGATRON_LM", "false") == "true":
        raise TrainingError("Megatron-LM is another trainer; launch multi_gpu, fsdp2 or zero3")
    if environment.get("ACCELERATE_MIXED_PRECISION") == "fp8":
        raise TrainingError("mixed_precision: fp8 is not offered; set bf16 in accelerate's configuration")
    for name in PARALLEL:
        if environment.get(f"PARALLELISM_CONFIG_{name}_SIZE", "1") != "1":
            raise TrainingError(
                f"parallelism_config_{name.lower()}_size in accelerate's configuration has processes read the same "
                "rows, which is not offered; leave it out: FSDP shares out the weights"
            )
    if spread.sharding != "none":
        _refuse_sharding(spread, environment)


def _refuse_sharding(spread: Spread, environment: Mapping[str, str]) -> None:
    sharing = spread.told.partition(", ")[2]
    if spread.sharding.startswith("zero") and find_spec("deepspeed") is None:
        raise TrainingError(
            f"{sharing} needs the package deepspeed, which is not installed; install it, or launch fsdp2"
        )
    device = this_device()
    if device.kind == "cpu":
        raise TrainingError(
            f"{sharing} needs GPUs, and there is none here; --launch 2 trains in two processes on the CPU"
        )
    if device.dtype != "bfloat16":
        raise TrainingError(
            f"{sharing} computes in bfloat16, which {device.name} doesn't have; launch multi_gpu, or take GPUs from "
            "Ampere on"
        )
    if environment.get("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT") == "LOCAL_STATE_DICT":
        raise TrainingError(
            "fsdp_state_dict_type: LOCAL_STATE_DICT leaves no whole adapter; set FULL_STATE_DICT in accelerate's "
            "configuration"
        )
