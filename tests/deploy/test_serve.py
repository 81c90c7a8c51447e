"""The server for users, from its start to its end: by a signal, by itself, before it was ready and after."""

import os
import signal
import sys
from pathlib import Path

import pytest

from harness.cli.store import DAY_S
from harness.config.engine import EngineConfig
from harness.deploy.chosen import folder_to_serve
from harness.deploy.launched import Place
from harness.deploy.modules import endpoint_of
from harness.deploy.running import mark_served, proving, wait
from harness.deploy.serve import serve
from harness.engines.server.launch import Launch
from harness.engines.server.process import Server, choose_ports
from harness.errors import EngineStartError, ServerLost, Unmeasured
from harness.models.merged import unused_copies
from tests.apart import run_harness

ENDS = (sys.executable, "-Ic", "raise SystemExit(7)")
SLEEPS = (sys.executable, "-Ic", "import time; time.sleep(60)")


@pytest.fixture
def serve_by(chosen):
    """Return a way to serve by another program than vLLM, which is given a port and what it shall serve."""

    def serve_here(program: tuple[str, ...], say, ready=print) -> None:
        found = chosen()
        folder, [port] = folder_to_serve(found.model), choose_ports(None, 1)
        command = (*program, str(port), "tiny", found.model.base_path, *(f"{name}={folder}" for name in found.names))
        serve(found, Place(port=port), say, ready, lambda *_: (launch_of(found, command, port), ""))

    return serve_here


def launch_of(found, command, port):
    """Return how a program is started in place of vLLM."""
    return Launch(
        name="tiny",
        model_path=found.model.base_path,
        served=found.names,
        port=port,
        command=command,
        environment=dict(os.environ),
    )


def test_a_signal_ends_it_well(serve_by):
    """Once it is ready."""
    said, seen = [], []

    def ready(what) -> None:
        seen.append(what)
        os.kill(os.getpid(), signal.SIGTERM)

    serve_by((sys.executable, "-m", "tests.deploy.stub_server"), said.append, ready)

    assert [(one.names, one.adapter, one.proof.changed) for one in seen] == [(("promoted", "second@2"), "second@2", 4)]
    assert said[-1] == "stopped by SIGTERM"


def test_a_signal_during_the_start_is_told_as_such(serve_by):
    """Nobody takes it for a server that was ready."""
    said = []

    def say(line) -> None:
        said.append(line)
        if line.startswith("starting vLLM"):
            os.kill(os.getpid(), signal.SIGTERM)

    serve_by(SLEEPS, say)

    assert said[-1] == "stopped by SIGTERM before it was ready: nothing was served"


def test_a_server_that_ends_is_told_with_how_it_ended(serve_by, chosen):
    """At its start, in the middle of the proof, and later."""
    with pytest.raises(EngineStartError, match=r"for tiny stopped while starting \(exit code 7\)"):
        serve_by(ENDS, print)

    server = Server(launch_of(chosen(), ENDS, 1), None)
    with pytest.raises(ServerLost, match=r"stopped while it was proved \(exit code 7\)"), proving(server):
        raise Unmeasured("nothing answers")
    with pytest.raises(ServerLost, match=r"stopped by itself \(exit code 7\)"):
        wait(server, endpoint_of("http://127.0.0.1:9", "", {}, EngineConfig()))
    server.stop()


def test_a_port_that_is_taken_is_named_with_the_commands_own_option(vllm, registry):
    """Before anything is read or started."""
    done = run_harness(registry.adapters.parent, "serve", "--port", vllm.url.rpartition(":")[2])

    assert (done.ret, "use another --port, or --port 0" in " ".join(done.stderr.str().split())) == (2, True)


def test_what_a_running_server_has_is_not_pruned(vllm, chosen, tmp_path):
    """However long ago it was started."""
    folder = Path(vllm.modules["promoted"])
    os.utime(folder, (1, 1))
    assert [one.folder for one in unused_copies(tmp_path / "home", DAY_S)] == [str(folder)]

    mark_served(endpoint_of(vllm.url, "VLLM_API_KEY", {}, EngineConfig()))

    assert unused_copies(tmp_path / "home", DAY_S) == ()
