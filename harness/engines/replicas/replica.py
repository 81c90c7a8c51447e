"""What a replica is to the scheduler, and a fleet of them, however they are reached: by HTTP, or as Ray actors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.errors import EngineError
from harness.records.answered import Response
from harness.records.asked import Request
from harness.text.figures import count


class ReplicaLost(EngineError):
    """A replica is gone, with its node or its server; what it had not answered is asked of others."""


@dataclass(frozen=True)
class Presence:
    """How many replicas can be asked now, of how many that are wanted, and how many were lost on the way.

    >>> str(Presence(2, 3, 1, "server"))
    '2 of 3 servers, 1 lost'
    """

    there: int
    wanted: int
    lost: int
    unit: str

    def __str__(self) -> str:
        return f"{self.there} of {count(self.wanted, self.unit)}{f', {self.lost} lost' if self.lost else ''}"


class Replica(Protocol):
    """One engine among several that answer alike."""

    @property
    def name(self) -> str:
        """What people call it, as its address or its node."""
        ...

    def generate(self, requests: Iterator[Request]) -> Iterator[Sequence[Response]]:
        """Yield a response for each request, in order of completion; those together that came together.

        A request is taken from ``requests`` only when there is room to send it, by any one thread at a time: what was
        not taken, others can take. The iterator never waits; after its end, ``generate`` is called again if more comes.

        Raises:
            ReplicaLost: it is gone. Any other error ends the asking of all replicas.
        """
        ...

    def stop(self) -> None:
        """Take nothing more: ``generate`` yields what has arrived, and ends. Any thread can call this."""
        ...


class Fleet(Protocol):
    """The replicas, which can come and go."""

    def present(self) -> Sequence[Replica]:
        """Return those that can be asked now; called now and then while requests are open, from one thread.

        One that was lost is asked again only if it is among them again. With none present, it is called until there is
        one.

        Raises:
            ServerLost: none is there any more, and none will come.
            EngineError: they can't be asked at all.
        """
        ...
