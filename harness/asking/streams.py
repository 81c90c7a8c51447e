"""Read several streams of responses at the same time."""

import queue
import threading
from collections.abc import Iterator, Sequence
from itertools import chain

from harness.records.asked import Response

PATIENCE_S = 2.0
"""How long to wait at the end for a stream to stop; after that its thread is left running."""


def side_by_side(here: Sequence[Iterator[Response]], elsewhere: Sequence[Iterator[Response]]) -> Iterator[Response]:
    """Yield from all streams as responses come; the order within a stream stays.

    Streams ``here`` are read one after the other in the thread of the caller, as engines that start processes need it;
    each ``elsewhere`` is read in its own thread. A problem in any stream is raised, and closing the iterator ends
    all of them.
    """
    if len(here) + len(elsewhere) < 2:
        yield from chain(*here, *elsewhere)
        return
    others = _Threads(elsewhere)
    try:
        for response in chain.from_iterable(here):
            yield response
            yield from others.so_far()
        yield from others.rest()
    finally:
        others.stop()


class _Threads:
    """One thread for each stream, reading as fast as responses come."""

    def __init__(self, streams: Sequence[Iterator[Response]]) -> None:
        self._arrived: queue.SimpleQueue[Response | BaseException | None] = queue.SimpleQueue()
        self._running = len(streams)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(stream,), daemon=True) for stream in streams]
        for thread in self._threads:
            thread.start()

    def so_far(self) -> Iterator[Response]:
        """Yield what has arrived."""
        while not self._arrived.empty():
            yield from self._next()

    def rest(self) -> Iterator[Response]:
        """Yield what arrives until all streams have ended."""
        while self._running:
            yield from self._next()

    def stop(self) -> None:
        """End each stream at its next response."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _read(self, stream: Iterator[Response]) -> None:
        end: BaseException | None = None
        try:
            for response in stream:
                if self._stop.is_set():
                    break
                self._arrived.put(response)
        except BaseException as problem:  # noqa: BLE001 - raised again in the thread that asked
            end = problem
        self._arrived.put(end)

    def _next(self) -> Iterator[Response]:
        item = self._arrived.get()
        if isinstance(item, Response):
            yield item
        elif item is None:
            self._running -= 1
        else:
            raise item
