"""A real MLflow server, with SQLite: it takes the ledger's copy, and its own client finds what users look for."""

import json
import os
import socket
import subprocess

import pytest

from harness.registry.mlflow.access import access_from
from harness.registry.mlflow.copy import Copied, Source, copy_ledger
from harness.registry.mlflow.rest import asking
from harness.registry.mlflow.server import Server
from tests.registry.made import ADA, project, promote
from tests.tools.environments import python_with, wait_for

TRIED = "3.17.2"
PATIENCE_S = 600
CLIENT = """
import json, os, sys, mlflow
client = mlflow.MlflowClient()
seen = {}
for alias in ("promoted", "previous"):
    try:
        one = client.get_model_version_by_alias("first", alias)
    except mlflow.MlflowException:
        continue
    folder = mlflow.artifacts.download_artifacts(f"models:/first@{alias}", dst_path=os.path.join(sys.argv[1], alias))
    files = sorted(
        os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names
    )
    run = client.get_run(one.run_id)
    seen[alias] = {"version": one.version, "tags": one.tags, "files": files, "metrics": run.data.metrics,
                   "status": run.info.status, "params": run.data.params}
print(json.dumps(seen))
"""


@pytest.fixture(scope="module", params=["--serve-artifacts", "--no-serve-artifacts"])
def server(request, tmp_path_factory):
    """Start a server that keeps files itself, and one that doesn't; return its address and whether it keeps them."""
    python, folder = python_with(f"mlflow-{TRIED}", f"mlflow=={TRIED}"), tmp_path_factory.mktemp("mlflow")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    keeps = request.param == "--serve-artifacts"
    where = ["--artifacts-destination" if keeps else "--default-artifact-root", str(folder / "files")]
    words = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--host", "127.0.0.1", "--port", str(port)]
    command = [python, "-m", "mlflow", "server", request.param, *words, *where, "--workers", "1"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environ(), start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process, folder / "log", PATIENCE_S)
        yield address, keeps
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def test_its_own_client_finds_the_promoted_adapter_and_the_one_before(server, tmp_path):
    """By alias, with files, figures and parameters; after a rollback too; and nothing is there twice."""
    address, keeps = server
    registry = project(tmp_path)
    promote(registry, tmp_path, "first")
    promote(registry, tmp_path, "second", "first")

    copied = _copy(registry, address)
    found = _seen(address, tmp_path / "once")
    again = _copy(registry, address)
    registry.roll_back(None, ADA)
    _copy(registry, address)
    after = _seen(address, tmp_path / "twice")

    assert (copied.added, copied.promoted, copied.previous, again.added) == (2, "2", "1", 0)
    assert bool(copied.lacks) != keeps
    assert {alias: str(one["version"]) for alias, one in found.items()} == {"promoted": "2", "previous": "1"}
    assert {alias: str(one["version"]) for alias, one in after.items()} == {"promoted": "1"}
    promoted = found["promoted"]
    assert promoted["status"] == "FINISHED"
    assert promoted["params"]["adapter"] == "second"
    assert {name.rpartition("_")[2] for name in promoted["metrics"] if "difference" in name} == {"mean", "low", "high"}
    own = {"adapter/adapter_config.json", "adapter/adapter_model.safetensors", "promotion.dsse.json", "run.json"}
    assert set(promoted["files"]) == (own if keeps else set())


def _copy(registry, address: str) -> Copied:
    source = Source(
        entries=registry.ledger.entries(), adapters=registry.adapters, runs=registry.adapters.parent / "runs"
    )
    with asking(access_from({"MLFLOW_TRACKING_URI": address})) as rest:
        return copy_ledger(source, Server(rest))


def _seen(address: str, folder) -> dict[str, dict[str, object]]:
    folder.mkdir()
    python = python_with(f"mlflow-{TRIED}", f"mlflow=={TRIED}")
    environ = _environ() | {"MLFLOW_TRACKING_URI": address}
    done = subprocess.run([python, "-c", CLIENT, str(folder)], check=True, capture_output=True, env=environ)
    return json.loads(done.stdout.splitlines()[-1])


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
