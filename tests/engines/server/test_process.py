"""One server process: healthy, dead, silent, or not the one that was started."""

import json
import re
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from harness.engines.server.launch import Launch
from harness.engines.server.process import Server, choose_ports, serves, stop_all, wait_until_healthy
from harness.errors import EngineStartError

PRETENDS = """
import http.server, json, sys
port, told = int(sys.argv[1]), sys.argv[2].encode()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = told if self.path == "/v1/models" else b""
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("a line for the log", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def models(*roots: tuple[str, str]) -> str:
    """Return what a server answers to /v1/models."""
    return json.dumps({"data": [{"id": name, "root": root} for name, root in roots]})


def launch_of(code, *arguments: str, name="tiny", port=0):
    """Return the launch of a Python program instead of vLLM."""
    return Launch(
        name=name,
        model_path="/models/tiny",
        served=(name,),
        port=port or choose_ports(None, 1)[0],
        command=(sys.executable, "-c", code, *arguments),
        environment={},
    )


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a server; all are stopped at the end."""
    servers: list[Server] = []

    def start(launch: Launch) -> Server:
        servers.append(Server(launch, tmp_path / "run"))
        return servers[-1]

    yield start
    stop_all(servers)


def start_pretending(start, told, name="tiny"):
    """Start a program that answers like vLLM."""
    launch = launch_of(PRETENDS, name=name)
    return start(msgspec.structs.replace(launch, command=(*launch.command, str(launch.port), told)))


def test_servers_become_healthy_and_stop(start):
    """Both are waited for at the same time, and the progress is told."""
    said = []
    one = start_pretending(start, models(("tiny", "/models/tiny")))
    two = start_pretending(start, models(("other", "/models/tiny"), ("more", "/x")), name="other")

    wait_until_healthy([one, two], 60, said.append)
    stop_all([one, two])

    assert said[0] == "starting vLLM for tiny, other, usually about 60 s"
    assert re.fullmatch(r"vLLM is ready after \d+ s", said[-1])
    assert not one.is_running
    assert not one.is_healthy()


def test_a_death_while_starting_shows_the_last_words(start, tmp_path, monkeypatch):
    """The last fifteen lines, without what could disturb a terminal, and where the log is."""
    monkeypatch.chdir(tmp_path)
    code = "import sys\nfor n in range(40): print(f'line {n} \\x1b[31mred\\x1b[0m')\nprint()\nsys.exit(3)"
    server = start(launch_of(code, name="my model"))

    with pytest.raises(EngineStartError) as raised:
        wait_until_healthy([server], 60, lambda _: None)

    told = str(raised.value)
    began = "the vLLM server for my model stopped while starting (exit code 3); its last words:"
    assert told.startswith(f"{began}\n    line 25 \\x1b[31mred")
    assert told.endswith("line 39 \\x1b[31mred\\x1b[0m\n  whole log: run/vllm-my_model.log")
    assert "line 24" not in told
    assert "\x1b" not in told


def test_the_first_error_of_a_long_log_is_shown_too(start):
    """The cause stands above a screenful of what followed from it."""
    code = "print('(Worker) ERROR ValueError: not enough memory')\nprint('RuntimeError: worker died\\n' * 30)"
    server = start(launch_of(code))

    with pytest.raises(EngineStartError, match=r"last words:\n    ValueError: not enough memory\n    RuntimeError"):
        wait_until_healthy([server], 60, lambda _: None)


def test_an_error_that_a_warning_names_is_not_the_cause(start):
    """It is one that may come."""
    code = (
        "print('(APIServer pid=7) WARNING 11-26 This can cause OSError: [Errno 24] Too many open files')\n"
        "print('(Worker) ERROR ValueError: not enough memory')\nprint('shut down\\n' * 30)"
    )
    server = start(launch_of(code))

    with pytest.raises(EngineStartError, match=r"last words:\n    ValueError: not enough memory\n    shut down"):
        wait_until_healthy([server], 60, lambda _: None)


def test_a_death_by_signal_is_told(start):
    """The kernel kills what takes too much memory."""
    server = start(launch_of("import os; os.kill(os.getpid(), 9)"))

    with pytest.raises(EngineStartError, match="signal 9"):
        wait_until_healthy([server], 60, lambda _: None)


def test_a_server_that_never_gets_healthy_is_given_up(start):
    """The setting that allows more time is named."""
    server = start(launch_of("import time; print('still loading', flush=True); time.sleep(600)"))

    with pytest.raises(EngineStartError, match=r"not healthy after 0.5 s \(start_timeout_s"):
        wait_until_healthy([server], 0.5, lambda _: None)


@pytest.mark.parametrize(
    "told",
    ["", "[]", "{}", '{"data": [{}]}', "<html>", models(("tiny", "/models/other")), models(("other", "/models/tiny"))],
)
def test_another_server_on_the_port_is_not_taken_for_ours(start, told):
    """Its answers would be another model's."""
    server = start_pretending(start, told)

    with pytest.raises(EngineStartError, match="another server answers on port"):
        wait_until_healthy([server], 60, lambda _: None)


def test_every_module_must_be_served():
    """A server without the adapter would answer for the base alone."""
    launch = Launch(name="tiny", model_path="/m", served=("tiny", "triage"), port=1, command=("true",), environment={})

    assert serves(launch, models(("tiny", "/m"), ("triage", "/a")).encode())
    assert not serves(launch, models(("tiny", "/m")).encode())


def test_free_ports_are_distinct():
    """Two servers start at the same time."""
    assert len(set(choose_ports(None, 8))) == 8


def test_wanted_ports_follow_each_other():
    """The first is configured."""
    first = choose_ports(None, 1)[0]

    assert choose_ports(first, 1) == (first,)


@pytest.fixture
def taken_port():
    """Hold a port whose predecessor is free."""
    while True:
        port = choose_ports(None, 1)[0] + 1
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            taken.listen()
            yield port
            return


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_named(offset, taken_port):
    """Also when it's the second server's."""
    text = rf"port {taken_port} can't be used: Address already in use; set another"

    with pytest.raises(EngineStartError, match=text):
        choose_ports(taken_port - offset, 1 + offset)


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_is_none_is_named(port):
    """The file's author typed it."""
    with pytest.raises(EngineStartError, match=f"port {port} can't be used"):
        choose_ports(port, 1)


def test_the_log_keeps_what_was_there(start, tmp_path):
    """A second start in the same run must not wipe the words of the first."""
    for _ in range(2):
        server = start(launch_of("print('hello')"))
        with pytest.raises(EngineStartError):
            wait_until_healthy([server], 60, lambda _: None)

    assert Path(server.log).read_text() == "hello\nhello\n"
