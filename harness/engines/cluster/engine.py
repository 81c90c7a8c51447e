"""Answer with replicas on a Ray cluster: this process gives out requests, and it alone keeps what comes back."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

import msgspec

from harness.config import EngineConfig, RayConfig
from harness.engines.cluster.connection import connect, need_of, nodes, refuse_missing_ray, room_for
from harness.engines.cluster.fleet import ClusterFleet, Room, Wanted
from harness.engines.cluster.sent import Made, Order
from harness.engines.cluster.shipped import pack, to_send
from harness.engines.http.pace import FIRST_LIMIT
from harness.engines.replicas.proofs import Plan, Proof
from harness.engines.replicas.schedule import Spread
from harness.errors import EngineSetupError
from harness.interrupts import heard
from harness.models.installed import own_version
from harness.models.local import LocalModel
from harness.records.asked import ModelRef, Request, Response
from harness.text.figures import count

LOOK_S = 0.2
LOOKED_AT = 2_000
"""Requests that show which adapters are asked: probes come first, and both sides in turn."""
TURNS = 4
"""A replica is given its share in so many batches at least, so that the last ones end at about the same time."""


class RayRoom:
    """A connected cluster as a room for replicas.

    Args:
        order: what each replica shall be.
        config: [engine.ray].
    """

    def __init__(self, order: Order, config: RayConfig) -> None:
        self._order, self._config = order, config
        self._shipped = self._ship() if config.address else {}

    def most(self) -> int:
        """Return how many are set, or how many there is room for; one at least."""
        if self._config.replicas:
            return self._config.replicas
        there = nodes()
        return max(1, room_for(need_of(self._config, there), there))

    def told(self) -> str:
        """Say what a replica takes, and what the cluster has."""
        there = nodes()
        gpus, cores = (sum(node.get(kind, 0) for node in there) for kind in ("GPU", "CPU"))
        has = f"{count(len(there), 'node')} with {gpus:g} GPUs and {cores:g} cores in all"
        return f"a replica takes {need_of(self._config, there)} of one node, and the cluster has {has}"

    def want(self) -> Wanted:
        """Return an actor that takes its place when there is one."""
        from harness.engines.cluster.actor import Actor

        return Actor(self._order, need_of(self._config, nodes()), self._shipped)

    def _ship(self) -> Mapping[str, Sequence[object]]:
        import ray

        adapters = {one.ref.adapter_digest: one for one in self._order.models if one.adapter_path}
        return {str(digest): [ray.put(pack(one))] for digest, one in adapters.items()}


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
        inner = msgspec.structs.replace(config, kind=config.ray.each, port=None, ray=RayConfig())
        self._order = Order(config=inner, models=tuple(map(to_send, models)), keys=tuple(keys))
        self._models, self._config = tuple(models), config
        self._say, self._plan, self._others = say, plan, others
        self._fleet: ClusterFleet | None = None
        self._disconnect: Callable[[], None] = lambda: None
        self._proofs: dict[tuple[str, ...], Proof] = {}
        self._spread: Spread | None = None

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
        made = self._first()
        return f"ray {made.identity} torch={made.versions.get('torch', 'none')}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about its replicas."""
        return self._fleet.notes if self._fleet else ()

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, as it comes from any replica.

        Raises:
            EngineError: no replica is there any more, or one met what all would meet.
        """
        if not requests:
            return
        fleet, most = self._open()
        fleet.proofs = tuple(self._proofs_for(requests))
        fleet.batch = max(1, min(self._fitting(), len(requests) // (TURNS * most)))
        self._spread = Spread(requests, fleet, self._say)
        yield from self._spread.answers()

    def stop(self) -> None:
        """Ask nothing more."""
        if self._spread is not None:
            self._spread.stop()

    def release(self) -> None:
        """Let go of all replicas; the next asking has them made anew."""
        if self._fleet is not None:
            self._fleet.close()

    def close(self) -> None:
        """Let go of all replicas, and of the cluster."""
        self.release()
        self._disconnect()
        self._fleet, self._disconnect = None, lambda: None

    def _open(self) -> tuple[ClusterFleet, int]:
        if self._fleet is None:
            with heard():
                self._disconnect = connect(self._config.ray, self._order.keys, self._say)
                self._room: Room = RayRoom(self._order, self._config.ray)
                self._fleet = ClusterFleet(
                    self._room, own_version(), self._config.start_timeout_s, self._say, self._release_others
                )
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
        of_adapter: dict[tuple[str, ...], list[Request]] = {}
        for request in islice(requests, LOOKED_AT):
            if request.model.adapter_digest is not None:
                of_adapter.setdefault(request.model.weights, []).append(request)
        for weights, share in of_adapter.items():
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

    def _fitting(self) -> int:
        """Return how many requests keep one replica busy for some time."""
        if self._config.ray.each == "transformers":
            return 2 * (self._config.in_flight or FIRST_LIMIT)
        return 4 * self._config.max_in_flight
