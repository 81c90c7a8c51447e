"""Replicas in simulated time: what a scheduler makes of them, in no time of the machine."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.engines.replicas.work import Work
from harness.records.asked import Message, ModelRef, Request, Response, Sampling

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
    taken: Iterator[Request] = field(default_factory=lambda: iter(()))
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
    """What came of it: the time that it took, all first answers by key, how many answers came too late; and the share.

    ``share`` is the answers in the time, of those that all replicas could have given while they were there.
    """

    seconds: float
    answers: dict[str, str | None]
    late: int
    share: float


def requests(number: int, prompts: int = 4) -> Iterator[Request]:
    """Yield requests of a few system prompts."""
    systems = tuple(Message(role="system", content=f"prompt {one}") for one in range(prompts))
    sampling = Sampling()
    for one in range(number):
        messages = (systems[one * prompts // number], Message(role="user", content=f"{one}"))
        yield Request(case_id=f"{one}", model=MODEL, engine="e", messages=messages, sampling=sampling)


def simulate(
    asked: Iterable[Request],
    fleet: Sequence[Simulated],
    seed: int,
    kills: Callable[[Request], bool] = lambda _: False,
    keep: bool = True,
) -> Outcome:
    """Ask in simulated time. ``kills`` tells of a request whether the replica that has it dies of it."""
    chance, order = random.Random(seed), itertools.count()
    now, late, count, last_s = 0.0, 0, 0, 0.0
    answers: dict[str, str | None] = {}
    work = Work(asked, lambda: now)
    events: list[tuple[float, int, Simulated, Request | None]] = []
    for replica in fleet:
        heapq.heappush(events, (replica.joins_s, next(order), replica, None))
    alive: dict[str, Simulated] = {}
    idle_s = 0.0

    def fill(replica: Simulated) -> None:
        while replica.free:
            request = next(replica.taken, None)
            if request is None:
                replica.taken = work.taken_by(replica.name)
                request = next(replica.taken, None)
                if request is None:
                    return
            replica.free -= 1
            ends = now if kills(request) else now + replica.seconds(chance)
            heapq.heappush(events, (min(ends, replica.dies_s), next(order), replica, request))

    while events and not work.is_done:
        now, _, replica, request = heapq.heappop(events)
        if replica.joins_s == now and request is None and replica.name not in alive:
            alive[replica.name], replica.free = replica, replica.slots
        elif request is not None and replica.name not in alive:
            continue  # it died with this request
        elif request is not None and (now >= replica.dies_s or kills(request)):
            replica.dies_s = now
            del alive[replica.name]
            for failed in work.lost(replica.name):
                answers[failed.request_key] = failed.error
            for other in alive.values():
                fill(other)
            continue
        elif request is not None:
            replica.free += 1
            if work.answered(replica.name, Response(request_key=request.key, text="yes")):
                count, last_s = count + 1, now
                if keep:
                    answers[request.key] = None
            else:
                late += 1
        if replica.name in alive:
            fill(replica)
        if now - idle_s > 0.2:  # as an idle thread looks again
            idle_s = now
            for other in alive.values():
                if other.free:
                    fill(other)
    could = sum(
        replica.rate() * max(0.0, min(replica.dies_s, last_s) - min(replica.joins_s, last_s)) for replica in fleet
    )
    return Outcome(seconds=last_s, answers=answers, late=late, share=count / could if could else 0.0)
