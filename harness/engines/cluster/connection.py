"""The connection to a Ray cluster, quiet: a guest in somebody's terminal, and in their cluster."""

import importlib.metadata
import logging
import math
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from harness.config.engine import RayConfig
from harness.errors import EngineSetupError, ServerLost
from harness.interrupts import ENDING
from harness.records.record import Record
from harness.text.secrets import hide_login, without_secrets
from harness.text.visible import for_terminal

OBJECTS_BYTES = 128 * 2**20
"""The object store of a cluster of our own: what goes through it are messages of a few megabytes."""
OWN = "RAY_"
"""How the names of Ray's own variables begin."""
NO_SECOND = ("RAY_ENABLE_AUTO_CONNECT", "0")
"""Once a cluster is gone, Ray would start another one at the next call; it looks at this when it is imported."""
LONGEST_TEMPORARY = 30
"""Characters of a folder for Ray's sockets, whose addresses have 107 bytes at most."""

TOLD = "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH to a file with the token (unset, it is ~/.ray/auth_token)"


class Need(Record, frozen=True, kw_only=True):
    """What one replica takes of a node."""

    gpus: float
    cpus: float

    def __str__(self) -> str:
        return f"{self.gpus:g} GPUs and {self.cpus:g} cores"


def refuse_missing_ray() -> None:
    """Refuse to go on without Ray, which is looked up and not imported.

    Raises:
        EngineSetupError: it is not installed.
    """
    try:
        importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError as problem:
        raise EngineSetupError(
            "Ray is not installed; install it (`pip install 'tunegate[ray]'`), or set another kind under [engine] in "
            "harness.toml"
        ) from problem


def connect(config: RayConfig, keys: Sequence[str], say: Callable[[str], None]) -> Callable[[], None]:
    """Connect this process to the cluster, unless it is; return what ends the connection, and a cluster of our own.

    Raises:
        EngineSetupError: Ray is not installed, no cluster is there, or it has another version of Ray or Python.
    """
    refuse_missing_ray()
    os.environ.setdefault(*NO_SECOND)
    import ray

    if ray.is_initialized():
        return lambda: None
    if config.address is not None:
        say(f"connecting to the Ray cluster at {for_terminal(hide_login(config.address))}")
        with _signals_kept(), _told(config.address):
            ray.init(address=config.address, log_to_driver=False, logging_level=logging.CRITICAL)
        return lambda: ray.shutdown()  # noqa: PLW0108 - its arguments are no business of the caller's
    say("starting a Ray cluster on this machine")
    folder = tempfile.mkdtemp(prefix="tunegate-ray-")
    place = {"_temp_dir": folder} if len(folder) <= LONGEST_TEMPORARY else {}

    def end() -> None:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)

    try:
        with _signals_kept(), _told("this machine"), _environment_without(keys):
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                object_store_memory=OBJECTS_BYTES,
                **place,
            )
    except BaseException:
        end()
        raise
    return end


def need_of(config: RayConfig, nodes: Sequence[dict[str, float]]) -> Need:
    """Return what each replica takes; ``nodes`` are the resources of each node, as Ray names them.

    >>> need_of(RayConfig(), [{"CPU": 8.0}, {"CPU": 4.0}]), need_of(RayConfig(), [{"CPU": 8.0, "GPU": 2.0}])
    (Need(gpus=0.0, cpus=4.0), Need(gpus=1.0, cpus=1.0))
    """
    has_gpus = any(node.get("GPU", 0) >= 1 for node in nodes)
    gpus = config.gpus if config.gpus is not None else float(has_gpus)
    all_cores = min((node["CPU"] for node in nodes if node.get("CPU", 0) >= 1), default=1.0)
    cpus = config.cpus if config.cpus is not None else 1.0 if gpus else all_cores
    return Need(gpus=gpus, cpus=cpus)


def room_for(need: Need, nodes: Sequence[dict[str, float]]) -> int:
    """Return how many replicas the nodes hold when nothing else is on them; without a need, one on each.

    >>> room_for(Need(gpus=1, cpus=1), [{"CPU": 8.0, "GPU": 2.0}, {"CPU": 1.0, "GPU": 8.0}, {"CPU": 64.0}])
    3
    """
    return sum(_fits(need, node) for node in nodes)


def _fits(need: Need, node: dict[str, float]) -> int:
    asked = ((need.gpus, node.get("GPU", 0.0)), (need.cpus, node.get("CPU", 0.0)))
    return min((math.floor(there / wanted) for wanted, there in asked if wanted), default=1)


def nodes() -> list[dict[str, float]]:
    """Return the resources of each node that is up."""
    import ray

    return [dict(node["Resources"]) for node in ray.nodes() if node["Alive"]]


@contextmanager
def reached() -> Iterator[None]:
    """Turn what Ray raises where its cluster is gone into one sentence of ours.

    Raises:
        ServerLost: it can't be reached any more.
    """
    from ray.exceptions import RayError

    try:
        with connected():
            yield
    except (RayError, ConnectionError) as problem:
        raise ServerLost(
            f"the Ray cluster can't be reached any more: {first_line(problem)}; start it again, then run again: what "
            "was answered is kept"
        ) from problem


@contextmanager
def connected() -> Iterator[None]:
    """Turn what Ray raises once this process is not connected any more into ``ConnectionError``."""
    import ray
    from grpc import RpcError  # type: ignore[import-untyped]
    from ray.exceptions import RayError

    gone = ConnectionError("this process is no longer connected to the Ray cluster")
    if not ray.is_initialized():
        raise gone
    try:
        yield
    except (RayError, ConnectionError):
        raise
    except Exception as problem:
        if ray.is_initialized() and not isinstance(problem, RpcError):
            raise
        raise gone from problem


def first_line(problem: Exception) -> str:
    """Return the first line of what Ray says, fit for a terminal."""
    first, *_ = [line for line in str(problem).splitlines() if line.strip()] or [type(problem).__name__]
    return for_terminal(first, 300)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn what Ray raises at the start into one sentence of ours."""
    from ray.exceptions import AuthenticationError, RayError

    place = for_terminal(hide_login(address))
    try:
        yield
    except ConnectionError as problem:
        raise EngineSetupError(
            f"no Ray cluster answers at {place}; start one (`ray start --head` on its first machine), correct address "
            "under [engine.ray] in harness.toml, or leave it out to use this machine alone. A cluster that was started "
            f"with a token answers only to it: {TOLD}"
        ) from problem
    except AuthenticationError as problem:
        raise EngineSetupError(f"the Ray cluster at {place} wants a token, and there is none here: {TOLD}") from problem
    except (RayError, RuntimeError, ValueError, OSError, ImportError) as problem:
        told = " ".join(str(problem).split())
        if "mismatch" in told:
            raise EngineSetupError(
                f"the Ray cluster at {place} has another version of Ray or Python than this process, and both must "
                f"be the same: {for_terminal(told, 400)}"
            ) from problem
        raise EngineSetupError(f"the Ray cluster at {place} can't be used: {for_terminal(told, 400)}") from problem


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back what handled Ctrl-C and its like before: Ray sets handlers of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _environment_without(keys: Sequence[str]) -> Iterator[None]:
    """Start Ray's processes without the secrets of this one's environment, and without reports on how it is used."""
    before = dict(os.environ)
    kept = without_secrets(before, tuple(keys))
    try:
        for name in before.keys() - kept.keys():
            if not name.startswith(OWN):  # such as the token of its own clusters
                del os.environ[name]
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        yield
    finally:
        with suppress(KeyError):
            del os.environ["RAY_USAGE_STATS_ENABLED"]
        os.environ.update(before)
