"""Read several streams of responses at the same time, and end them so that nothing that has arrived is left unread."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.interrupts import heard_until
from harness.records.answered import Response

PATIENCE_S = 5.0
"""How long to wait at the end for a stream to stop; after that its thread is left running."""
TOLD_AGAIN_S = 0.05
"""How often it is told so: an engine that had not begun by then didn't hear the first time."""


@dataclass(frozen=True)
class Stream:
    """Responses as they come; after ``stop``, which any thread can call, those that have arrived, and then the end."""

    responses: Iterator[Response]
    stop: Callable[[], None]


def side_by_side(
    here: Sequence[Stream], elsewhere: Sequence[Stream], stop_also: Callable[[], None] | None = None
) -> Iterator[Response]:
    """Yield from all streams as responses come; the order within a stream stays.

    Streams ``here`` are read one after the other in the thread of the caller, as engines that start processes need it;
    each ``elsewhere`` is read in its own thread. A problem in any stream is raised. A problem, an interrupt, or closing
    the iterator stops all of them, and ``stop_also`` whatever is asked beside them; what has arrived is read, though no
    longer yielded.
    """
    streams = (*here, *elsewhere)
    if len(streams) < 2 and stop_also is None:
        here, elsewhere = streams, ()
    others = _Threads(elsewhere)
    under_way: Iterator[Response] = iter(())
    try:
        for stream in here:
            under_way = stream.responses
            for response in under_way:
                yield response
                yield from others.so_far()
        yield from others.rest()
    except BaseException:
        for stop in (stop_also, *(stream.stop for stream in streams)):
            if stop is not None:
                stop()
        with suppress(HarnessError):  # the first problem is the one to raise
            for _ in under_way:
                pass
        others.end()
        raise


def end(thread: threading.Thread, stop: Callable[[], None]) -> None:
    """Stop what is asked in a thread, and wait until it has read what arrived."""
    until_s = time.monotonic() + PATIENCE_S
    while thread.is_alive() and time.monotonic() < until_s:
        stop()
        thread.join(TOLD_AGAIN_S)


class _Threads:
    """One thread for each stream, reading as fast as responses come, to the end of the stream."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._arrived: queue.SimpleQueue[Response | BaseException | None] = queue.SimpleQueue()
        self._running = len(streams)
        self._threads = [
            (threading.Thread(target=self._read, args=(stream.responses,), daemon=True), stream.stop)
            for stream in streams
        ]
        for thread, _ in self._threads:
            thread.start()

    def so_far(self) -> Iterator[Response]:
        """Yield what has arrived."""
        while not self._arrived.empty():
            yield from self._next()

    def rest(self) -> Iterator[Response]:
        """Yield what arrives until all streams have ended."""
        while self._running:
            yield from self._next()

    def end(self) -> None:
        """Stop each stream, and wait until what arrived of it is read."""
        for thread, stop in self._threads:
            end(thread, stop)

    def _read(self, stream: Iterator[Response]) -> None:
        last: BaseException | None = None
        try:
            for response in stream:
                self._arrived.put(response)
        except BaseException as problem:  # noqa: BLE001 - raised again in the thread that asked
            last = problem
        self._arrived.put(last)

    def _next(self) -> Iterator[Response]:
        item = heard_until(self._arrived)
        if isinstance(item, Response):
            yield item
        elif item is None:
            self._running -= 1
        else:
            raise item
