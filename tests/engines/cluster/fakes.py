"""A cluster without Ray: actors that answer in this process, come when they are told to, and die when they are told."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.engines.cluster.fleet import ClusterFleet
from harness.engines.cluster.sent import Made, Problem, Taken
from harness.engines.replicas.replica import ReplicaLost
from harness.records.answered import Response
from harness.records.asked import Request
from tests.waiting import MOST_S

IDENTITY = "vllm 0.32.0 float32 merged"
MADE = Made(node="node-a", identity=IDENTITY, versions={"tunegate": "1", "torch": "2.13"}, hardware="a CPU")


@dataclass
class FakeActor:
    """An actor with these facts. It answers with its node's name, and is lost after ``lives`` answers.

    ``problem`` ends each asking; ``closed`` is whether it was let go of. It ``begins`` when it is asked first, and
    ``waits`` for another one to begin.
    """

    facts: Made = MADE
    is_placed: bool = True
    lives: float = float("inf")
    problem: Problem | None = None
    asked: list[Request] = field(default_factory=list)
    closed: bool = False
    told: deque[Response] = field(default_factory=deque)
    begins: threading.Event = field(default_factory=threading.Event)
    waits: threading.Event | None = None

    def made(self) -> Made:
        """Return what it is."""
        if self.lives <= 0:
            raise ReplicaLost("ActorDiedError: its node is gone")
        return self.facts

    def ask(self, requests: Sequence[Request]) -> None:
        """Note what is asked, and answer what it lives to answer."""
        self.begins.set()
        if self.waits:
            assert self.waits.wait(MOST_S)
        self.asked += requests
        self.told.extend(Response(request_key=one.key, text=self.facts.node) for one in requests)

    def take(self) -> Taken:
        """Return two answers."""
        responses = []
        while self.told and len(responses) < 2:
            if self.lives <= 0:
                raise ReplicaLost("ActorUnavailableError: its node is gone")
            self.lives -= 1
            responses.append(self.told.popleft())
        return Taken(responses=tuple(responses), ended=not self.told, problem=None if self.told else self.problem)

    def stop(self) -> None:
        """Answer nothing more."""
        self.told.clear()

    def close(self) -> None:
        """Be let go of."""
        self.closed = True


@dataclass
class FakeRoom:
    """Gives these actors in their order, and then ones like the last; ``wanted`` has those given so far."""

    actors: list[FakeActor]
    replicas: int = 2
    wanted: list[FakeActor] = field(default_factory=list)

    def most(self) -> int:
        """Return how many are wanted."""
        return self.replicas

    def told(self) -> str:
        """Say what there is."""
        return "a replica takes 1 GPUs and 1 cores of one node, and the cluster has 1 node with 0 GPUs and 2 cores"

    def want(self) -> FakeActor:
        """Return the next actor."""
        one = self.actors[len(self.wanted)] if len(self.wanted) < len(self.actors) else FakeActor(self.actors[-1].facts)
        self.wanted.append(one)
        return one


def fleet_in(
    room: FakeRoom,
    said: list[str],
    clock: Callable[[], float] | None = None,
    make_room: Callable[[], None] = lambda: None,
) -> ClusterFleet:
    """Return a fleet on a fake cluster, which gives replicas four requests at a time."""
    more = {} if clock is None else {"clock": clock}
    fleet = ClusterFleet(room, "1", 600.0, said.append, make_room, **more)
    fleet.batch = 4
    return fleet
