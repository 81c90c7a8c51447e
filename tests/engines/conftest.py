"""Fixtures for the engines: a tiny model with random weights, and an HTTP server that does what a test says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.engines.chat import Endpoint
from harness.models import LocalModel, local_adapter, local_base
from tests.engines.fakes import Reply, Scripted, write_adapter, write_tiny_base


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Return a running server."""
    serving: list[Scripted] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            found = self.path == "/v1/models"
            self._send(Reply(content={"object": "list", "data": serving[0].models}) if found else Reply(404, {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            serving[0].bodies.append(body)
            serving[0].headers.append({name.lower(): value for name, value in self.headers.items()})
            self._send(serving[0].reply(body))

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

        def _send(self, reply: Reply) -> None:
            data = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
            headers = {"content-type": "application/json", "content-length": str(len(data))} | reply.headers
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(data[: len(data) - reply.cut])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            self.close_connection |= bool(reply.cut)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Clients that go away half-way are part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    models: list[dict[str, object]] = [{"id": "tiny", "object": "model", "root": "/models/tiny", "parent": None}]
    serving.append(Scripted(Endpoint(base_url=address, api_key="secret-key-123", timeout_s=30, max_retries=0), models))
    yield serving[0]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> LocalModel:
    """Return a base model of two layers."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_tiny_base(folder)
    return local_base("tiny", folder)


@pytest.fixture(scope="session")
def tiny_adapter(tiny_base, tmp_path_factory) -> LocalModel:
    """Return an adapter on the tiny base model."""
    folder = tmp_path_factory.mktemp("adapters") / "nudged"
    write_adapter(Path(tiny_base.base_path), folder)
    return local_adapter(tiny_base, folder)
