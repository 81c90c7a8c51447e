"""Servers at several addresses as replicas: each must be alike, and prove its adapters, before its answers count."""

import http
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.engines.http.transport import CONNECT_TIMEOUT_S, fetch
from harness.engines.openai import HttpEngine
from harness.engines.replicas.proofs import Proof
from harness.engines.replicas.replica import ReplicaLost
from harness.errors import EngineSetupError, HarnessError, ServerLost
from harness.records.asked import Request, Response
from harness.records.record import UNREADABLE
from harness.text.figures import count
from harness.text.visible import for_terminal

AGAIN_S = 10.0
"""How often a server that is away is looked for."""
LONGEST_FACT = 60


@dataclass(frozen=True)
class Place:
    """One address: how it is reached, and the engine that asks there."""

    endpoint: Endpoint
    engine: HttpEngine


class HttpReplica:
    """A server that can be asked; see ``Replica``. Before its first answers it proves its adapters."""

    def __init__(self, place: Place, proofs: Callable[[], Sequence[Proof]]) -> None:
        self.name = place.endpoint.address
        self._engine = place.engine
        self._proofs = proofs
        self._proved: set[int] = set()
        self.lost_by = ""
        """Why it was lost; empty while it is there."""

    def generate(self, requests: Iterator[Request]) -> Iterator[Response]:
        """Yield a response for each request as it comes.

        Raises:
            ReplicaLost: the server is gone.
            EngineError: an adapter does not answer there, or a setting is wrong.
        """
        try:
            self._prove()
            yield from self._engine.generate_as_taken(requests)
        except ServerLost as problem:
            self.lost_by = str(problem)
            raise ReplicaLost(self.lost_by) from problem

    def stop(self) -> None:
        """Take nothing more."""
        self._engine.stop()

    def _prove(self) -> None:
        for proof in self._proofs():
            if id(proof) in self._proved:
                continue
            responses = {one.request_key: one for one in self._engine.generate(proof.requests)}
            try:
                proof.check(responses)
            except HarnessError as problem:
                raise type(problem)(f"{self.name}: {problem}") from problem
            self._proved.add(id(proof))


class HttpFleet:
    """The servers that answer; see ``Fleet``. One that is away is looked for again now and then.

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
        self.proofs: Sequence[Proof] = ()
        self._away = {place.endpoint.address: place for place in places}
        self._there: dict[str, HttpReplica] = {}
        self._facts: tuple[str, Mapping[str, str]] | None = None
        self._places, self._patience_s, self._say, self._clock = tuple(places), patience_s, say, clock
        self._looked_s = float("-inf")
        self._since_s = clock()
        self._lost: list[str] = []
        self._told = False

    @property
    def notes(self) -> tuple[str, ...]:
        """How many servers there are, and which were lost: lines for the facts of the run."""
        names = ", ".join(place.endpoint.address for place in self._places)
        return (f"asked at {count(len(self._places), 'server')}: {names}", *self._lost)

    def present(self) -> Sequence[HttpReplica]:
        """Return the servers that answer.

        Raises:
            EngineSetupError: two of them are not alike, or none answered at the start.
            ServerLost: none answers any more.
        """
        now = self._clock()
        for name in [name for name, one in self._there.items() if one.lost_by]:
            lost = self._there.pop(name)
            self._lost.append(f"{name} was lost while it was asked: {for_terminal(lost.lost_by, 200)}")
            self._away[name] = next(place for place in self._places if place.endpoint.address == name)
        if self._away and (now - self._looked_s >= AGAIN_S or not self._there):
            self._looked_s = now
            self._look()
        if self._there:
            self._since_s = now
        elif now - self._since_s > self._patience_s or self._facts is None:
            self._give_up()
        return tuple(self._there.values())

    def _look(self) -> None:
        is_new = False
        for name, place in tuple(self._away.items()):
            facts = facts_of(place.endpoint)
            if facts is None:
                continue
            if self._facts is None:
                self._facts = name, facts
            refuse_unlike(self._facts, (name, facts))
            del self._away[name]
            self._there[name] = HttpReplica(place, lambda: self.proofs)
            is_new = True
        if is_new or not self._told:
            self._told = True
            away = f"; {', '.join(self._away)} can't be reached" if self._away else ""
            self._say(f"asking at {len(self._there)} of {len(self._places)} servers{away}")

    def _give_up(self) -> None:
        names = ", ".join(place.endpoint.address for place in self._places)
        if self._facts is None:
            raise EngineSetupError(f"none of these servers answers: {names}; check base_url and replica_urls")
        raise ServerLost(
            f"none of {len(self._places)} servers answers for {self._patience_s:g} s (request_timeout_s under [engine] "
            f"in harness.toml): {names}; start one again, then run again: what was answered is kept"
        )


class _Listed(msgspec.Struct):
    id: str
    root: str | None = None
    max_model_len: int | None = None


class _List(msgspec.Struct):
    data: list[_Listed] = []


class _Version(msgspec.Struct):
    version: str = ""


def is_there(endpoint: Endpoint) -> bool:
    """Tell whether anything answers at an address, whatever it says."""
    return _fetched("/models", endpoint) is not None


def facts_of(endpoint: Endpoint) -> Mapping[str, str] | None:
    """Return what a server says of itself: its version, and of each model its source and limit; None if it is away.

    What it doesn't say is not among them.
    """
    reply = _fetched("/models", endpoint)
    if reply is None:
        return None
    try:
        listed = msgspec.json.decode(reply, type=_List).data
    except UNREADABLE:
        return {}
    facts = {}
    for one in listed:
        facts[f"the source of {one.id}"] = one.root or ""
        facts[f"the longest prompt of {one.id}"] = str(one.max_model_len or "")
    root = replace(endpoint, base_url=endpoint.base_url.rstrip("/").removesuffix("/v1"))
    try:
        facts["the version"] = msgspec.json.decode(_fetched("/version", root) or b"{}", type=_Version).version
    except UNREADABLE:
        facts["the version"] = ""
    return {name: value for name, value in facts.items() if value}


def refuse_unlike(first: tuple[str, Mapping[str, str]], other: tuple[str, Mapping[str, str]]) -> None:
    """Refuse a server that is not like the first one, as far as both say what they are.

    Raises:
        EngineSetupError: it differs; both and the difference are named.
    """
    for what in first[1].keys() & other[1].keys():
        one, two = (for_terminal(facts[what], LONGEST_FACT) for facts in (first[1], other[1]))
        if one != two:
            raise EngineSetupError(
                f"{for_terminal(what)} is {one} at {first[0]} and {two} at {other[0]}; replicas must be alike: "
                "serve the same there, or leave one out"
            )


def _fetched(path: str, endpoint: Endpoint) -> bytes | None:
    """Return what a server answers, empty unless it is good; None where nothing answers."""
    try:
        reply = fetch(path, replace(endpoint, timeout_s=min(endpoint.timeout_s, CONNECT_TIMEOUT_S)))
    except Fault as fault:
        return None if fault.kind in {"unreachable", "lost", "hang"} else b""
    return reply.body if reply.status == http.HTTPStatus.OK else b""
