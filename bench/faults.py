"""How many of 1,000 requests are answered by a server that fails at one request in twenty in each of six ways.

429, 500, a reset connection, JSON that breaks off, no answer at all, and a body that is cut off, each drawn by chance
for every request, retries among them. The server is a process of its own (``python bench/faults.py --serve``).
"""

import asyncio
import json
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import stub
from measure import at_least, exit_code, run_script, tell

from harness.engines.http.endpoint import Endpoint
from harness.engines.openai import HttpEngine, Route
from harness.records.asked import Message, ModelRef, Request, Sampling

REQUESTS = 1_000
SHARE = 0.05
"""Of each fault."""
LATENCY_S = 0.02
TIMEOUT_S = 1.0
"""``request_timeout_s``: how long a request hangs. The pause before asking again is shortened alike, to 0.05 s."""
SEEDS = (1, 2, 3)
BAR = 99.0
SERVE = "--serve"

_FAILED = json.dumps({"error": {"message": "told to fail"}}).encode()


def main() -> int:
    """Measure, print the figure with its bar, and return the exit code; the worst of several servers counts."""
    return exit_code([at_least("answered at 5 % of each of six faults", min(map(measure, SEEDS)), "%", BAR)])


def measure(seed: int) -> float:
    """Ask a server that fails, and return the share that was answered, in percent."""
    with serving(seed) as url:
        endpoint = Endpoint(base_url=url, timeout_s=TIMEOUT_S, back_off_s=0.05)
        engine = HttpEngine("bench", lambda ref: Route(endpoint, ref.name))
        started = time.monotonic()
        responses = list(engine.generate([question(number) for number in range(REQUESTS)]))
    answered = sum(one.error is None for one in responses)
    tell(f"{answered:,} of {REQUESTS:,} answered in {time.monotonic() - started:.1f} s")
    return 100 * answered / REQUESTS


def question(number: int) -> Request:
    """Return one request."""
    return Request(
        case_id=f"case-{number}",
        model=ModelRef(base=stub.BASE, base_digest="b", template_digest="t"),
        engine="bench",
        messages=(Message(role="user", content=f"question {number}"),),
        sampling=Sampling(max_tokens=16),
    )


@contextmanager
def serving(seed: int) -> Iterator[str]:
    """Start a server that fails, and yield its address; stop it at the end of the block."""
    command = [sys.executable, __file__, SERVE, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Faulty(asyncio.Protocol):
    """One client's connection; what each request gets is drawn by chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer, or fail, as soon as a request is complete."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"\r\ncontent-length:")[2].split(b"\r\n", 1)[0]) if end else 0
        if end and len(body) >= length:
            self._received = body[length:]
            asyncio.get_running_loop().call_later(LATENCY_S, self._reply, int(self._chance.random() / SHARE))

    def _reply(self, drawn: int) -> None:
        if self._transport.is_closing():
            return
        if drawn == 0:
            self._send(_FAILED, status="429 Too Many Requests")
        elif drawn == 1:
            self._send(_FAILED, status="500 Internal Server Error")
        elif drawn == 2:
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        elif drawn == 3:
            self._send(b'{"choices": [{"mess')
        elif drawn == 4:
            pass  # the client hangs up
        elif drawn == 5:
            self._transport.write(stub.FIXED[:-10])
            self._transport.close()
        else:
            self._transport.write(stub.FIXED)

    def _send(self, body: bytes, status: str = "200 OK") -> None:
        self._transport.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


async def serve(seed: int) -> None:
    """Serve until the process is ended; the first line printed is the address."""
    chance = random.Random(seed)  # noqa: S311 - faults are no secret
    server = await asyncio.get_running_loop().create_server(lambda: Faulty(chance), "127.0.0.1", 0, backlog=1024)
    tell(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    await server.serve_forever()


if __name__ == "__main__":
    if SERVE in sys.argv:
        asyncio.run(serve(int(sys.argv[-1])))
    else:
        run_script(main)
