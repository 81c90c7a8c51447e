"""Read several streams of responses at the same time, and end them so that nothing that has arrived is left unread."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.interrupts import heard
from harness.records.answered import Response

PATIENCE_S = 5.0
"""How long to wait at the end for a stream to stop; after that its thread is left running."""


@dataclass(frozen=True)
class Stream:
    """Responses as they come; after ``stop``, which any thread can call, those that have arrived, and then the end."""

    responses: Iterator[Response]
    stop: Callable[[], None]


def side_by_side(here: Sequence[Stream], elsewhere: Sequence[Stream]) -> Iterator[Response]:
    """Yield from all streams as responses come; the order within a stream stays.

    Streams ``here`` are read one after the other in the thread of the caller, as engines that start processes need it;
    each ``elsewhere`` is read in its own thread. A problem in any stream is raised. A problem, an interrupt, or closing
    the iterator stops all of them, and what has arrived is read, though no longer yielded.
    """
    streams = (*here, *elsewhere)
    if len(streams) < 2:
        here, elsewhere = streams, ()
    others = _Threads([stream.responses for stream in elsewhere])
    under_way: Iterator[Response] = iter(())
    try:
        for stream in here:
            under_way = stream.responses
            for response in under_way:
                yield response
                yield from others.so_far()
        yield from others.rest()
    finally:
        for stream in streams:
            stream.stop()
        with suppress(HarnessError):  # the first problem is the one to raise
            for _ in under_way:
                pass
        others.join()


class _Threads:
    """One thread for each stream, reading as fast as responses come, to the end of the stream."""

    def __init__(self, streams: Sequence[Iterator[Response]]) -> None:
        self._arrived: queue.SimpleQueue[Response | BaseException | None] = queue.SimpleQueue()
        self._running = len(streams)
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

    def join(self) -> None:
        """Wait until each stream, which was told to stop, has been read to its end."""
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _read(self, stream: Iterator[Response]) -> None:
        end: BaseException | None = None
        try:
            for response in stream:
                self._arrived.put(response)
        except BaseException as problem:  # noqa: BLE001 - raised again in the thread that asked
            end = problem
        self._arrived.put(end)

    def _next(self) -> Iterator[Response]:
        with heard():
            item = self._arrived.get()
        if isinstance(item, Response):
            yield item
        elif item is None:
            self._running -= 1
        else:
            raise item
