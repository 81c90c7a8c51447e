"""Clocks for event loops and monotonic times, so that no test waits or depends on speed."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from contextlib import suppress

import pytest


class Clock:
    """The time as it runs, plus all that was skipped; a test turns it forward."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._skipped = 0.0
        self._loops: set[asyncio.BaseEventLoop] = set()
        real = time.monotonic

        def loop_time(loop: asyncio.BaseEventLoop) -> float:
            self._loops.add(loop)
            return time.monotonic()

        patch.setattr(time, "monotonic", lambda: real() + self._skipped)
        patch.setattr(asyncio.BaseEventLoop, "time", loop_time)

    def skip(self, seconds: float) -> None:
        """Let time pass at once: what was to happen within these seconds is due."""
        self._skipped += seconds
        for loop in tuple(self._loops):
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(lambda: None)  # wakes it: it may sleep for as long as it was told before


class Instant(selectors.DefaultSelector):
    """What an event loop waits with, and its clock: nothing waits, the time jumps to the next thing that is due."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now = 1000.0
        patch.setattr(time, "monotonic", lambda: self.now)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass at once."""
        self.now += timeout or 0.0
        return super().select(0)

    def run(self, main: Coroutine[None, None, None]) -> None:
        """Run a coroutine by this clock."""
        loop = asyncio.SelectorEventLoop(self)
        loop.time = lambda: self.now
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main)
