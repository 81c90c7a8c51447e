"""An event loop in a thread of its own, in which an engine asks its server, or a fleet all of its servers.

One thread for all: threads that each ask a server wake each other for every answer, and that costs more than asking.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST_S = 5.0
"""How long an end is waited for: nothing interrupts the look-up of a name."""


class Loop:
    """What is told it runs in its thread; any other thread can tell it something. See ``running``."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        # A daemon: an iterator that nobody closes must not keep the interpreter from ending.
        self._thread = threading.Thread(target=self._work, name="harness-http", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, what: Callable[[], object]) -> bool:
        """Have something done, and return whether the loop is there to do it."""
        if self._loop is None or not self._thread.is_alive():
            return False
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # it was closed by now
            return False
        return True

    def start(self) -> None:
        """Begin."""
        self._loop = self._runner.get_loop()
        self._thread.start()

    def close(self) -> None:
        """Cancel what still runs, and end."""
        if self._loop is None:
            return
        if self._thread.ident is None:  # interrupted before it started
            self._runner.close()
            return
        self.tell(self._loop.stop)
        self._thread.join(LONGEST_S)

    def _work(self) -> None:
        with self._runner:
            self._runner.get_loop().run_forever()


@contextmanager
def running() -> Iterator[Loop]:
    """Give a loop that runs until the end of the block."""
    loop = Loop()
    try:
        loop.start()
        yield loop
    finally:
        loop.close()
