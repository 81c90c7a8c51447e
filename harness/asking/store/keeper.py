"""Keep answers in the background: what arrives together is committed together."""

import threading
from collections import deque
from types import TracebackType
from typing import Self

from harness.asking.store.responses import Store
from harness.records.answered import Response
from harness.records.asked import Request

GATHER_S = 0.05
"""How long an answer waits for others to be committed with: 200 together cost half as much each as 40 do."""


class Keeper:
    """A context manager: ``put`` returns at once, and leaving it commits what is left.

    Committing costs more time than reading an answer, so a thread commits every 50 milliseconds.

    Raises:
        StoreError: from ``put`` or from leaving, when something could not be kept. Where another problem ends the block
            already, Ctrl-C for one, it is added to that as a note.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Request, str, Response]] = deque()
        self._arrived = threading.Event()
        self._ended = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="harness-keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._arrived.set()
        self._thread.join()
        if error is None:
            self._raise()
        elif self._problem not in {None, error}:
            error.add_note(f"the last answers could not be stored: {self._problem}")

    def put(self, request: Request, response: Response) -> None:
        """Keep a response to a request soon."""
        self._raise()
        self._waiting.append((request, response.request_key, response))
        if not self._arrived.is_set():
            self._arrived.set()

    def _work(self) -> None:
        while self._problem is None:
            self._arrived.wait()
            self._ended.wait(GATHER_S)
            self._arrived.clear()  # before the rest: what comes from now on sets it again
            ended = self._ended.is_set()  # not before: an end in between has been cleared
            gathered = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                if gathered:
                    self._store.keep(gathered)
            except BaseException as problem:  # noqa: BLE001 - raised again in the thread that asks
                self._problem = problem
            if ended and not self._waiting:
                return

    def _raise(self) -> None:
        if self._problem is not None:
            raise self._problem
