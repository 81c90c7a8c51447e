"""Ctrl-C, SIGTERM and SIGHUP while a run is open: each ends a wait at once, and waits while answers are in hand.

``KeyboardInterrupt`` can come between any two steps of the main thread, also between taking an answer and keeping it.
So whoever handles answers holds the signals back (``held``), and hears them only where it waits (``heard``).
"""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
"""What is replaced: a signal that is ignored, as under nohup, or that another program handles, is left alone."""
SAME_S = 0.2
"""A signal so soon after another is the same one: ``timeout``, ``uv run`` and terminals send each of them twice."""
INTERRUPTED = 2
"""pytest's exit code after Ctrl-C."""
HEARD_S = 0.5
"""How often a wait begins anew: Python hears a signal that comes just before one only at its end."""
SHOW_CURSOR = "\x1b[?25h"


class Interrupts:
    """The handler of all three signals, from ``install`` to ``restore``; a second signal ends the process at once.

    Args:
        end: ends the process.
        clock: gives the time in seconds.
    """

    def __init__(self, end: Callable[[], None] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_wanted = False
        """Whether a signal came whose end is still under way."""
        self.name = ""
        """That of the last signal, such as SIGTERM; empty before the first."""
        self._end = end or self._end_now
        self._clock = clock
        self._last_s = -SAME_S
        self._holds = 0
        self._is_heard = False
        self._was_raised = False
        self._is_ending = False
        self._before: dict[signal.Signals, object] = {}
        self._terminal: int | None = None

    def install(self) -> None:
        """Handle the signals from now on; in a thread, where that is impossible, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._terminal = _copy_of_stderr()
        for number in ENDING:
            before = signal.getsignal(number)
            if before in DEFAULTS:
                self._before[number] = before
                signal.signal(number, self)

    def restore(self) -> None:
        """Put back what handled the signals before, except where another program has taken them over since."""
        for number, before in self._before.items():
            if signal.getsignal(number) is self:
                signal.signal(number, before)  # type: ignore[arg-type]
        self._before.clear()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    def note_interrupted(self) -> None:
        """Note that the session ends because of a signal: the next one ends the process."""
        self._is_ending = self.is_wanted = True

    def note_saving(self) -> None:
        """Note that the session is being saved: the first signal from now on is noted in ``is_wanted``, no more."""
        self._is_ending = True

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: raise KeyboardInterrupt, now or when it is no longer held back."""
        now_s = self._clock()
        if now_s - self._last_s < SAME_S:
            return
        self._last_s, self.name = now_s, signal.Signals(number).name
        if self.is_wanted:
            self._end()
            return
        self.is_wanted = bool(self._holds) or self._is_ending
        if self._is_ending or (self._holds and not self._is_heard):
            return
        self._raise()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the signals back; one that came is raised at the end of the outermost block."""
        was_heard, self._is_heard = self._is_heard, False
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._is_heard = was_heard
            if not self._holds and not self._is_ending:
                is_due = self.is_wanted and not self._was_raised
                self.is_wanted = self._was_raised = False
                if is_due:
                    raise KeyboardInterrupt

    @contextmanager
    def hear(self) -> Iterator[None]:
        """Let the signals through, also one that came while they were held back."""
        was_heard, self._is_heard = self._is_heard, bool(self._holds)
        try:
            if self.is_wanted and not self._was_raised and not self._is_ending:
                self._raise()
            yield
        finally:
            self._is_heard = was_heard and not self._was_raised

    def _raise(self) -> None:
        """Interrupt; until the outermost block has ended, nothing more is raised."""
        self._was_raised = bool(self._holds)
        raise KeyboardInterrupt

    def _end_now(self) -> None:
        """End without another word of Python's; what is committed stays, and servers end with this process."""
        line = "interrupted again: ended at once; the answers that were stored by now are kept\n"
        if self._terminal is not None:
            show = SHOW_CURSOR if os.isatty(self._terminal) else ""
            with suppress(OSError):  # the terminal is gone, which is why SIGHUP came
                os.write(self._terminal, f"{show}{line}".encode())
        os._exit(INTERRUPTED)


def held() -> AbstractContextManager[None]:
    """Hold the signals of an open run back during a block; only the main thread gets them, so others do nothing."""
    here = _installed()
    return here.hold() if here else nullcontext()


def heard() -> AbstractContextManager[None]:
    """Let them through during a block inside of ``held``: one that waits, and loses nothing when it is left."""
    here = _installed()
    return here.hear() if here else nullcontext()


def heard_until(arrived: "queue.SimpleQueue[T]") -> T:
    """Wait until something is in a queue and take it; a signal ends the wait at once, or half a second later."""
    with heard():
        while True:
            with suppress(queue.Empty):
                return arrived.get(timeout=HEARD_S)


def _installed() -> Interrupts | None:
    if threading.current_thread() is not threading.main_thread():
        return None
    handlers = (signal.getsignal(number) for number in ENDING)
    return next((handler for handler in handlers if isinstance(handler, Interrupts)), None)


def _copy_of_stderr() -> int | None:
    """Return a descriptor that stays standard error while pytest captures it."""
    try:
        return os.dup(sys.__stderr__.fileno()) if sys.__stderr__ else None
    except (OSError, ValueError):  # it is closed
        return None
