"""Settings of [trainer] tried before any weights are loaded: TRL's configuration, and what is made of it.

What can only fail in a training becomes one line there, which names the keys that were handed on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError, HarnessError, TrainingError
from harness.models.foreign import reading, reason_of
from harness.text.figures import join
from harness.text.visible import for_terminal
from harness.train.arguments import training_arguments
from harness.train.attention import ORDER, ORDERS
from harness.train.config import TrainConfig
from harness.train.job import Job, Schedule

if TYPE_CHECKING:
    from trl import SFTConfig

OF_THE_MODEL = ("adalomo", "apollo", "galore", "lomo")
"""How the names of optimizers begin that are made of the model's own modules."""


def tried_arguments(job: Job, schedule: Schedule) -> "SFTConfig":
    """Return TRL's configuration of a job, of which optimizer, schedule and loader can be made.

    Raises:
        ConfigError: TRL doesn't know a key of [trainer], or a value can't be used; the text has the keys of
            which one, left out, would be enough.
    """
    place = f"{job.place}: [trainer]:"
    try:
        return _try(job, schedule, place)
    except ConfigError as problem:
        keys = [key for key in job.config.trainer if _is_enough(job, schedule, key)]
        if not keys or f"`{keys[0]}`" in str(problem):
            raise
        return _try(job, schedule, f"{place} {_named(keys)}:")


@contextmanager
def naming_handed_on(job: Job) -> Iterator[None]:
    """Turn what a library raises under [trainer] and [lora] into one line with their keys; without these it passes.

    Raises:
        TrainingError: it has raised something.
    """
    try:
        yield
    except HarnessError:
        raise
    except Exception as problem:
        tables = {"trainer": job.config.trainer, "lora": job.config.lora}
        given = [f"{_named(list(table))} of [{name}]" for name, table in tables.items() if table]
        if not given:
            raise
        raise TrainingError(
            f"{job.place}: the training ended with {type(problem).__name__}: {reason_of(problem)}; if that is due to "
            f"what is handed on as it is ({join(given)}), correct it or leave it out"
        ) from problem


def _named(keys: Sequence[str]) -> str:
    return join([f"`{for_terminal(key, 60)}`" for key in keys])


def _is_enough(job: Job, schedule: Schedule, key: str) -> bool:
    """Return whether the rest of [trainer] can be used without a key."""
    rest = {name: value for name, value in job.config.trainer.items() if name != key}
    config: TrainConfig = msgspec.structs.replace(job.config, trainer=rest)
    try:
        _try(msgspec.structs.replace(job, config=config), schedule, "")
    except ConfigError:
        return False
    return True


def _try(job: Job, schedule: Schedule, told: str) -> "SFTConfig":
    """Return TRL's configuration, once all that can be made of it was; ``told`` begins the error."""
    arguments = training_arguments(job, schedule, told)
    with reading(told, ConfigError):
        _refuse_values(arguments, job)
        _try_optimizer(arguments)
        _try_loader(arguments)
        _try_torch(arguments)
    return arguments


def _refuse_values(arguments: "SFTConfig", job: Job) -> None:
    """Refuse what no library checks."""
    if not arguments.weight_decay >= 0:
        raise ValueError("must be 0 or more")
    if arguments.pad_to_multiple_of is not None and arguments.pad_to_multiple_of < 1:
        raise ValueError("must be 1 or more")
    if getattr(arguments, ORDER) not in ORDERS:
        raise ValueError(f"take one of {join([repr(one) for one in ORDERS])}")
    if arguments.activation_offloading and job.device.kind == "cpu":
        raise ValueError("moves what a GPU holds to the processor's memory, and here is no GPU; leave it out")


def _try_optimizer(arguments: "SFTConfig") -> None:
    import torch
    from transformers import get_scheduler
    from trl import SFTTrainer

    name = for_terminal(str(getattr(arguments.optim, "value", arguments.optim)))
    try:
        kind, settings = SFTTrainer.get_optimizer_cls_and_kwargs(arguments)
    except (ImportError, ValueError) as problem:
        if isinstance(problem, ImportError) or "install" in str(problem) or "import" in str(problem):
            raise ValueError(
                f'"{name}" is not installed here: {reason_of(problem)}; install it, or leave optim out for AdamW'
            ) from problem
        if name.startswith(OF_THE_MODEL):
            return
        raise
    optimizer = kind([torch.nn.Parameter(torch.zeros(1))], **settings)
    if isinstance(optimizer, torch.optim.Optimizer):  # others are made of the model's own weights
        steps, more = {"num_warmup_steps": 0, "num_training_steps": 2}, arguments.lr_scheduler_kwargs
        get_scheduler(arguments.lr_scheduler_type, optimizer, **steps, scheduler_specific_kwargs=more)


def _try_loader(arguments: "SFTConfig") -> None:
    from torch.utils.data import DataLoader

    DataLoader(
        [0],
        num_workers=arguments.dataloader_num_workers,
        persistent_workers=arguments.dataloader_persistent_workers,
        prefetch_factor=arguments.dataloader_prefetch_factor,
    )


def _try_torch(arguments: "SFTConfig") -> None:
    """Try how the model is compiled, and how activations are computed again."""
    import torch
    from torch.utils.checkpoint import checkpoint

    if arguments.torch_compile:
        torch.compile(
            torch.nn.Identity(),
            backend=arguments.torch_compile_backend or "inductor",
            mode=arguments.torch_compile_mode,
        )
    again = arguments.gradient_checkpointing_kwargs
    if again:
        checkpoint(torch.nn.Identity(), torch.zeros(1), **({"use_reentrant": False} | again))
