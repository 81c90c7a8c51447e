"""Ask one more engine while others still answer: what it is asked follows from their answers, as for a judge.

Only what it asks ahead of time is its business. Whoever needs a response that is missing asks for it, and is told why
it can't be had.
"""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from harness.asking.streams import end
from harness.errors import HarnessError
from harness.interrupts import heard_until
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.engine import Engine

MOST_AT_ONCE = 200
"""Requests of one batch: when the others have answered, no more than these are waited for."""


class Reading(NamedTuple):
    """What is asked once there is a response to each of some requests, by their keys."""

    keys: tuple[str, ...]
    make: Callable[[], Sequence[Request]]


class Readings:
    """What one engine is asked as responses come; ``responses`` has all those so far."""

    def __init__(self, engine: Engine, readings: Iterable[Reading], responses: Mapping[str, Response]) -> None:
        self.engine = engine
        self._responses = responses
        self._waiting: defaultdict[str, list[Reading]] = defaultdict(list)
        for one in readings:
            for key in dict.fromkeys(one.keys):
                self._waiting[key].append(one)

    def ready(self) -> list[Request]:
        """Return what follows from the responses that are there."""
        return [request for key in [*self._waiting] if key in self._responses for request in self.after(key)]

    def after(self, key: str) -> list[Request]:
        """Return what can be asked now that there is a response to one more request."""
        found: list[Request] = []
        for one in self._waiting.pop(key, ()):
            if all(each in self._responses for each in one.keys):
                try:
                    found += one.make()
                except HarnessError:  # whoever asks in earnest is told
                    continue
        return found


class Ahead:
    """A context manager around an asking; ``answer`` asks and keeps, ``stop_engine`` ends it, from any thread.

    Leaving it waits for the batch under way, and asks nothing more.
    """

    def __init__(
        self, answer: Callable[[Sequence[Request]], Iterator[Response]], stop_engine: Callable[[], None]
    ) -> None:
        self._answer = answer
        self._stop_engine = stop_engine
        self._given: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._seen: set[str] = set()
        self._ended = False
        self._done: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="harness-ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        self._given.put(None)
        try:
            if error is None:
                heard_until(self._done)  # an interrupted ``join`` takes a thread for one that has ended
        finally:
            end(self._thread, self._stop_engine)

    def stop(self) -> None:
        """Ask nothing more, from any thread; what has arrived is kept until this is left."""
        self._ended = True
        self._stop_engine()

    def put(self, requests: Iterable[Request]) -> None:
        """Ask these soon, each once."""
        for request in requests:
            if request.key not in self._seen:
                self._seen.add(request.key)
                self._given.put(request)

    def _work(self) -> None:
        try:
            while batch := self._next():
                for _ in self._answer(batch):
                    pass  # each is kept on its way here
        except HarnessError:  # whoever asks in earnest is told
            pass
        finally:
            self._done.put(None)

    def _next(self) -> list[Request]:
        """Return what has gathered, at least one; nothing when it has ended."""
        batch = [self._given.get()]
        while len(batch) < MOST_AT_ONCE and not self._given.empty():
            batch.append(self._given.get())
        return [] if self._ended else [one for one in batch if one is not None]
