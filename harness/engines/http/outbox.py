"""Responses on their way from the thread that asks to the thread that reads, in batches, as each wake-up costs time."""

import asyncio
import queue
from collections import deque
from collections.abc import Iterator, Sequence

from harness.interrupts import heard, heard_until
from harness.records.answered import Response

BATCH_S = 0.01
"""How long a response waits for others to be sent with."""
MOST_UNREAD = 1000
"""Asking pauses while the reader is this far behind, so that little is lost when everything is killed."""
POLL_S = 0.01


class Outbox:
    """``put``, ``wait_for_room`` and ``end`` belong to the event loop that asks, ``read`` to the other thread."""

    def __init__(self) -> None:
        self._sent: deque[list[Response] | BaseException | None] = deque()
        self._arrived: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Wakes the reader, who then takes all that was sent; so one that an interrupt takes away is not missed."""
        self._batch: list[Response] = []
        self._count = 0
        self._read = 0

    def put(self, response: Response) -> None:
        """Take one response; it is sent with its batch."""
        if not self._batch:
            asyncio.get_running_loop().call_later(BATCH_S, self._send)
        self._batch.append(response)
        self._count += 1

    @property
    def is_full(self) -> bool:
        """Whether the reader is too far behind."""
        return self._count - self._read > MOST_UNREAD

    async def wait_for_room(self) -> None:
        """Wait until the reader has caught up."""
        while self.is_full:  # noqa: ASYNC110 - the reader, another thread, can set no asyncio.Event
            await asyncio.sleep(POLL_S)

    def end(self, problem: BaseException | None = None) -> None:
        """Send what is left; after it, the reader raises the problem, if there was one."""
        self._send()
        self._sent.append(problem)
        self._arrived.put(None)

    def read(self) -> Iterator[Sequence[Response]]:
        """Yield each batch as it comes, until the end; an interrupt of the wait loses nothing: read on after it."""
        while True:
            heard_until(self._arrived)
            while self._sent:
                batch = self._sent.popleft()
                if not isinstance(batch, list):
                    if batch is not None:
                        raise batch
                    return
                yield batch
                self._read += len(batch)
                with heard():  # also where the reader never waits, as more comes than it can read
                    pass

    def _send(self) -> None:
        if self._batch:
            self._sent.append(self._batch)
            self._arrived.put(None)
            self._batch = []
