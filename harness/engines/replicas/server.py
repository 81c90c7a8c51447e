"""A server at one address as a replica: it proves its adapters before its first answers, and says when it is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.loop import Loop
from harness.engines.http.sending import Sending
from harness.engines.openai import HttpEngine, kind_of
from harness.engines.replicas.alike import Said, refuse_apart
from harness.engines.replicas.proofs import Proof, prove
from harness.engines.replicas.replica import ReplicaLost
from harness.errors import ServerLost
from harness.records.answered import Response
from harness.records.asked import Request


@dataclass(frozen=True)
class Place:
    """One address: how it is reached, and the engine that asks there."""

    endpoint: Endpoint
    engine: HttpEngine


class Server:
    """A server from when it is there until it is lost."""

    def __init__(self, place: Place) -> None:
        self.name = place.endpoint.address
        self.engine = place.engine
        self.proved: set[Proof] = set()
        self.has_answered = False
        self.lost_by = ""
        """Why it was lost; empty while it is there."""


class HttpReplica:
    """A server as one asking sees it; see ``Replica``. Before its first answers it proves its adapters.

    ``proved_first`` has the server that gave each proof first, with what it answered.
    """

    def __init__(self, server: Server, proofs: Sequence[Proof], proved_first: dict[Proof, Said], loop: Loop) -> None:
        self.name = server.name
        self._loop = loop
        self._server, self._proofs, self._proved_first = server, proofs, proved_first
        self._sending = Sending()
        self._is_stopped = False

    def generate(self, requests: Iterator[Request]) -> Iterator[Sequence[Response]]:
        """Yield a response for each request as it comes.

        Raises:
            ReplicaLost: the server is gone.
            EngineError: an adapter does not answer there, or a setting is wrong.
        """
        try:
            self._prove()
            for _, alike in groupby(requests, key=kind_of):
                for responses in self._asked(alike):
                    self._server.has_answered = True
                    yield responses
                if self._is_stopped:
                    return
        except ServerLost as problem:
            self._server.lost_by = str(problem)
            raise ReplicaLost(str(problem)) from problem

    def stop(self) -> None:
        """Take nothing more."""
        self._is_stopped = True
        self._sending.finish()

    def _asked(self, requests: Iterator[Request]) -> Iterator[Sequence[Response]]:
        self._sending = Sending()
        if self._is_stopped:
            return iter(())
        return self._server.engine.generate_as_taken(requests, self._sending, self._loop)

    def _prove(self) -> None:
        left = [one for one in self._proofs if one not in self._server.proved]
        for proof, said in prove(self.name, left, lambda asked: self._asked(iter(asked)), lambda: self._is_stopped):
            refuse_apart(proof, self._proved_first.setdefault(proof, (self.name, said)), (self.name, said))
            self._server.proved.add(proof)
