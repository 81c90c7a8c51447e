"""A lane in an actor of Ray, asked by messages: all that this process does with Ray once it is connected."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from harness.engines.cluster.connection import Need, connected, first_line
from harness.engines.cluster.lane import Lane
from harness.engines.cluster.sent import Made, Order, Taken
from harness.engines.replicas.replica import ReplicaLost
from harness.records.asked import Request

AT_ONCE = 4
"""Calls that an actor takes at once: it is told to stop while it waits for an answer."""
CLOSES_S = 15.0
"""How long an actor can take to stop its servers, before it is killed and their guard stops them."""
KEPT = {"RAY_kill_child_processes_on_worker_exit": "false"}
"""When a worker ends, Ray kills the processes that it started: also the guard of a vLLM server, whom nobody would stop
then. Left alone, the guard stops the server once the worker is gone."""

Shipped = Mapping[str, Sequence[Any]]
"""References to the files of adapters in Ray's object store, each in a list, by the adapters' digests."""


class LaneOnNode(Lane):
    """A lane in an actor: adapters that were shipped are fetched when they are needed."""

    def __init__(self, order: bytes, shipped: Shipped) -> None:
        import ray

        super().__init__(order, {digest: partial(ray.get, refs[0]) for digest, refs in shipped.items()})


class Actor:
    """One actor, from when it is wanted: it waits for room by itself.

    Its methods raise ``ReplicaLost`` once it is gone.

    Args:
        order: what it shall be.
        need: what it takes of a node.
        shipped: adapters for machines that don't have them.
    """

    def __init__(self, order: Order, need: Need, shipped: Shipped) -> None:
        import ray

        kind = ray.remote(
            num_cpus=need.cpus,
            num_gpus=need.gpus,
            max_concurrency=AT_ONCE,
            max_restarts=0,
            runtime_env={"env_vars": KEPT},
        )(LaneOnNode)
        self._handle = kind.remote(msgspec.json.encode(order), dict(shipped))
        self._making = self._handle.make.remote()

    @property
    def is_placed(self) -> bool:
        """Whether it has a place and knows what it is, or was lost before."""
        import ray

        with suppress(ConnectionError), connected():
            ready, _ = ray.wait([self._making], timeout=0)
            return bool(ready)
        return True

    def made(self) -> Made:
        """Return what it is, waiting for that."""
        return msgspec.json.decode(_fetched(lambda: self._making), type=Made)

    def ask(self, requests: Sequence[Request]) -> None:
        """Begin to ask."""
        _fetched(lambda: self._handle.ask.remote(msgspec.json.encode(requests)))

    def take(self) -> Taken:
        """Return what it has to tell since it was asked last, waiting a second for something."""
        return msgspec.json.decode(_fetched(self._handle.take.remote), type=Taken)

    def stop(self) -> None:
        """Tell it to ask nothing more; returns at once."""
        with suppress(ConnectionError), connected():
            self._handle.stop.remote()

    def close(self) -> None:
        """Stop its servers, and let go of its room."""
        import ray

        with suppress(ConnectionError), connected():
            if self.is_placed:
                ray.wait([self._handle.close.remote()], timeout=CLOSES_S)
            ray.kill(self._handle)


def _fetched(called: Callable[[], Any]) -> Any:  # noqa: ANN401 - Ray's references say nothing of types
    """Return what a call gives; one that no longer reaches its actor means that the actor is lost."""
    import ray
    from ray.exceptions import RayError

    try:
        with connected():
            return ray.get(called())
    except (RayError, ConnectionError) as problem:
        raise ReplicaLost(f"{type(problem).__name__}: {first_line(problem)}") from problem
