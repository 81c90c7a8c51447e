"""Ask several replicas at once: a thread for each hands it requests as it has room, and takes its answers."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from harness.engines.replicas.replica import Fleet, Replica, ReplicaLost
from harness.engines.replicas.work import Work
from harness.errors import HarnessError, ServerLost
from harness.interrupts import heard
from harness.records.answered import Response
from harness.records.asked import Request

MOST_UNREAD = 16
"""Replicas wait while the reader is so many batches behind, so that little is lost when everything is killed."""
LOOK_S = 1.0
"""How often the fleet is asked who is there."""
IDLE_S = 0.2
"""How often an idle replica looks for a request that straggles."""
PATIENCE_S = 5.0
"""How long to wait at the end for a replica to stop; after that its thread is left running."""


@dataclass(frozen=True)
class _Ended:
    """A replica's thread has ended: with nothing left to ask, lost, or by a problem that all would meet."""

    name: str
    problem: BaseException | None = None


class Spread:
    """The asking of one stream of requests by all replicas of a fleet.

    Args:
        requests: read as they are needed; a million of them need no list.
        fleet: the replicas.
        tell: called with a line when a replica is lost.
        clock: gives the time in seconds.
    """

    def __init__(
        self,
        requests: Iterable[Request],
        fleet: Fleet,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = Work(requests, clock)
        self._fleet = fleet
        self._tell = tell
        self._arrived: queue.Queue[Sequence[Response] | _Ended] = queue.Queue(MOST_UNREAD)
        self._running: dict[str, Replica] = {}
        self._looked_s = -LOOK_S
        self._problem: BaseException | None = None

    def answers(self) -> Iterator[Response]:
        """Yield one response for each request, in order of completion. Closing it stops all replicas.

        Raises:
            EngineError: no replica is left, or one met what all would meet; what has arrived is yielded before.
        """
        try:
            yield from self._until_done()
            for item in self._rest():
                if isinstance(item, _Ended):
                    self._ended(item)
                else:
                    yield from item
        finally:
            for item in self._rest():
                if isinstance(item, _Ended):
                    self._ended(item)
        if self._problem is not None:
            raise self._problem

    def _until_done(self) -> Iterator[Response]:
        """Yield what comes until everything is answered, or something ends the asking of all."""
        while self._problem is None and not self._work.is_done:
            try:
                self._look()
                item = self._next()
            except ServerLost as problem:
                given_up = self._work.given_up()
                self._problem = None if given_up else problem
                yield from given_up
            except (HarnessError, KeyboardInterrupt) as problem:
                self._problem = problem
            else:
                if isinstance(item, _Ended):
                    self._ended(item)
                else:
                    yield from item

    def stop(self) -> None:
        """Ask nothing more, from any thread; ``answers`` yields what has arrived, and ends."""
        self._work.end()
        for replica in tuple(self._running.values()):
            replica.stop()

    def _look(self) -> None:
        """Have the replicas ask that are there and don't yet."""
        if time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        for replica in self._fleet.present():
            if replica.name not in self._running:
                self._running[replica.name] = replica
                threading.Thread(target=self._serve, args=(replica,), daemon=True).start()

    def _next(self) -> Sequence[Response] | _Ended:
        """Return what comes next; no response when nothing came for a while."""
        try:
            with heard():
                return self._arrived.get(timeout=LOOK_S)
        except queue.Empty:
            return ()

    def _rest(self) -> Iterator[Sequence[Response] | _Ended]:
        """Yield what is still to come from all threads, which end now."""
        self.stop()
        until_s = time.monotonic() + PATIENCE_S
        while self._running and time.monotonic() < until_s:
            try:
                yield self._arrived.get(timeout=LOOK_S)
            except queue.Empty:
                continue
        while not self._arrived.empty():
            yield self._arrived.get()

    def _ended(self, item: _Ended) -> None:
        """Take a replica out of those that ask, and note what ends the asking of all."""
        self._running.pop(item.name, None)
        self._looked_s = -LOOK_S
        if not isinstance(item.problem, ReplicaLost):
            self._problem = self._problem or item.problem
        elif not self._work.is_done:
            self._tell(f"{item.name} is lost: {item.problem}; what it had not answered goes to the others")

    def _serve(self, replica: Replica) -> None:
        """Have one replica ask, until there is nothing more or it is lost."""
        name, ended = replica.name, _Ended(replica.name)
        try:
            while first := self._work.wait(name, IDLE_S):
                for responses in replica.generate(chain((first,), self._work.taken_by(name))):
                    if new := self._work.answered(name, responses):
                        self._arrived.put(new)
                self._give_back(name)  # those that it took and did not answer
        except BaseException as problem:  # noqa: BLE001 - looked at in the thread that reads
            ended = _Ended(name, problem)
            self._give_back(name)
        self._arrived.put(ended)

    def _give_back(self, name: str) -> None:
        if failed := self._work.lost(name):
            self._arrived.put(failed)
