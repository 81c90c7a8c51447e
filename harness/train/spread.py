"""Over how many processes a training is spread, and what each of them holds, as a launcher's environment says."""

import os
from collections.abc import Mapping
from typing import Literal

from harness.errors import TrainingError
from harness.records.record import Record

Sharding = Literal["none", "fsdp1", "fsdp2", "zero1", "zero2", "zero3"]
"""What is shared out among the processes. "none" is DDP: each has all weights."""
OF_LAUNCHERS = {"count": "WORLD_SIZE", "index": "RANK", "local": "LOCAL_RANK"}
"""Variables that ``torchrun`` and ``accelerate launch`` set for each process."""


class Spread(Record, frozen=True, kw_only=True):
    """How many processes train together, each on a GPU of its own or on the CPU, and what they share out."""

    processes: int = 1
    sharding: Sharding = "none"

    @property
    def is_whole(self) -> bool:
        """Whether each process has all weights."""
        return self.sharding in {"none", "zero1", "zero2"}

    @property
    def told(self) -> str:
        """In words.

        >>> Spread().told, Spread(processes=2).told, Spread(processes=4, sharding="fsdp2").told
        ('one process', '2 processes, DDP', '4 processes, FSDP2')
        """
        if self == ONE:
            return "one process"
        words = {"none": "DDP", "fsdp1": "FSDP1", "fsdp2": "FSDP2"}
        told = words.get(self.sharding) or f"DeepSpeed ZeRO-{self.sharding[-1]}"
        return f"{self.processes} process{'es' if self.processes > 1 else ''}, {told}"


ONE = Spread()


LAUNCHED = "HARNESS_LAUNCHED"
"""The variable that ``harness train --launch`` sets for the processes that it starts."""


class Member(Record, frozen=True, kw_only=True):
    """This process among those of a training. ``index`` counts from 0; 0 is the one that reads, says and writes.

    ``is_launched`` says that ``harness train --launch`` started it, and tells how it ended.
    """

    spread: Spread = ONE
    index: int = 0
    is_launched: bool = False


def member_of(environment: Mapping[str, str] = os.environ) -> Member:
    """Return which process of a training this is.

    >>> member_of({}) == Member()
    True

    Raises:
        TrainingError: the launcher's variables contradict each other.
    """
    count, index = (
        _number(environment, OF_LAUNCHERS[name], at_first) for name, at_first in (("count", 1), ("index", 0))
    )
    if not 0 <= index < count:
        raise TrainingError(
            f"RANK is {index} and WORLD_SIZE is {count}, which can't be: start with `harness train FILE --launch`, "
            "`accelerate launch` or `torchrun`"
        )
    spread = Spread(processes=count, sharding=sharding_of(environment))
    return Member(spread=spread, index=index, is_launched=LAUNCHED in environment)


def sharding_of(environment: Mapping[str, str]) -> Sharding:
    """Return what processes with this environment share out, by the variables of ``accelerate launch``.

    A DeepSpeed configuration in a file of its own is taken for stage 3, which shares out everything.

    >>> sharding_of({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"})
    'fsdp2'
    """
    if _is_set(environment, "ACCELERATE_USE_FSDP"):
        return "fsdp2" if environment.get("FSDP_VERSION", "1") == "2" else "fsdp1"
    if _is_set(environment, "ACCELERATE_USE_DEEPSPEED"):
        stage = "3" if "ACCELERATE_DEEPSPEED_CONFIG_FILE" in environment else None
        stages: dict[str, Sharding] = {"0": "none", "1": "zero1", "2": "zero2", "3": "zero3"}
        return stages.get(stage or environment.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2"), "zero3")
    return "none"


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "false").lower() in {"true", "1", "yes"}


def _number(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    told = environment.get(name, str(otherwise))
    if not told.isdecimal():
        raise TrainingError(
            f"{name} is not a number; it is set by `accelerate launch` or `torchrun`: unset it, or start there"
        )
    return int(told)
