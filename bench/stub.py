"""A chat server in a process of its own: always the same answer, as fast as asyncio allows, every request counted.

``GET /count`` says how often it was asked; ``/v1/models`` lists a base model and an adapter on it. An adapter that is
asked for log-probabilities reports others than its base model, since the harness checks that.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path

BASE, ADAPTER = "tiny", "mine"
ANSWER, OTHER = "billing", "bug"
OF_ADAPTER = f'"model":"{ADAPTER}"'.encode()
MODELS = {
    "object": "list",
    "data": [
        {"id": BASE, "object": "model", "created": 0, "owned_by": "bench", "parent": None},
        {"id": ADAPTER, "object": "model", "created": 0, "owned_by": "bench", "parent": BASE},
    ],
}


@contextmanager
def serving(latency_ms: float = 0.0, record: Path | None = None, flips: float = 0.0) -> Iterator[str]:
    """Start a server and yield its address, up to and with ``/v1``; stop it at the end of the block.

    Args:
        latency_ms: how long each answer takes.
        record: gets the body of every question, one a line.
        flips: the share of questions to which the adapter gives the other answer.
    """
    options = ["--latency-ms", str(latency_ms), "--flips", str(flips)]
    if record is not None:
        options += ["--record", str(record)]
    with running(__file__, *options) as url:
        yield url


@contextmanager
def running(script: str, *options: str) -> Iterator[str]:
    """Start a script that serves, and yield the address that it prints first; stop it at the end of the block."""
    with subprocess.Popen([sys.executable, script, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def count_asked(url: str) -> int:
    """Return how many questions the server at ``url`` got."""
    return int(read_counts(url)["asked"])


def read_counts(url: str) -> dict[str, float]:
    """Return the server's counts: questions ("asked"), requests for anything else but the counts ("other").

    A server with latency also reports ``asking_s``, the time from the first question's arrival to the last answer, and
    ``latency_s``, how long an answer took on average: timers are late by half a millisecond and more.
    """
    with urllib.request.urlopen(url.removesuffix("/v1") + "/count") as reply:  # noqa: S310 - our own server
        counts: dict[str, float] = json.load(reply)
    return counts


def completion(logprobs: object = None, answer: str = ANSWER) -> dict[str, object]:
    """Return the answer as an OpenAI-compatible server sends it."""
    message = {"role": "assistant", "content": answer}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": BASE,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}],
        "usage": {"prompt_tokens": 32, "completion_tokens": 2, "total_tokens": 34},
    }


def wire(content: object, status: str = "200 OK") -> bytes:
    """Return a whole HTTP answer."""
    body = json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


FIXED, FLIPPED = wire(completion()), wire(completion(answer=OTHER))


class Desk:
    """What all connections share."""

    def __init__(self, latency_s: float, record: BufferedWriter | None, flips: float) -> None:
        self.latency_s = latency_s
        self.flips = flips
        self.record = record
        self.asked = 0
        self.other = 0
        self.first_asked_s = self.last_answered_s = self.under_way_s = 0.0

    def answer(self, body: bytes) -> bytes:
        """Return what a question gets."""
        self.first_asked_s = self.first_asked_s or time.monotonic()
        self.asked += 1
        if self.record is not None:
            self.record.write(body + b"\n")
        if b'"logprobs"' not in body:
            flips = self.flips and OF_ADAPTER in body and zlib.crc32(body) < self.flips * (1 << 32)
            return FLIPPED if flips else FIXED
        logprob = -0.2 if json.loads(body)["model"] == ADAPTER else -0.7
        top = {"token": ANSWER, "logprob": logprob, "bytes": None}
        return wire(completion({"content": [{**top, "top_logprobs": [top]}]}))

    def show(self, path: bytes) -> bytes:
        """Return what anything but a question gets."""
        if path == b"/count":
            if self.record is not None:
                self.record.flush()
            asking_s = self.last_answered_s - self.first_asked_s
            latency_s = self.under_way_s / max(self.asked, 1)
            return wire({"asked": self.asked, "other": self.other, "asking_s": asking_s, "latency_s": latency_s})
        self.other += 1
        return wire(MODELS) if path == b"/v1/models" else wire({"error": {"message": "no such page"}}, "404 Not Found")


class Requests(asyncio.Protocol):
    """One client's connection: one request after the other, each told to ``asked`` when it is complete."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Tell of a request as soon as it is complete."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        _, named, rest = head.lower().partition(b"\r\ncontent-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if named else 0
        if len(body) < length:
            return
        self._received = body[length:]
        self.asked(head, body[:length])

    def asked(self, head: bytes, body: bytes) -> None:
        """Answer a request."""
        raise NotImplementedError

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


class Connection(Requests):
    """A connection on which everything is answered."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def asked(self, head: bytes, body: bytes) -> None:
        """Answer at once, or as late as the desk says."""
        method, path, _ = head.split(b" ", 2)
        if method != b"POST" or path != b"/v1/chat/completions":
            self._send(self._desk.show(path))
        elif self._desk.latency_s:
            answer, asked_s = self._desk.answer(body), time.monotonic()
            asyncio.get_running_loop().call_later(self._desk.latency_s, self._answer_late, answer, asked_s)
        else:
            self._send(self._desk.answer(body))

    def _answer_late(self, answer: bytes, asked_s: float) -> None:
        now = self._desk.last_answered_s = time.monotonic()
        self._desk.under_way_s += now - asked_s
        self._send(answer)


async def serve(connect: Callable[[], Requests]) -> None:
    """Serve until the process is ended; the first line printed is the address."""
    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--flips", type=float, default=0.0)
    given = parser.parse_args()
    record = given.record.open("wb") if given.record else None
    desk = Desk(given.latency_ms / 1000, record, given.flips)
    asyncio.run(serve(lambda: Connection(desk)))


if __name__ == "__main__":
    main()
