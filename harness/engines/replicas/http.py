"""Servers at several addresses as a fleet: they must be alike, some are lost, and some come back."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from harness.engines.http.loop import Loop
from harness.engines.replicas.alike import LONGEST_FACT, VERSION, Facts, Said, facts_of, refuse_unlike
from harness.engines.replicas.proofs import Proof
from harness.engines.replicas.replica import Presence
from harness.engines.replicas.server import HttpReplica, Place, Server
from harness.errors import EngineSetupError, ServerLost
from harness.interrupts import heard
from harness.text.figures import count
from harness.text.visible import for_terminal

AGAIN_S = 10.0
"""How often a server that is away is looked for."""
MOST_IN_VAIN = 3
"""A server that was lost so many times in a row without an answer is not asked again."""
RUN_AGAIN = "start one again, then run again: what was answered is kept"


class HttpFleet:
    """The servers that answer. One that is away is looked for now and then, in a thread of its own.

    Args:
        places: all of them, the first one first.
        patience_s: longest time without any of them.
        say: called with lines about those that come and go.
        clock: gives the time in seconds.
    """

    def __init__(
        self,
        places: Sequence[Place],
        patience_s: float,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = {place.endpoint.address: place for place in places}
        self._patience_s, self._say, self._clock = patience_s, say, clock
        self._away = dict.fromkeys(self._places, float("-inf"))
        """When each was looked for last."""
        self._looks: queue.SimpleQueue[tuple[str, Facts | None]] = queue.SimpleQueue()
        self._looked_for: set[str] = set()
        self._there: dict[str, Server] = {}
        self._first: tuple[str, Facts] | None = None
        self._since_s = clock()
        self._lost: dict[str, list[str]] = {}
        self._in_vain: Counter[str] = Counter()
        """How often each was lost in a row without an answer."""
        self.proved_first: dict[Proof, Said] = {}
        """The server that gave each proof first, with what it answered."""
        self._lock = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """How many servers there are, which were lost, and what they refused: lines for the facts of the run."""
        with self._lock:
            self._let_go_of_lost()  # also those lost by the last request of a run
        version = self._first[1].get(VERSION) if self._first else None
        told = f", of version {for_terminal(version, LONGEST_FACT)} where they say it" if version else ""
        refused = dict.fromkeys(note for place in self._places.values() for note in place.engine.notes)
        return (
            f"asked at {count(len(self._places), 'server')}{told}: {', '.join(self._places)}",
            *self._losses(),
            *refused,
        )

    @property
    def presence(self) -> Presence:
        """How many of the servers answer now."""
        return Presence(len(self._there), len(self._places), sum(map(len, self._lost.values())), "server")

    def _losses(self) -> Iterator[str]:
        for name, reasons in self._lost.items():
            times = f", {len(reasons)} times" if len(reasons) > 1 else ""
            yield f"{name} was lost while it was asked{times}: {reasons[-1]}"

    def present(self) -> Sequence[Server]:
        """Return the servers that answer; several threads can ask.

        Raises:
            EngineSetupError: two of them are not alike, or none answered at the start.
            ServerLost: none answers any more.
        """
        with self._lock:
            return self._present()

    def _present(self) -> Sequence[Server]:
        self._let_go_of_lost()
        self._look()
        if self._there:
            self._since_s = self._clock()
        elif self._first is None:
            raise EngineSetupError(
                f"none of these servers answers: {', '.join(self._places)}; check base_url and replica_urls"
            )
        elif not self._away:
            raise ServerLost(f"no server is left to ask: {'; '.join(self._losses())}; {RUN_AGAIN}")
        elif self._clock() - self._since_s > self._patience_s:
            raise ServerLost(
                f"none of {len(self._places)} servers answers for {self._patience_s:g} s (request_timeout_s under "
                f"[engine] in harness.toml): {', '.join(self._places)}; {RUN_AGAIN}"
            )
        return tuple(self._there.values())

    def _let_go_of_lost(self) -> None:
        for name in [name for name, one in self._there.items() if one.lost_by]:
            one = self._there.pop(name)
            self._lost.setdefault(name, []).append(for_terminal(one.lost_by, 200))
            self._in_vain[name] = 0 if one.has_answered else self._in_vain[name] + 1
            if self._in_vain[name] < MOST_IN_VAIN:
                self._away[name] = float("-inf")
            self._tell("")

    def _look(self) -> None:
        """Look for those that are away, and take in those that were found; at the start, wait for what is found."""
        now = self._clock()
        for name, looked_s in self._away.items():
            if now - looked_s >= AGAIN_S and name not in self._looked_for:
                self._away[name] = now
                self._looked_for.add(name)
                threading.Thread(target=self._look_for, args=(name,), daemon=True).start()
        found = {}
        while self._looked_for and (self._first is None or not self._looks.empty()):
            with heard():
                name, facts = self._looks.get()
            self._looked_for.discard(name)
            found[name] = facts
        for name in [name for name in self._places if found.get(name) is not None]:
            self._take_in(name, found[name] or {})
        if any(facts is not None for facts in found.values()):
            self._tell(f"; {', '.join(self._away)} can't be reached" if self._away else "")

    def _look_for(self, name: str) -> None:
        facts: Facts | None = None
        try:
            facts = facts_of(self._places[name].endpoint)
        finally:
            self._looks.put((name, facts))

    def _take_in(self, name: str, facts: Facts) -> None:
        self._first = self._first or (name, facts)
        refuse_unlike(self._first, (name, facts))
        del self._away[name]
        self._there[name] = Server(self._places[name])

    def _tell(self, more: str) -> None:
        self._say(f"asking at {self.presence}{more}")


class Session:
    """The servers as one asking sees them; see ``Fleet``. What ends it does not end other askings.

    Args:
        fleet: the servers.
        proofs: what each must prove.
        loop: where all are asked.
    """

    def __init__(self, fleet: HttpFleet, proofs: Sequence[Proof], loop: Loop) -> None:
        self._fleet, self._proofs, self._loop = fleet, tuple(proofs), loop
        self._replicas: dict[Server, HttpReplica] = {}

    def present(self) -> Sequence[HttpReplica]:
        """Return them; raises as ``HttpFleet.present``."""
        there = self._fleet.present()
        known = self._replicas
        self._replicas = {
            one: known.get(one) or HttpReplica(one, self._proofs, self._fleet.proved_first, self._loop) for one in there
        }
        return tuple(self._replicas.values())
