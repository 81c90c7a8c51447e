"""One replica on a cluster: asked batch by batch, after it has proved that its adapters answer."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from harness import errors
from harness.engines.cluster.sent import Made, Problem, Taken
from harness.engines.replicas.proofs import Proof, prove
from harness.engines.replicas.replica import ReplicaLost
from harness.errors import EngineError, EngineStartError, HarnessError, ServerLost
from harness.records.answered import Response
from harness.records.asked import Request
from harness.text.visible import for_terminal

BROKEN = (EngineStartError, ServerLost)
"""Errors of one replica alone: others can answer in its place."""


class Duty(Protocol):
    """What all replicas of a fleet have to do: prove these first, then take so many requests at once."""

    proofs: Sequence[Proof]
    batch: int


class Asked(Protocol):
    """What a replica is asked through; see ``actor.Actor``."""

    def ask(self, requests: Sequence[Request]) -> None:
        """Begin to ask."""
        ...

    def take(self) -> Taken:
        """Return what it has to tell."""
        ...

    def stop(self) -> None:
        """Tell it to ask nothing more."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class ClusterReplica:
    """A replica that has its place; see ``Replica``.

    Args:
        name: its node, and its number there.
        actor: what it is asked through.
        made: what it is.
        duty: what all replicas do now.
        say: called with lines about its start.
    """

    def __init__(self, name: str, actor: Asked, made: Made, duty: Duty, say: Callable[[str], None]) -> None:
        self.name, self.made = name, made
        self.answered = 0
        self.lost_by = ""
        """Why it was lost; empty while it is there."""
        self._actor = actor
        self._duty, self._say = duty, say
        self._proved: set[Proof] = set()
        self._is_stopped = False

    def generate(self, requests: Iterator[Request]) -> Iterator[Sequence[Response]]:
        """Yield a response for each request as it comes; before the first ones, its adapters are proved.

        Raises:
            ReplicaLost: its node or its server is gone.
            EngineError: an adapter does not answer, or the engine can't.
        """
        self._is_stopped = False
        self._prove()
        while not self._is_stopped and (batch := tuple(islice(requests, self._duty.batch))):
            for responses in self._responses(batch):
                self.answered += len(responses)
                yield responses

    def stop(self) -> None:
        """Take nothing more."""
        self._is_stopped = True
        self._actor.stop()

    def close(self) -> None:
        """Let go of it."""
        self._actor.close()

    def _prove(self) -> None:
        left = [one for one in self._duty.proofs if one not in self._proved]
        for proof, _ in prove(self.name, left, self._responses, lambda: self._is_stopped):
            self._proved.add(proof)

    def _responses(self, requests: Sequence[Request]) -> Iterator[Sequence[Response]]:
        try:
            self._actor.ask(requests)
            while True:
                taken = self._actor.take()
                for line in taken.said:
                    self._say(f"{self.name}: {for_terminal(line, None)}")
                if taken.responses:
                    yield taken.responses
                if taken.ended:
                    break
            if taken.problem is not None:
                raise self._error(taken.problem)
        except ReplicaLost as problem:
            self.lost_by = str(problem)
            raise

    def _error(self, problem: Problem) -> HarnessError:
        """Return a replica's own error as one of ours; one that concerns it alone as its loss."""
        kind = error_class(problem)
        told = f"{self.name}: {problem.text}"
        return ReplicaLost(told) if issubclass(kind, BROKEN) else kind(told)


def error_class(problem: Problem) -> type[HarnessError]:
    """Return the class of a replica's error; that of all engines where the name is none of ours."""
    kind = getattr(errors, problem.kind, None)
    return kind if isinstance(kind, type) and issubclass(kind, HarnessError) else EngineError
