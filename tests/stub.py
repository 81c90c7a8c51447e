"""A small OpenAI-compatible server for tests: it answers with a function, and counts what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[str, str], str | int]
"""(model, last message) -> the answer's text, or the HTTP status of a failure."""


class Stub:
    """The server's address, and every (model, last message) that it was asked."""

    def __init__(self, url: str, asked: list[tuple[str, str]]) -> None:
        self.url = url
        self.asked = asked


@contextmanager
def serve(reply: Reply, models: tuple[str, ...] = ("tiny",)) -> Iterator[Stub]:
    """Serve until the end of the block. The first model is the base, the others are adapters on it."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            listed = [
                {"id": name, "object": "model", "parent": models[0] if name != models[0] else None} for name in models
            ]
            self._send(200, {"object": "list", "data": listed})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            question = body["messages"][-1]["content"]
            asked.append((body["model"], question))
            answer = reply(body["model"], question)
            if isinstance(answer, int):
                self._send(answer, {"error": {"message": "the stub was told to fail"}})
                return
            choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 3, "completion_tokens": len(answer.split()), "total_tokens": 3}
            self._send(200, {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage})

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

        def _send(self, status: int, content: object) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Stub(f"http://127.0.0.1:{server.server_port}/v1", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
