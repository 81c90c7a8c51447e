"""One engine for several servers that serve the same models: each request goes to one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from harness.config.engine import EngineConfig
from harness.engines.http.likelihood import ReadSpans, by_name_alone
from harness.engines.http.loop import running
from harness.engines.http.named import endpoint_at
from harness.engines.openai import NO_NAMES, remote_engine
from harness.engines.replicas.alike import is_there
from harness.engines.replicas.http import HttpFleet, Session
from harness.engines.replicas.proofs import Plan, Proof, adapters_among
from harness.engines.replicas.schedule import Spread
from harness.engines.replicas.server import Place
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request
from harness.records.record import digest


class ReplicatedEngine:
    """Asks all servers at once, and goes on with the others when one is lost.

    Its identity is that of the first server alone, so answers are found again however many servers there are.

    Args:
        fleet: the servers.
        identity: part of every request's key.
        plan: makes the proof that an adapter answers, which every server must give before its answers count.
        tell: called with a line when a server is lost.
        known: all models that are here.
    """

    runs_elsewhere = True
    can_ask_again = True

    def __init__(
        self, fleet: HttpFleet, identity: str, plan: Plan, tell: Callable[[str], None], known: Sequence[ModelRef] = ()
    ) -> None:
        self.identity = identity
        self._fleet, self._plan, self._tell, self._known = fleet, plan, tell, known
        self._proofs: dict[str, Proof] = {}
        self._under_way: list[Spread] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """Which servers were asked, and which were lost."""
        return self._fleet.notes

    @property
    def replicas(self) -> str:
        """How many servers answer now, in words; empty while nothing is asked."""
        return str(self._fleet.presence) if self._under_way else ""

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, as it comes from any server.

        Raises:
            EngineError: no server is there any more, or one met what all would meet.
        """
        if not requests:
            return
        for share, adapter, base in adapters_among(requests, self._known):
            name = digest([adapter, base])
            if name not in self._proofs:
                self._proofs[name] = self._plan(share, adapter, base)
        with running() as loop:
            session = Session(self._fleet, tuple(self._proofs.values()), loop)
            spread = Spread(requests, session, self._tell)
            self._under_way.append(spread)
            try:
                yield from spread.answers()
            finally:
                self._under_way.remove(spread)

    def stop(self) -> None:
        """Ask nothing more, at any server."""
        for spread in tuple(self._under_way):
            spread.stop()


def replicated_engine(  # noqa: PLR0913, PLR0917 - what one engine needs, and what several need beside it
    config: EngineConfig,
    environ: Mapping[str, str],
    plan: Plan,
    say: Callable[[str], None],
    served_as: Mapping[tuple[str, ...], str] = NO_NAMES,
    read_spans: ReadSpans = by_name_alone,
    known: Sequence[ModelRef] = (),
) -> ReplicatedEngine:
    """Return the engine for ``base_url`` and ``replica_urls`` together; raises as ``remote_engine``.

    ``plan``, ``say`` and ``known`` are for ``ReplicatedEngine``.
    """
    places = []
    for url in dict.fromkeys((config.base_url, *config.replica_urls)):
        own = msgspec.structs.replace(config, base_url=url, replica_urls=())
        endpoint = endpoint_at(own, environ)
        engine = remote_engine(own, environ, served_as, read_spans, partial(is_there, endpoint))
        places.append(Place(endpoint, engine))
    fleet = HttpFleet(places, config.request_timeout_s, say)
    return ReplicatedEngine(fleet, places[0].engine.identity, plan, say, known)
