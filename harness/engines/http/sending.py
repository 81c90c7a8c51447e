"""Send requests in a thread with an event loop of its own, which others can end at any moment in an orderly way."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator

from harness.engines.http.endpoint import Reply
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
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        # A daemon: an iterator that nobody closes must not keep the interpreter from ending.
        self._thread = threading.Thread(target=self._work, name="harness-http", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way = 0
        self._is_finishing = False

    def start(self, asking: Coroutine[None, None, None]) -> None:
        """Start asking."""
        loop = self._runner.get_loop()
        self._task = loop.create_task(asking)
        self._loop = loop
        if self._is_finishing:
            self.finish()
        self._thread.start()

    def answers(self) -> Iterator[Response]:
        """Yield what is answered, until the end; on Ctrl-C first what has arrived."""
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
        self._tell(self._finish)

    def cancel(self) -> None:
        """Cancel what is in flight, and wait for the end."""
        if self._loop is None:
            return
        if self._thread.ident is None:  # interrupted before it started
            self._runner.close()
            return
        self._tell(self._task.cancel)
        self._thread.join()

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

    def _tell(self, what: Callable[[], object]) -> None:
        """Have something done in the loop, unless that has ended by itself."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(what)

    def _finish(self) -> None:
        asyncio.get_running_loop().call_later(GRACE_S, self._task.cancel)
        self._end_when_all_came()

    def _end_when_all_came(self) -> None:
        if self._is_finishing and not self._under_way:
            # Soon, not now: the one that came last is still to be put into the outbox.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def _work(self) -> None:
        problem: BaseException | None = None
        try:
            with self._runner, contextlib.suppress(asyncio.CancelledError):
                self._runner.get_loop().run_until_complete(self._task)
        except BaseException as raised:  # noqa: BLE001 - raised again in the thread that reads
            problem = raised
        self.outbox.end(problem)
