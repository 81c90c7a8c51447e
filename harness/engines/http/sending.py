"""Send requests in an event loop of another thread; any thread can end it at any moment, in an orderly way."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator, Sequence

from harness.engines.http.endpoint import Reply
from harness.engines.http.loop import LONGEST_S, Loop
from harness.engines.http.outbox import Outbox
from harness.engines.http.transport import Post
from harness.errors import EngineError
from harness.records.answered import Response

GRACE_S = 0.25
"""How long an answer that is on its way is waited for after the end of sending; what is later is lost."""


class Sending:
    """One ``generate`` of an engine; what is answered goes through ``outbox``.

    ``finish`` can be called by any thread, at any moment, also before the start.
    """

    def __init__(self) -> None:
        self.outbox = Outbox()
        self._loop: Loop | None = None
        self._task: asyncio.Task[None] | None = None
        self._has_ended = threading.Event()
        self._under_way = 0
        self._is_finishing = False

    def start(self, asking: Coroutine[None, None, None], loop: Loop) -> None:
        """Start asking in a loop, which others can share; where that has ended, so has this."""
        self._loop = loop
        if not loop.tell(lambda: self._begin(asking)):
            asking.close()
            self.outbox.end()

    def answers(self) -> Iterator[Sequence[Response]]:
        """Yield what is answered as it comes, until the end; on Ctrl-C first what has arrived."""
        try:
            yield from self.outbox.read()
        except KeyboardInterrupt:
            self.finish()
            with contextlib.suppress(EngineError):
                yield from self.outbox.read()
            raise

    def finish(self) -> None:
        """Send nothing more; what has arrived can still be read, and then the end comes."""
        self._is_finishing = True
        if self._loop is not None:
            self._loop.tell(self._finish)

    def cancel(self) -> None:
        """Cancel what is in flight, and wait for the end."""
        if self._loop is None or self._has_ended.is_set():
            return
        if self._loop.tell(self._cancel):
            self._has_ended.wait(LONGEST_S)

    def through(self, post: Post) -> Post:
        """Return ``post`` as it sends until the end; from then on requests wait to be cancelled."""

        async def sent(body: bytes) -> Reply:
            if self._is_finishing:
                await asyncio.get_running_loop().create_future()
            self._under_way += 1
            try:
                return await post(body)
            finally:
                self._under_way -= 1
                self._end_when_all_came()

        return sent

    def _begin(self, asking: Coroutine[None, None, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(asking)
        self._task.add_done_callback(self._end)
        if self._is_finishing:
            self._finish()

    def _finish(self) -> None:
        asyncio.get_running_loop().call_later(GRACE_S, self._cancel)
        self._end_when_all_came()

    def _end_when_all_came(self) -> None:
        if self._is_finishing and not self._under_way:
            # Soon, not now: the one that came last is still to be put into the outbox.
            asyncio.get_running_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        if self._task is None:  # interrupted before it began
            self._has_ended.set()
        else:
            self._task.cancel()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._has_ended.set()
        self.outbox.end(None if task.cancelled() else task.exception())
