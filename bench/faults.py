"""How many of 1,000 requests are answered by a server that fails at one request in twenty in each of six ways.

429, 500, a reset connection, JSON that breaks off, no answer at all, and a body that is cut off, each drawn by chance
for every request, retries among them. The server is a process of its own (``python bench/faults.py --serve``).
"""

import asyncio
import json
import random
import socket
import struct
import sys
import time

import stub
from measure import at_least, exit_code, run_script, tell

from harness.engines.http.endpoint import Endpoint
from harness.engines.openai import HttpEngine, Route
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message

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
    with stub.running(__file__, SERVE, str(seed)) as url:
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


class Faulty(stub.Requests):
    """One client's connection; what each request gets is drawn by chance."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def asked(self, head: bytes, body: bytes) -> None:  # noqa: ARG002 - every request is met alike
        """Answer, or fail, after a while."""
        asyncio.get_running_loop().call_later(LATENCY_S, self._reply, int(self._chance.random() / SHARE))

    def _reply(self, drawn: int) -> None:
        if self._transport.is_closing():
            return
        if drawn == 0:
            self._fail(_FAILED, status="429 Too Many Requests")
        elif drawn == 1:
            self._fail(_FAILED, status="500 Internal Server Error")
        elif drawn == 2:
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        elif drawn == 3:
            self._fail(b'{"choices": [{"mess')
        elif drawn == 4:
            pass  # the client hangs up
        elif drawn == 5:
            self._transport.write(stub.FIXED[:-10])
            self._transport.close()
        else:
            self._transport.write(stub.FIXED)

    def _fail(self, body: bytes, status: str = "200 OK") -> None:
        self._transport.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


if __name__ == "__main__":
    if SERVE in sys.argv:
        drawn = random.Random(int(sys.argv[-1]))  # noqa: S311 - faults are no secret
        asyncio.run(stub.serve(lambda: Faulty(drawn)))
    else:
        run_script(main)
