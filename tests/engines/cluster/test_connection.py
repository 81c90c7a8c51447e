"""What is said of a cluster that can't be used, and what a replica takes of one that can."""

import importlib.metadata
import signal

import pytest
from grpc import RpcError
from ray.exceptions import AuthenticationError, RaySystemError

from harness.config.engine import RayConfig
from harness.engines.cluster import connection
from harness.engines.cluster.connection import Need, need_of, refuse_missing_ray, room_for
from harness.errors import EngineSetupError, ServerLost

MIXED = [{"CPU": 8.0, "GPU": 2.0, "memory": 1e9}, {"CPU": 1.0, "GPU": 8.0}, {"CPU": 64.0}, {"memory": 1e9}]


@pytest.mark.parametrize(
    ("config", "nodes", "need", "room"),
    [
        (RayConfig(), [{"CPU": 8.0}, {"CPU": 4.0}], Need(gpus=0, cpus=4), 3),
        (RayConfig(), MIXED, Need(gpus=1, cpus=1), 3),
        (RayConfig(gpus=2), MIXED, Need(gpus=2, cpus=1), 2),
        (RayConfig(cpus=1), [{"CPU": 2.0}, {"CPU": 0.0}], Need(gpus=0, cpus=1), 2),
        (RayConfig(gpus=1), [{"CPU": 2.0}], Need(gpus=1, cpus=1), 0),
        (RayConfig(gpus=0, cpus=0), [{"CPU": 2.0}, {}], Need(gpus=0, cpus=0), 2),
        (RayConfig(), [], Need(gpus=0, cpus=1), 0),
    ],
)
def test_a_replica_takes_a_gpu_or_a_nodes_cores(config, nodes, need, room):
    """What is set counts before that."""
    assert need_of(config, nodes) == need
    assert room_for(need, nodes) == room


def test_without_ray_the_extra_is_named(monkeypatch):
    """Before anything is started."""

    def missing(name) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(EngineSetupError, match=r"Ray is not installed; install it \(`pip install 'tunegate\[ray\]'`\)"):
        refuse_missing_ray()


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (
            ConnectionError("Could not find any running Ray instance."),
            "no Ray cluster answers at ray://host:10001; start",
        ),
        (RuntimeError("Version mismatch: Ray: 2.9\n Python: 3.9"), "another version of Ray or Python .* Ray: 2.9"),
        (RuntimeError("raylet died"), "can't be used: raylet died"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_told_in_a_sentence(raised, told):
    """No password of its address is shown."""
    with (
        pytest.raises(EngineSetupError, match=told) as caught,
        connection._told("ray://me:secret-word@host:10001"),
    ):
        raise raised
    assert "secret-word" not in str(caught.value)


def test_a_token_that_is_missing_is_named():
    """What a cluster wants that was started with one."""
    with (
        pytest.raises(EngineSetupError, match="wants a token, and there is none here: set RAY_AUTH_MODE=token"),
        connection._told("host:6379"),
    ):
        raise AuthenticationError("no token")


@pytest.mark.parametrize(
    "raised", [RaySystemError("down"), ConnectionError("GRPC connection failed"), RpcError(), AssertionError()]
)
def test_a_cluster_that_goes_is_told_in_a_sentence(raised, monkeypatch):
    """Whatever Ray raises once this process is not connected any more."""
    there = iter([True, False])
    monkeypatch.setattr("ray.is_initialized", lambda: next(there))

    with (
        pytest.raises(ServerLost, match=r"the Ray cluster can't be reached any more: .*what was answered is kept"),
        connection.reached(),
    ):
        raise raised


def test_without_a_connection_nothing_is_asked_of_ray(monkeypatch):
    """It would start a cluster of its own."""
    monkeypatch.setattr("ray.is_initialized", lambda: False)

    with pytest.raises(ServerLost, match="no longer connected"), connection.reached():
        pytest.fail("asked")


def test_ray_starts_without_secrets_and_without_reports(monkeypatch):
    """Afterwards this process has them again."""
    monkeypatch.setenv("MY_TOKEN", "tok-0123456789")
    monkeypatch.setenv("NAMED", "plain")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "its-own-0123456789")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)

    with connection._environment_without(["NAMED"]):
        inside = dict(connection.os.environ)
    after = dict(connection.os.environ)

    assert {"MY_TOKEN", "NAMED"}.isdisjoint(inside)
    assert inside["RAY_AUTH_TOKEN"] == "its-own-0123456789"
    assert inside["RAY_USAGE_STATS_ENABLED"] == "0"
    assert (after["MY_TOKEN"], after["NAMED"], after.get("RAY_USAGE_STATS_ENABLED")) == (
        "tok-0123456789",
        "plain",
        None,
    )


def test_the_handlers_of_signals_stay_those_of_the_run():
    """Ray sets one of its own for SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)

    with connection._signals_kept():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    assert signal.getsignal(signal.SIGTERM) == before
