"""What runs while the trainer works: progress, findings, TensorBoard, checkpoints by the clock, the memory.

A finding is told once, when it is first seen; what all came to in the end is in the manifest.
"""

import math
import time
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.errors import TrainingError
from harness.text.progress import ProgressBar
from harness.text.visible import for_terminal
from harness.train.findings import COOLER, Course, in_history
from harness.train.stopping.log import BEST_BY, falling, gates_in, told

if TYPE_CHECKING:
    import torch
    from transformers import TrainerCallback

SECONDS = "seconds"
"""Key of the training time so far; each entry of the trainer's history gets it, so it survives a kill."""
CHECKPOINT_EVERY_S = 15.0
"""A kill costs at most this much training; by itself the trainer keeps checkpoints only where it validates."""
SHOWN = {
    "loss": "train/loss",
    "eval_loss": "validation/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/gradient_norm",
}


LOOKS = 100
"""How often the log is searched for findings: each search reads all of it."""


class State(Protocol):
    """The part of the trainer's state that is looked at."""

    global_step: int
    max_steps: int
    log_history: Sequence[MutableMapping[str, float]]


class Arguments(Protocol):
    """The part of the trainer's configuration that is looked at."""

    world_size: int
    device: "torch.device"


class Control(Protocol):
    """The part of the trainer's control that is set."""

    should_save: bool


def watch(bar: ProgressBar, events: Path, course: Course) -> "TrainerCallback":
    """Return a callback of the trainer that shows losses and findings, and writes TensorBoard events into a folder."""
    from torch.utils.tensorboard import SummaryWriter
    from transformers import TrainerCallback

    told = _Told(bar, course)

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def __init__(self) -> None:
            self._writer = SummaryWriter(str(events))
            self._started = self._resumed = 0.0

        def on_train_begin(self, _args: object, state: State, _control: object, **_: object) -> None:
            self._resumed = time.monotonic()
            self._started = self._resumed - seconds_so_far(state.log_history)

        def on_log(self, _args: object, state: State, _control: object, logs: Mapping[str, float], **_: object) -> None:
            state.log_history[-1][SECONDS] = time.monotonic() - self._started
            for name, tag in SHOWN.items():
                if name in logs:
                    self._writer.add_scalar(tag, logs[name], state.global_step)
            check_losses(logs, state.global_step, course)
            for name, score in gates_in(logs).items():
                self._writer.add_scalar(f"gates/{name}", score, state.global_step)
            if "loss" in logs:
                bar.show(state.global_step, f"loss {logs['loss']:.3f}", time.monotonic() - self._resumed)
            told.hear(logs, state)

        def on_train_end(self, _args: object, _state: State, _control: object, **_: object) -> None:
            self._writer.close()

    return Watch()


class _Told:
    """Says validation losses and findings, each kind of finding once."""

    def __init__(self, bar: ProgressBar, course: Course) -> None:
        self._bar, self._course = bar, course
        self._kinds: set[str] = set()

    def hear(self, logs: Mapping[str, float], state: State) -> None:
        found = [f"validation loss {logs['eval_loss']:.3f}"] if "eval_loss" in logs else []
        found += [for_terminal(told(logs), None)] if BEST_BY in logs else []
        if found:
            self._bar.say(f"step {state.global_step} of {self._bar.total}: {', '.join(found)}")
        if not found and not is_time_to_look(state.global_step, state.max_steps):
            return
        for finding in (*in_history(state.log_history, self._course), *falling(state.log_history)):
            if finding.kind not in self._kinds:
                self._kinds.add(finding.kind)
                self._bar.say(finding.told)


def stop_at_no_number(course: Course) -> "TrainerCallback":
    """Return a callback of the trainer that ends it where the loss is not a number, as ``watch`` does, and no more.

    For the processes that say and write nothing: all see the same loss, so all stop.
    """
    from transformers import TrainerCallback

    class Stop(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def on_log(self, _args: object, state: State, _control: object, logs: Mapping[str, float], **_: object) -> None:
            check_losses(logs, state.global_step, course)

    return Stop()


def keep_by_the_clock(every_s: float = CHECKPOINT_EVERY_S) -> "TrainerCallback":
    """Return a callback of the trainer that keeps a checkpoint when the last one is ``every_s`` old.

    Of several processes, whose clocks differ, the first one decides: all write a checkpoint, or none.
    """
    from transformers import TrainerCallback

    class KeepByTheClock(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def __init__(self) -> None:
            self._kept = math.inf

        def on_train_begin(self, _args: object, _state: State, _control: Control, **_: object) -> None:
            self._kept = time.monotonic()

        def on_step_end(self, args: Arguments, _state: State, control: Control, **_: object) -> None:
            is_due = time.monotonic() - self._kept >= every_s
            if is_due if args.world_size == 1 else _first_decides(is_due, args.device):
                control.should_save = True

        def on_save(self, _args: object, _state: State, _control: Control, **_: object) -> None:
            self._kept = time.monotonic()

    return KeepByTheClock()


def _first_decides(answer: bool, device: "torch.device") -> bool:
    """Return the first process's answer in each process."""
    import torch

    told = torch.tensor([answer], dtype=torch.uint8, device=device)
    torch.distributed.broadcast(told, 0)
    return bool(told.item())


def seconds_so_far(history: Sequence[Mapping[str, float]]) -> float:
    """Return how long a training had run when its history was last written."""
    return max((entry.get(SECONDS, 0.0) for entry in history), default=0.0)


def is_time_to_look(step: int, steps: int) -> bool:
    """Return whether the log is searched for findings after a step.

    >>> [is_time_to_look(step, 400) for step in (1, 4, 6, 400)], is_time_to_look(3, 20)
    ([False, True, False, True], True)
    """
    return step == steps or step % max(1, steps // LOOKS) == 0


def check_losses(logs: Mapping[str, float], step: int, course: Course) -> None:
    """Refuse to continue where the log of a step has a loss that is not a number.

    Raises:
        TrainingError: as for ``check_loss``.
    """
    for key, name in (("eval_loss", "validation loss"), ("loss", "loss")):
        if key in logs:
            check_loss(logs[key], step, course, name)


def check_loss(loss: float, step: int, course: Course, name: str = "loss") -> None:
    """Refuse to continue with a loss that is not a number: nothing more would be learned.

    Raises:
        TrainingError: the loss is infinite or not a number.
    """
    if not math.isfinite(loss):
        cooler = course.learning_rate / COOLER
        raise TrainingError(
            f"the {name} is {loss} at step {step}; lower learning_rate to {cooler:.2g}, or max_grad_norm, then "
            "train again"
        )


class Peak:
    """How full a GPU was while steps went well, for the advice when it is full."""

    def __init__(self) -> None:
        self.before = self.most = 0

    def callback(self) -> "TrainerCallback":
        """Return a callback of the trainer that measures after each step."""
        import torch
        from transformers import TrainerCallback

        peak = self

        class WatchMemory(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
            def on_train_begin(self, _args: object, _state: object, _control: object, **_: object) -> None:
                peak.before = torch.cuda.memory_allocated()
                torch.cuda.reset_peak_memory_stats()

            def on_step_end(self, _args: object, _state: object, _control: object, **_: object) -> None:
                peak.most = torch.cuda.max_memory_allocated()

        return WatchMemory()
