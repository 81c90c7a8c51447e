"""Servers that send without end: each reader stops at its limit, and no answer is cut and scored."""

import asyncio
import gzip
import itertools
import json
import socket
import subprocess
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.engines.http.limits import LARGEST_BODY
from harness.engines.http.listing import listed_names
from harness.engines.http.transport import hosted_post, lean_post
from harness.engines.openai import HttpEngine, Route
from harness.engines.server import process
from harness.engines.server.launch import Launch
from harness.errors import EngineSetupError
from tests.engines.fakes import make_requests
from tests.stub import Sent, completion, serve

MIB = 1 << 20
BLOCK = b" " * (MIB // 4)
ON_THE_WAY = 24 * MIB
"""More than what the buffers of both ends of a connection hold."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOMBED = 128 * MIB
"""What a bomb becomes."""

Attack = Callable[[], Iterator[bytes]]
"""Yields what is sent after a request."""


class Attacker:
    """A server; ``sent`` is the most bytes that a client took from one connection, ``total`` from all together."""

    def __init__(self, attack: Attack) -> None:
        self._attack = attack
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.sent = self.total = 0
        self.asked = 0

    def start(self) -> None:
        """Serve in a thread, with one more for each connection."""
        self._threads[0].start()

    def stop(self) -> None:
        """Return when every client has hung up."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        sent = 0
        with connection, suppress(OSError):
            if not connection.recv(1 << 16):
                return
            self.asked += 1
            for block in self._attack():
                connection.sendall(block)
                sent += len(block)
                self.sent = max(self.sent, sent)
                self.total += len(block)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass


@contextmanager
def attacking(attack: Attack) -> Iterator[Attacker]:
    """Serve until the end of the block."""
    attacker = Attacker(attack)
    attacker.start()
    try:
        yield attacker
    finally:
        attacker.stop()


def endless(head: bytes, block: bytes = BLOCK) -> Attack:
    """Send the same for ever after a head."""
    return lambda: itertools.chain([head], itertools.repeat(block))


def bomb(encoding: str, window: int) -> Attack:
    """Send 128 MiB, compressed to a thousandth."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    start, end = b'{"choices": [{"message": {"content": "', b'"}, "finish_reason": "stop"}]}'
    parts = [packer.compress(start), *(packer.compress(b"a" * MIB) for _ in range(BOMBED // MIB))]
    packed = b"".join([*parts, packer.compress(end), packer.flush()])
    head = OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    return lambda: iter([head + packed])


GZIP = bomb("gzip", 31)
TOO_LARGE: dict[str, Attack] = {
    "a body of 10 GB": endless(OK + b"Content-Length: 10000000000\r\n\r\n"),
    "a body without a length": endless(OK + b"\r\n"),
    "chunks without end": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"40000\r\n" + BLOCK + b"\r\n"),
    "a gzip bomb": GZIP,
    "a deflate bomb": bomb("deflate", 15),
}
BROKEN_HEAD: dict[str, Attack] = {
    "a status without end": endless(b"HTTP/1.1 200 ", b"a" * MIB),
    "a header's name without end": endless(OK, b"a" * MIB),
    "a header without end": endless(OK + b"X: ", b"a" * MIB),
    "a header of 10 MB": lambda: iter([OK + b"X: " + b"a" * 10_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}"]),
    "headers without end": endless(OK, b"X: a\r\n" * 100_000),
}
SOME = {name: (TOO_LARGE | BROKEN_HEAD)[name] for name in ("a body of 10 GB", "a gzip bomb", "headers without end")}
OTHER_ENDLESS: dict[str, Attack] = {
    "a chunk's extension without end": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n2;x=", b"a" * MIB),
    "trailers without end": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 100_000),
    "one trailer without end": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * MIB),
    "early hints without end": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000),
}


def attacks(of: dict[str, Attack]) -> pytest.MarkDecorator:
    """Run a test once for each attack."""
    return pytest.mark.parametrize("attack", of.values(), ids=of.keys())


ways = pytest.mark.parametrize("way", [lean_post, hosted_post])


def post(way, attacker: Attacker, timeout_s: float = 60.0) -> Fault:
    """Send one request, and return the fault that it leads to."""

    async def run() -> None:
        async with way(Endpoint(base_url=attacker.url, api_key="key", timeout_s=timeout_s)) as send:
            await send(b"{}")

    with pytest.raises(Fault) as raised:
        asyncio.run(run())
    return raised.value


def ask(attacker: Attacker, count: int, timeout_s: float = 60.0):
    """Ask so many requests at once, and return the responses."""
    endpoint = Endpoint(base_url=attacker.url, timeout_s=timeout_s, back_off_s=0.001)
    return list(HttpEngine("test", lambda ref: Route(endpoint, ref.name)).generate(make_requests(count)))


@ways
@attacks(TOO_LARGE)
def test_a_body_is_read_to_the_limit_and_no_further(way, attack):
    """64 MiB, after decompression; the server can't send more than that."""
    with attacking(attack) as attacker:
        fault = post(way, attacker)

    assert (fault.kind, fault.words) == (
        "oversized",
        "the server's answer is larger than 64 MiB, so it was not read",
    )
    assert attacker.sent <= LARGEST_BODY + ON_THE_WAY


@ways
@attacks(BROKEN_HEAD)
def test_a_head_without_end_is_not_read(way, attack):
    """128 headers of 8,190 bytes are what is read at most by one way, 100 kB by the other."""
    with attacking(attack) as attacker:
        fault = post(way, attacker)

    assert fault.kind in {"unreadable", "lost"}
    assert len(fault.words) < 700
    assert attacker.sent <= ON_THE_WAY


def test_the_words_name_the_limits_of_a_head():
    """People can look at what their proxy sends."""
    with attacking(BROKEN_HEAD["a header of 10 MB"]) as attacker:
        fault = post(lean_post, attacker)

    assert fault.words.startswith(
        "the server's answer can't be read: its head is malformed, or has more than 128 headers or 8,190 bytes in one: "
    )


@ways
@attacks(OTHER_ENDLESS)
def test_what_has_no_size_ends_at_the_timeout(way, attack):
    """None of it is kept; whatever comes, the whole answer must be there in time."""
    tracemalloc.start()
    with attacking(attack) as attacker:
        post(way, attacker, timeout_s=0.3)
        _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < ON_THE_WAY


@ways
def test_an_answer_that_comes_byte_by_byte_ends_at_the_timeout(way):
    """The time is that of the whole answer: each byte used to start it anew elsewhere."""
    hung_up = threading.Event()

    def drip() -> Iterator[bytes]:
        yield OK + b"Content-Length: 1000000\r\n\r\n"
        while not hung_up.wait(0.01):
            yield b" "

    with attacking(drip) as attacker:
        fault = post(way, attacker, timeout_s=0.3)
        hung_up.set()

    assert (fault.kind, fault.words) == ("hang", "no answer within 0.3 s")
    assert attacker.sent < 1000


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, deflate, br"])
def test_an_encoding_that_is_not_read_is_no_answer(encoding):
    """Where the library for it is not installed, or it is packed twice."""
    packed = gzip.compress(gzip.compress(b"{}" * 1000))
    head = OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

    with attacking(lambda: iter([head + packed])) as attacker:
        [response] = ask(attacker, 1)

    assert response.error is not None
    assert response.text == ""


def test_an_oversized_answer_is_unscored_and_asked_for_once():
    """It is not cut and scored, and not asked for again: it would be as large."""
    with attacking(GZIP) as attacker:
        [response] = ask(attacker, 1)

    assert (response.text, response.error) == ("", "the server's answer is larger than 64 MiB, so it was not read")
    assert attacker.asked == 1


def test_of_many_large_answers_at_once_one_is_read_at_a_time():
    """All in flight together would take gigabytes: these stop just before the limit and keep it."""
    large = LARGEST_BODY - 4 * MIB
    is_over = threading.Event()

    def stopping() -> Iterator[bytes]:
        yield OK + f"Content-Length: {LARGEST_BODY}\r\n\r\n".encode()
        yield from itertools.repeat(BLOCK, large // len(BLOCK))
        is_over.wait(30)

    async def post_all(url: str) -> list[object]:
        async with lean_post(Endpoint(base_url=url, timeout_s=2.0)) as send:
            return await asyncio.gather(*(send(b"{}") for _ in range(8)), return_exceptions=True)

    with attacking(stopping) as attacker:
        replies = asyncio.run(post_all(attacker.url))
        taken = attacker.total
        is_over.set()

    assert all(isinstance(one, Fault) for one in replies)
    assert taken < large + 7 * ON_THE_WAY


@attacks(SOME)
def test_a_list_of_models_has_the_same_limits(attack):
    """It is the first thing that is asked."""
    with attacking(attack) as attacker, pytest.raises(EngineSetupError, match=r"/models can't be read: the server's"):
        listed_names(Endpoint(base_url=attacker.url))

    assert attacker.sent <= LARGEST_BODY + ON_THE_WAY


@attacks(SOME)
def test_a_health_check_has_the_same_limits(attack, tmp_path, monkeypatch):
    """Whatever answers on the port, it is not healthy."""
    with attacking(attack) as attacker:
        monkeypatch.setattr(process.subprocess, "Popen", lambda *_args, **_kwargs: None)
        server = process.Server(launch_on(attacker.port), tmp_path)
        is_healthy = server.is_healthy()

    assert not is_healthy
    assert attacker.sent <= LARGEST_BODY + ON_THE_WAY


def launch_on(port: int) -> Launch:
    """Return what describes a server on a port."""
    return Launch(
        name="tiny",
        model_path=str(Path("tiny")),
        served=("tiny",),
        port=port,
        command=(),
        environment={},
        on_gpu=False,
    )


CROWDED = """
import json, os, resource, sys
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.listing import listed_names
from harness.engines.http.transport import lean_post
from harness.engines.openai import HttpEngine, Route
from harness.errors import EngineSetupError
from tests.engines.fakes import make_requests
from tests.stub import Sent, completion, serve

url, free = sys.argv[1], int(sys.argv[2])
endpoint = Endpoint(base_url=url, timeout_s=10.0, back_off_s=0.01)
said = []
engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), say=said.append)
list(engine.generate(make_requests(1)))  # imports everything
opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(80)]
for file in opened[-free:]:
    os.close(file)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(opened) + 1,) * 2)
errors = [one.error for one in engine.generate(make_requests(200))]
while True:
    try:
        os.dup(0)
    except OSError:
        break
try:
    listed_names(endpoint)
except EngineSetupError as problem:
    said.append(str(problem))
print(json.dumps([errors, said]))
"""


def test_few_open_files_mean_fewer_requests_in_flight_and_no_wrong_advice():
    """In a process that has 12 files left, where 32 requests would be in flight."""
    with serve(lambda _model, _question: Sent(completion(), after_s=0.005)) as stub:
        done = subprocess.run(
            [sys.executable, "-c", CROWDED, stub.url, "12"],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    errors, said = json.loads(done.stdout)
    assert errors == [None] * 200
    assert said[0].startswith(f"requests in flight to {stub.url}: ")
    assert "this process can have only" in said[0]
    assert said[-1].startswith(f"{stub.url} can't be asked: no connection could be made: this process can have only")
    assert not [line for line in said if "base_url" in line]
