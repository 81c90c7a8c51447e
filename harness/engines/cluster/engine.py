"""Answer with replicas on a Ray cluster: this process gives out requests, and it alone keeps what comes back."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

import msgspec

from harness.config.engine import EngineConfig, RayConfig
from harness.engines.cluster.connection import connect, refuse_missing_ray
from harness.engines.cluster.fleet import ClusterFleet
from harness.engines.cluster.room import RayRoom
from harness.engines.cluster.sent import Made, Order
from harness.engines.cluster.shipped import to_send
from harness.engines.http.endpoint import OUT_OF_TIME
from harness.engines.http.pace import FIRST_LIMIT
from harness.engines.replicas.proofs import Plan, Proof, by_adapter
from harness.engines.replicas.schedule import Spread
from harness.errors import EngineSetupError
from harness.interrupts import heard
from harness.models.installed import own_version
from harness.models.local import LocalModel
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request

LOOK_S = 0.2
TURNS = 4
"""In so many batches a replica is given its share, where that is more than it answers at once."""


class RayEngine:
    """A context manager; leaving it lets go of all replicas, and ends the connection. Nothing is loaded before asking.

    Args:
        models: all models that requests may name.
        config: [engine] of harness.toml.
        say: called with lines about replicas.
        plan: makes the proof that an adapter answers, which every replica must give before its answers count.
        keys: names of variables with keys, which neither Ray nor its servers get.
        others: all engines of this process on the cluster, this one among them: one at a time asks.

    Raises:
        EngineSetupError: Ray is not installed.
    """

    runs_elsewhere = False
    can_ask_again = True

    def __init__(  # noqa: PLR0913, PLR0917 - each is a fact of its own
        self,
        models: Sequence[LocalModel],
        config: EngineConfig,
        say: Callable[[str], None],
        plan: Plan,
        keys: Sequence[str] = (),
        others: Sequence["RayEngine"] = (),
    ) -> None:
        refuse_missing_ray()
        inner = msgspec.structs.replace(config, kind=config.ray.each, port=None, deadline_s=None, ray=RayConfig())
        self._order = Order(config=inner, models=tuple(map(to_send, models)), keys=tuple(keys))
        self._models, self._config = tuple(models), config
        self._say, self._plan, self._others = say, plan, others
        self._fleet: ClusterFleet | None = None
        self._disconnect: Callable[[], None] = lambda: None
        self._proofs: dict[tuple[str, ...], Proof] = {}
        self._spread: Spread | None = None
        self._refused: EngineSetupError | None = None
        """Why no cluster could be had; it is not waited for a second time."""
        self._ends_at: float | None = None
        self._made: Made | None = None
        self._notes: tuple[str, ...] = ()
        """Both are asked for when the cluster is gone: a run is saved at its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """What its replicas are: the first one says it, so the cluster must have room for one.

        Raises:
            EngineError: there is no cluster, or no room, or what is there can't be used.
        """
        made = self._made = self._made or self._first()
        return f"ray {made.identity} torch={made.versions.get('torch', 'none')}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about its replicas."""
        return self._fleet.notes if self._fleet else self._notes

    @property
    def replicas(self) -> str:
        """How many replicas answer now, in words; empty while nothing is asked."""
        return str(self._fleet.presence) if self._fleet and self._spread else ""

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, as it comes from any replica.

        Raises:
            EngineError: no replica is there any more, or one met what all would meet.
        """
        if not requests:
            return
        fleet, most = self._open()
        fleet.proofs = tuple(self._proofs_for(requests))
        fleet.batch = fitting_batch(len(requests), most, self._at_once)
        self._spread = spread = Spread(requests, fleet, self._say)
        try:
            if self._config.deadline_s is None:
                yield from spread.answers()
            else:
                yield from self._in_time(requests, spread, self._config.deadline_s)
        finally:
            self._spread = None

    def stop(self) -> None:
        """Ask nothing more."""
        if (spread := self._spread) is not None:
            spread.stop()

    def release(self) -> None:
        """Let go of all replicas; the next asking has them made anew."""
        if self._fleet is not None:
            self._fleet.close()

    def close(self) -> None:
        """Let go of all replicas, and of the cluster."""
        self._notes = self.notes
        self.release()
        self._disconnect()
        self._fleet, self._disconnect = None, lambda: None

    def _open(self) -> tuple[ClusterFleet, int]:
        if self._fleet is None:
            if self._refused is not None:
                raise self._refused
            with heard():
                try:
                    self._disconnect = connect(self._config.ray, self._order.keys, self._say)
                except EngineSetupError as problem:
                    self._refused = problem
                    raise
                self._room = RayRoom(self._order, self._config.ray)
                self._fleet = ClusterFleet(
                    self._room, own_version(), self._config.start_timeout_s, self._say, self._release_others
                )
                self._fleet.first = self._made
        return self._fleet, self._room.most()

    def _first(self) -> Made:
        fleet, _ = self._open()
        while fleet.first is None:
            with heard():
                if not fleet.present():
                    time.sleep(LOOK_S)
        return fleet.first

    def _release_others(self) -> None:
        for other in self._others:
            if other is not self:
                other.release()

    def _proofs_for(self, requests: Sequence[Request]) -> Iterator[Proof]:
        """Yield the proof of each adapter that is asked; its prompts are the same until the engine is closed."""
        for weights, share in by_adapter(requests).items():
            if weights not in self._proofs:
                self._proofs[weights] = self._plan(share, share[0].model, self._base_of(weights))
            yield self._proofs[weights]

    def _base_of(self, weights: tuple[str, ...]) -> ModelRef:
        model = next((one for one in self._models if one.ref.weights == weights), None)
        bases = [one.ref for one in self._models if model and one.base_path == model.base_path]
        base = next((ref for ref in bases if ref.adapter_digest is None), None)
        if base is None:
            raise EngineSetupError("an adapter is asked for whose base model this run does not have")
        return base

    @property
    def _at_once(self) -> int:
        """How many requests one replica answers at once."""
        if self._config.ray.each == "transformers":
            return self._config.in_flight or FIRST_LIMIT
        return self._config.max_in_flight

    def _in_time(self, requests: Sequence[Request], spread: Spread, deadline_s: float) -> Iterator[Response]:
        """Yield what is answered before the deadline, counted from the first request of all; errors for the rest."""
        self._ends_at = self._ends_at or time.monotonic() + deadline_s
        waiting = {request.key: None for request in requests}
        timer = threading.Timer(max(0.0, self._ends_at - time.monotonic()), spread.stop)
        timer.start()
        try:
            for response in spread.answers():
                waiting.pop(response.request_key, None)
                yield response
        finally:
            timer.cancel()
        if time.monotonic() >= self._ends_at:
            yield from (Response(request_key=key, error=OUT_OF_TIME.format(deadline_s)) for key in waiting)


def fitting_batch(requests: int, replicas: int, at_once: int) -> int:
    """Return how many requests a replica is given together: it shall be busy, and the last ones end at about one time.

    >>> [fitting_batch(requests, 4, 256) for requests in (3, 400, 10_000, 1_000_000)]
    [1, 100, 625, 1024]
    """
    share = -(-requests // replicas)
    return min(TURNS * at_once, max(min(share, at_once), share // TURNS))
