"""Replicas in simulated time: what a scheduler makes of them, in no time of the machine."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.engines.replicas.work import Work
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message

MODEL = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)


@dataclass
class Simulated:
    """A replica: it answers ``slots`` requests at once, each in ``mean_s`` on average, from one time to another.

    ``straggles`` of its answers take ``longer`` times as long.
    """

    name: str
    slots: int = 8
    mean_s: float = 1.0
    joins_s: float = 0.0
    dies_s: float = float("inf")
    straggles: float = 0.0
    longer: float = 1.0
    free: int = 0

    def rate(self) -> float:
        """Return how many answers it gives in a second."""
        return self.slots / (self.mean_s * (1 + self.straggles * (self.longer - 1)))

    def seconds(self, chance: random.Random) -> float:
        """Return how long one answer takes."""
        slow = self.longer if chance.random() < self.straggles else 1.0
        return chance.gammavariate(4, self.mean_s / 4) * slow


@dataclass(frozen=True)
class Outcome:
    """What came of it: the time that it took, how many requests were answered, and how many answers came too late.

    ``share`` is the answers in the time, of those that all replicas could have given while they were there; ``errors``
    are those of requests that were given up.
    """

    seconds: float
    answered: int
    late: int
    share: float
    errors: tuple[str | None, ...]


def requests(number: int, prompts: int = 4) -> Iterator[Request]:
    """Yield requests of a few system prompts."""
    systems = tuple(Message(role="system", content=f"prompt {one}") for one in range(prompts))
    sampling = Sampling()
    for one in range(number):
        messages = (systems[one * prompts // number], Message(role="user", content=f"{one}"))
        yield Request(case_id=f"{one}", model=MODEL, engine="e", messages=messages, sampling=sampling)


class _Simulation:
    """Events in the order of their times: a replica joins, an answer comes, or its replica dies in its place."""

    def __init__(self, asked: Iterable[Request], seed: int, kills: Callable[[Request], bool]) -> None:
        self.now = 0.0
        self.work = Work(asked, lambda: self.now)
        self.alive: dict[str, Simulated] = {}
        self.failed: dict[str, str | None] = {}
        self._chance, self._order, self._kills = random.Random(seed), itertools.count(), kills  # noqa: S311
        self._events: list[tuple[float, int, Simulated, Request | None]] = []

    def add(self, at_s: float, replica: Simulated, request: Request | None = None) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._events, (at_s, next(self._order), replica, request))

    def answers(self) -> Iterator[tuple[Request, bool]]:
        """Yield each answered request, and whether it is the first answer to it."""
        looked_s = 0.0
        while self._events and not self.work.is_done:
            self.now, _, replica, request = heapq.heappop(self._events)
            if request is None:
                self.alive[replica.name], replica.free = replica, replica.slots
            elif replica.name in self.alive and (self.now >= replica.dies_s or self._kills(request)):
                self._die(replica)
            elif replica.name in self.alive:
                replica.free += 1
                answer = Response(request_key=request.key, text="yes")
                yield request, bool(self.work.answered(replica.name, (answer,)))
            self._fill(replica)
            if self.now - looked_s > 0.2:  # as idle threads look again
                looked_s = self.now
                self._fill(*self.alive.values())

    def _die(self, replica: Simulated) -> None:
        replica.dies_s = self.now
        del self.alive[replica.name]
        self.failed |= {one.request_key: one.error for one in self.work.lost(replica.name)}
        self._fill(*self.alive.values())

    def _fill(self, *replicas: Simulated) -> None:
        """Have replicas take what they have room for."""
        for replica in replicas:
            taken = self.work.taken_by(replica.name) if replica.name in self.alive and replica.free else ()
            for request in taken:
                ends_s = self.now if self._kills(request) else self.now + replica.seconds(self._chance)
                self.add(min(ends_s, replica.dies_s), replica, request)
                replica.free -= 1
                if not replica.free:
                    break


def simulate(
    asked: Iterable[Request], fleet: Sequence[Simulated], seed: int, kills: Callable[[Request], bool] = lambda _: False
) -> Outcome:
    """Ask in simulated time. ``kills`` tells of a request whether the replica that has it dies of it."""
    simulation = _Simulation(asked, seed, kills)
    for replica in fleet:
        simulation.add(replica.joins_s, replica)
    answered, late, seconds = 0, 0, 0.0
    for _, is_first in simulation.answers():
        answered, late = answered + is_first, late + (not is_first)
        seconds = simulation.now if is_first else seconds
    could = sum(one.rate() * max(0.0, min(one.dies_s, seconds) - min(one.joins_s, seconds)) for one in fleet)
    share = answered / could if could else 0.0
    return Outcome(seconds=seconds, answered=answered, late=late, share=share, errors=tuple(simulation.failed.values()))
