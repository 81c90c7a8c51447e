"""Show people how far a slow part is: a bar on a terminal, a line now and then elsewhere; always on standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from harness.records.answered import Response
from harness.text.figures import count

if TYPE_CHECKING:
    from rich.text import Text

LINE_EVERY_S = 15.0
DRAW_EVERY_S = 0.1
"""How often the bar gets new figures: more often than people see costs more time than asking."""
WIDTH = 20
"""Characters of the bar: what is right of it says more."""

_drawn: "list[ProgressBar]" = []
"""The bar on the terminal, while there is one: what else is said goes above it. A process has one terminal."""


def say(text: str) -> None:
    """Print one line of progress to standard error, which pytest and pipes leave alone; above a bar that is drawn."""
    if _drawn:
        _drawn[-1].say(text)
    else:
        print(text, file=sys.__stderr__, flush=True)


def time_of(seconds: float) -> str:
    """Return a duration as minutes and seconds.

    >>> time_of(187.4)
    '3:07'
    """
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


class ProgressBar:
    """A context manager around one slow part, of ``total`` units of which ``done`` were done earlier.

    ``now`` says what holds at this moment, whatever was shown last: the bar asks it each time that it is drawn.
    """

    def __init__(self, name: str, unit: str, total: int, done: int = 0, now: Callable[[], str] = str) -> None:
        self.total = total
        self._name, self._unit = name, unit
        self._first = done
        self._shown = 0.0
        self._now, self._rest, self._left = now, "starting", ""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, RenderableColumn, TextColumn

        self._console = Console(file=sys.__stderr__)
        self._has_bar = self._console.is_terminal
        self._bar = Progress(
            TextColumn(name),
            BarColumn(WIDTH),
            MofNCompleteColumn(),
            RenderableColumn(self),
            console=self._console,
        )
        self._task = self._bar.add_task(name, total=total, completed=done)

    def __enter__(self) -> Self:
        """Show the bar on a terminal, or say how much there is to do."""
        if self._has_bar:
            self._bar.start()
            _drawn.append(self)
        else:
            self.say(f"{self._name}: {self.total} {self._unit}")
            self._shown = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._has_bar:
            _drawn.remove(self)
            self._bar.stop()

    def __rich__(self) -> "Text":
        """Return what is right of the bar, each time that it is drawn."""
        from rich.text import Text

        return Text(f"{self._unit}, {self._told()}")

    def _told(self) -> str:
        return ", ".join(part for part in (self._rest, self._now(), self._left) if part)

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
        self._rest, self._left = rest, f"{time_of(left)} left"
        if self._has_bar:
            self._bar.update(self._task, completed=done)
        else:
            self.say(f"{self._name}: {done} of {self.total} {self._unit}, {self._told()}")

    def say(self, text: str) -> None:
        """Print one line that stays, above the bar."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def watch(responses: Iterator[Response], total: int, replicas: Callable[[], str] = str) -> Iterator[Response]:
    """Pass responses through and show: answered / total, tokens per second, errors so far, replicas, time left.

    ``replicas`` says how many replicas answer now; nothing where there are none.
    """
    counts = _Counts()
    with ProgressBar("asking", "requests", total, now=replicas) as bar:
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
