"""Show how far a training is: a bar on a terminal, a line now and then elsewhere; always on standard error."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

LINE_EVERY_S = 15.0


class TrainingProgress:
    """A context manager around one training. Steps done before a kill count as done, but not in the time left."""

    def __init__(self, total: int, done: int) -> None:
        self._console = Console(file=sys.stderr)
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, {task.fields[rest]}"),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("training", total=total, completed=done, rest="starting")
        self._total = total
        self._first = self._done = done
        self._loss = ""
        self._started = self._said = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock, and the bar on a terminal."""
        self._started = self._said = time.monotonic()
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._console.is_terminal:
            self._bar.stop()

    def train_loss(self, step: int, loss: float) -> None:
        """Show a finished step with its loss."""
        self._done = step
        self._loss = f"loss {loss:.3f}"
        self._bar.update(self._task, completed=step, rest=self._rest())
        if not self._console.is_terminal and time.monotonic() - self._said > LINE_EVERY_S:
            self._said = time.monotonic()
            self.say(f"training: step {step}/{self._total}, {self._rest()}")

    def validation_loss(self, step: int, loss: float) -> None:
        """Say a validation loss on a line that stays."""
        self.say(f"step {step}/{self._total}: validation loss {loss:.3f}")

    def say(self, text: str) -> None:
        """Print one line above the bar."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _rest(self) -> str:
        steps = self._done - self._first
        spent = time.monotonic() - self._started
        left = spent / steps * (self._total - self._done) if steps else 0.0
        return f"{self._loss}, {time_of(left)} left"


def time_of(seconds: float) -> str:
    """Return a duration as minutes and seconds.

    >>> time_of(187.4)
    '3:07'
    """
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
