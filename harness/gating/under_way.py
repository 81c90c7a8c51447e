"""What a session leaves in its run folders while it is under way, for `harness view`. What breaks here ends no run."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import StoreError
from harness.gating.ledger import Ledger
from harness.records.answered import Response
from harness.runs.progress import Progress, Step, claim, remove_progress, write_progress
from harness.text.progress import watch

EVERY_S = 0.5
"""Two small files a second at most, however many runs are under way together."""


@dataclass(frozen=True)
class Named:
    """Whose run it is, by the names that people see, and where its verdicts are."""

    candidate: str
    baseline: str
    ledger: Ledger


class UnderWay:
    """The runs of one session, by their folders, and how far they are.

    Args:
        started: when the session started.
        clock: gives the time in seconds.
    """

    def __init__(self, started: dt.datetime, clock: Callable[[], float] = time.monotonic) -> None:
        self._started = started.isoformat(timespec="seconds")
        self._clock = clock
        self._locks: dict[Path, IO[bytes]] = {}
        self._named: dict[Path, Named] = {}
        self._step: Step = "starting"
        self._answered, self._requests, self._errors = 0, 0, 0
        self._left_s: float | None = None
        self._tests_done, self._tests = 0, 0
        self._written = 0.0
        self.replicas: Callable[[], str] = str
        """Says how many replicas answer now, once the models are known."""

    def claim(self, folder: Path) -> None:
        """Show that the run of this folder is under way, until it is let go or this process ends."""
        with suppress(OSError):  # a full disk, or a file system without locks: then nobody sees it
            self._locks[folder] = claim(folder)

    def begin(self, folder: Path, named: Named) -> None:
        """Say whose run it is."""
        if folder in self._locks:
            self._named[folder] = named

    def start(self, tests: int) -> None:
        """Begin: models are loaded, then asked, for this many tests."""
        self._tests = tests
        self._write()

    def watch(self, responses: Iterator[Response], total: int) -> Iterator[Response]:
        """Pass responses through, show people how far they are, and leave it in the folders."""
        return watch(self._counted(responses, total), total, self.replicas)

    def tested(self, done: int) -> None:
        """Note how many tests have ended."""
        self._step, self._tests_done = "testing", done
        if self._is_due():
            self._write()

    def save(self) -> None:
        """Note that the tests have ended."""
        self._step = "saving"
        self._write()

    def end(self, folder: Path) -> None:
        """Remove what was left in the folder of a run that is saved now."""
        self._named.pop(folder, None)
        if (lock := self._locks.pop(folder, None)) is not None:
            remove_progress(folder)
            lock.close()

    def close(self) -> None:
        """Let go of all folders. How far a run came that was not saved stays in its folder."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()
        self._named.clear()

    def discard(self) -> None:
        """Let go of all folders, and remove what was left in them."""
        for folder in [*self._locks]:
            self.end(folder)

    def _counted(self, responses: Iterator[Response], total: int) -> Iterator[Response]:
        if self._step == "starting":
            self._step = "asking"
        self._answered, self._requests, self._errors, self._left_s = 0, total, 0, None
        self._write()
        first = None
        for response in responses:
            self._answered += 1
            self._errors += response.error is not None
            now = self._clock()
            first = now - response.seconds if first is None else first
            if self._answered == total or now - self._written > self._every_s():
                self._left_s = (now - first) / self._answered * (total - self._answered)
                self._write()
            yield response

    def _is_due(self) -> bool:
        return self._clock() - self._written > self._every_s()

    def _every_s(self) -> float:
        return EVERY_S * max(1, len(self._named))

    def _write(self) -> None:
        """Write how far each run is."""
        self._written = self._clock()
        for folder, one in self._named.items():
            progress = Progress(
                candidate=one.candidate,
                baseline=one.baseline,
                started=self._started,
                step=self._step,
                answered=self._answered,
                requests=self._requests,
                errors=self._errors,
                left_s=self._left_s,
                tests_done=self._tests_done,
                tests=self._tests,
                verdicts=dict(Counter(verdict.outcome for verdict in one.ledger.verdicts)),
            )
            with suppress(StoreError):  # what can't be saved at the end is said then
                write_progress(folder, progress)
