"""``harness train --launch``: start the processes of a training with torch's or accelerate's launcher, and wait.

A number is that many processes on this machine; a file is an accelerate configuration, for several machines too; a name
is a configuration that TRL ships, for all GPUs that are visible.
"""

import logging
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.weights.hardware import this_cpu
from harness.errors import ConfigError, TrainingError
from harness.models.foreign import reading
from harness.records.record import Record
from harness.text.toml import nearest
from harness.text.visible import for_terminal
from harness.train.several.refused import refuse_launch
from harness.train.spread import LAUNCHED, Spread, sharding_of

if TYPE_CHECKING:
    from accelerate.commands.config.config_args import ClusterConfig

SHIPPED = ("multi_gpu", "fsdp1", "fsdp2", "zero1", "zero2", "zero3")
"""Names of files in ``trl/accelerate_configs``; single_gpu starts one process, which needs no launcher."""
MODULE = ("-m", "harness.cli")


class Launch(Record, frozen=True, kw_only=True):
    """What to start: ``spread`` over all machines; ``file`` is accelerate's configuration, None for a plain number."""

    spread: Spread
    file: Path | None = None
    is_shipped: bool = False


def read_launch(wanted: str) -> Launch:
    """Return what ``--launch`` asks for.

    Raises:
        ConfigError: it is neither a number, nor a file, nor a name that TRL ships; or the file is wrong.
        TrainingError: there are not so many GPUs.
    """
    if wanted.isdecimal():
        return _of_number(int(wanted))
    is_shipped = wanted in SHIPPED
    file = shipped_file(wanted) if is_shipped else Path(wanted)
    if not file.is_file():
        shown = for_terminal(wanted, 60)
        raise ConfigError(
            f"--launch {shown}: neither a number of processes, nor a file of `accelerate config`, nor a configuration "
            f"that TRL ships; {nearest(wanted, SHIPPED)}"
        )
    config = _read(file)
    environment = environment_of(config)
    if config.use_cpu or config.distributed_type == "MULTI_CPU":
        return _of_number(config.num_processes)
    processes = _gpus(wanted) if is_shipped else config.num_processes
    _refuse(config, processes, file)
    spread = Spread(processes=processes, sharding=sharding_of(environment))
    refuse_launch(spread, environment)
    return Launch(spread=spread, file=file, is_shipped=is_shipped)


def shipped_file(name: str) -> Path:
    """Return the file of a configuration that TRL ships."""
    import trl

    return Path(trl.__file__).parent / "accelerate_configs" / f"{name}.yaml"


def environment_of(config: "ClusterConfig") -> dict[str, str]:
    """Return what ``accelerate launch`` tells processes of a configuration, as far as the harness looks at it."""
    told = {"ACCELERATE_MIXED_PRECISION": str(config.mixed_precision or "no")}
    if config.distributed_type == "FSDP":
        told["ACCELERATE_USE_FSDP"] = "true"
        for name in ("fsdp_version", "fsdp_state_dict_type", "fsdp_activation_checkpointing"):
            if name in config.fsdp_config:
                told[name.upper()] = str(config.fsdp_config[name])
        told["FSDP_ACTIVATION_CHECKPOINTING"] = told.get("FSDP_ACTIVATION_CHECKPOINTING", "false").lower()
    if config.distributed_type == "DEEPSPEED":
        told["ACCELERATE_USE_DEEPSPEED"] = "true"
        told["ACCELERATE_DEEPSPEED_ZERO_STAGE"] = str(config.deepspeed_config.get("zero_stage", "2"))
        if "deepspeed_config_file" in config.deepspeed_config:
            told["ACCELERATE_DEEPSPEED_CONFIG_FILE"] = str(config.deepspeed_config["deepspeed_config_file"])
    if config.distributed_type == "MEGATRON_LM":
        told["ACCELERATE_USE_MEGATRON_LM"] = "true"
    return told | {name.upper(): str(value) for name, value in config.parallelism_config.items()}


def start(launch: Launch, arguments: Sequence[str], module: Sequence[str] = MODULE) -> int:
    """Start the processes with the arguments of the ``harness`` command, and return their exit code when all ended.

    Where one fails, the launcher ends the others.

    Raises:
        TrainingError: the system ended a process, or the launcher can't start them.
    """
    logging.disable(logging.CRITICAL)  # the launcher's; the processes tell what is wrong
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, len(this_cpu().cores) // launch.spread.processes)))
    os.environ[LAUNCHED] = "1"
    if launch.file is None:
        from torch.distributed import run

        wanted = ["--standalone", "--nproc_per_node", str(launch.spread.processes), *module, *arguments]
        return _waited(lambda: run.main(wanted), launch)
    from accelerate.commands.launch import launch_command, launch_command_parser

    own = ("--num_processes", str(launch.spread.processes), "--main_process_port", "0") if launch.is_shipped else ()
    parsed = launch_command_parser().parse_args(["--config_file", str(launch.file), *own, *module, *arguments])
    return _waited(lambda: launch_command(parsed), launch)


def _waited(run: Callable[[], object], launch: Launch) -> int:
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        run()
    except ChildFailedError as failed:
        rank, failure = failed.get_first_failure()
        return _code_of(rank, failure.exitcode, launch)
    except SignalException as stopped:
        return 128 + int(stopped.sigval)
    except (ValueError, ImportError, ConnectionError, AssertionError) as problem:
        raise TrainingError(f"the processes can't be started: {for_terminal(str(problem), None)}") from problem
    return 0


def _code_of(rank: int, code: int, launch: Launch) -> int:
    if code >= 0:
        return code
    raise TrainingError(
        f"process {rank} of {launch.spread.processes} was ended by {signal.Signals(-code).name}, so the others were "
        "too; the system does so where memory runs out. Give the same command again: it continues from the last "
        "checkpoint"
    )


def _of_number(processes: int) -> Launch:
    if processes < 1:
        raise ConfigError("--launch 0: there must be a process at least")
    import torch

    found = torch.cuda.device_count()
    if torch.cuda.is_available() and processes > found:
        raise TrainingError(
            f"--launch {processes}: this machine has {found} GPUs, and each process needs one of its own"
        )
    return Launch(spread=Spread(processes=processes))


def _gpus(name: str) -> int:
    """Return how many GPUs are visible."""
    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not found:
        raise TrainingError(
            f"--launch {name}: needs GPUs, and there is none here; --launch 2 trains in two processes on the CPU"
        )
    return found


def _read(file: Path) -> "ClusterConfig":
    """Return accelerate's configuration in a file.

    Raises:
        ConfigError: it can't be read, or is for Amazon SageMaker.
    """
    from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file

    with reading(f"{file}: not a configuration of accelerate:", ConfigError):
        config = load_config_from_file(str(file))
    if not isinstance(config, ClusterConfig):
        raise ConfigError(f"{file}: is for Amazon SageMaker, which starts processes itself; start there")
    return config


def _refuse(config: "ClusterConfig", processes: int, file: Path) -> None:
    kind = str(getattr(config.distributed_type, "value", config.distributed_type))
    if kind == "NO":
        raise ConfigError(f"{file}: distributed_type: NO starts one process; set MULTI_GPU, or leave --launch out")
    if kind not in {"MULTI_GPU", "FSDP", "DEEPSPEED"}:
        raise ConfigError(
            f"{file}: distributed_type: {for_terminal(kind, 40)} is not offered; known are MULTI_GPU, FSDP, "
            "DEEPSPEED and MULTI_CPU"
        )
    if processes < 1:
        raise ConfigError(f"{file}: num_processes is missing; set it to the number of GPUs of all machines")
