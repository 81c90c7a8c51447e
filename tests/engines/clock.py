"""A clock for event loops and monotonic times that a test turns forward, so that no test waits or depends on speed."""

import asyncio
import time
from contextlib import suppress

import pytest


class Clock:
    """The time as it runs, plus all that was skipped."""

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
