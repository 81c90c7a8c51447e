"""Show people how far a slow part is: a bar on a terminal, a line now and then elsewhere; always on standard error."""

import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from harness.records.answered import Response
from harness.text.figures import count

LINE_EVERY_S = 15.0
DRAW_EVERY_S = 0.1
"""How often the bar gets new figures: more often than people see costs more time than asking."""


def say(text: str) -> None:
    """Print one line of progress to standard error, which pytest and pipes leave alone."""
    print(text, file=sys.__stderr__, flush=True)


def time_of(seconds: float) -> str:
    """Return a duration as minutes and seconds.

    >>> time_of(187.4)
    '3:07'
    """
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


class ProgressBar:
    """A context manager around one slow part, of ``total`` units of which ``done`` were done earlier."""

    def __init__(self, name: str, unit: str, total: int, done: int = 0) -> None:
        self.total = total
        self._name, self._unit = name, unit
        self._first = done
        self._shown = 0.0
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._console = Console(file=sys.__stderr__)
        self._has_bar = self._console.is_terminal
        self._bar = Progress(
            TextColumn(name),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{unit}, {{task.fields[rest]}}", markup=False),
            console=self._console,
        )
        self._task = self._bar.add_task(name, total=total, completed=done, rest="starting")

    def __enter__(self) -> Self:
        """Show the bar on a terminal, or say how much there is to do."""
        if self._has_bar:
            self._bar.start()
        else:
            self.say(f"{self._name}: {self.total} {self._unit}")
            self._shown = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._has_bar:
            self._bar.stop()

    def is_due(self, done: int) -> bool:
        """Return whether ``show`` would change what people see: the last unit is done, or some time has passed."""
        every_s = DRAW_EVERY_S if self._has_bar else LINE_EVERY_S
        return done == self.total or time.monotonic() - self._shown > every_s

    def show(self, done: int, rest: str, spent_s: float) -> None:
        """Show how many are done, then ``rest``; ``spent_s`` is the time since the first of this part.

        The time left is computed from it. What was done before this part does not count.
        """
        if not self.is_due(done):
            return
        self._shown = time.monotonic()
        now_done = done - self._first
        left = spent_s / now_done * (self.total - done) if now_done else 0.0
        rest = f"{rest}{', ' if rest else ''}{time_of(left)} left"
        if self._has_bar:
            self._bar.update(self._task, completed=done, rest=rest)
        else:
            self.say(f"{self._name}: {done} of {self.total} {self._unit}, {rest}")

    def say(self, text: str) -> None:
        """Print one line that stays, above the bar."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def watch(responses: Iterator[Response], total: int) -> Iterator[Response]:
    """Pass responses through and show: answered / total, tokens per second, errors so far, time left."""
    counts = _Counts()
    with ProgressBar("asking", "requests", total) as bar:
        for response in responses:
            counts.add(response)
            if bar.is_due(counts.answered):
                bar.show(counts.answered, counts.rest(), counts.spent_s())
            yield response


class _Counts:
    """What has come so far. The clock starts with the first answer, since starting a server is not asking."""

    def __init__(self) -> None:
        self.answered = 0
        self._tokens = 0
        self._errors = 0
        self._started = 0.0

    def add(self, response: Response) -> None:
        self._started = self._started or time.monotonic() - response.seconds
        self.answered += 1
        self._tokens += response.tokens_out or 0
        self._errors += response.error is not None

    def spent_s(self) -> float:
        return time.monotonic() - self._started

    def rest(self) -> str:
        return f"{self._tokens / max(self.spent_s(), 1e-9):,.0f} tokens/s, {count(self._errors, 'error')}"
