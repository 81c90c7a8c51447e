"""Show people how far a slow part is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.records.asked import Response

LINE_EVERY_S = 15.0


def say(text: str) -> None:
    """Print one line of progress to standard error, which pytest and pipes leave alone."""
    print(text, file=sys.__stderr__, flush=True)


def watch(responses: Iterator[Response], total: int) -> Iterator[Response]:
    """Pass responses through and show: answered / total, tokens per second, time left, errors so far."""
    counts = _Counts(total)
    console = Console(file=sys.__stderr__)
    if not console.is_terminal:
        yield from _lines(responses, counts)
        return
    columns = (
        TextColumn("asking"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rest]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("asking", total=total, rest="")
        for response in responses:
            counts.add(response)
            bar.update(task, advance=1, rest=counts.rest())
            yield response


def _lines(responses: Iterator[Response], counts: "_Counts") -> Iterator[Response]:
    say(f"asking {counts.total} requests")
    last = time.monotonic()
    for response in responses:
        counts.add(response)
        if time.monotonic() - last > LINE_EVERY_S or counts.answered == counts.total:
            last = time.monotonic()
            say(f"answered {counts.answered}/{counts.total}, {counts.rest()}, {counts.left()} left")
        yield response


class _Counts:
    """What has come so far. The clock starts with the first answer, since starting a server is no asking."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.answered = 0
        self._tokens = 0
        self._errors = 0
        self._started = 0.0

    def add(self, response: Response) -> None:
        self._started = self._started or time.monotonic() - response.seconds
        self.answered += 1
        self._tokens += response.tokens_out or 0
        self._errors += response.error is not None

    def rest(self) -> str:
        rate = self._tokens / max(time.monotonic() - self._started, 1e-9)
        return f"{rate:,.0f} tokens/s, {self._errors} errors"

    def left(self) -> str:
        spent = time.monotonic() - self._started
        seconds = spent / self.answered * (self.total - self.answered)
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
