"""How many replicas a connected cluster has room for, and how each is wanted there."""

from collections.abc import Mapping, Sequence

from harness.config.engine import RayConfig
from harness.engines.cluster.actor import Actor
from harness.engines.cluster.connection import need_of, nodes, reached, room_for
from harness.engines.cluster.sent import Order
from harness.engines.cluster.shipped import pack
from harness.text.figures import count


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
        with reached():
            there = nodes()
        return max(1, room_for(need_of(self._config, there), there))

    def told(self) -> str:
        """Say what a replica takes, and what the cluster has."""
        with reached():
            there = nodes()
        gpus, cores = (sum(node.get(kind, 0) for node in there) for kind in ("GPU", "CPU"))
        has = f"{count(len(there), 'node')} with {gpus:g} GPUs and {cores:g} cores in all"
        return f"a replica takes {need_of(self._config, there)} of one node, and the cluster has {has}"

    def want(self) -> Actor:
        """Return an actor that takes its place when there is one."""
        with reached():
            return Actor(self._order, need_of(self._config, nodes()), self._shipped)

    def _ship(self) -> Mapping[str, Sequence[object]]:
        import ray

        adapters = {one.ref.adapter_digest: one for one in self._order.models if one.adapter_path}
        return {str(digest): [ray.put(pack(one))] for digest, one in adapters.items()}
