"""Kept connections without encryption: each answer whole, within limits, and of its own request."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from harness.engines.http import plain
from harness.engines.http.connection import BrokenOffError, MalformedError
from harness.engines.http.endpoint import Endpoint, Reply
from harness.engines.http.limits import LARGE
from harness.engines.http.plain import Connections, UnreachedError, connections

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def ok(body: bytes) -> bytes:
    """Return an answer on a connection that is kept."""
    return OK % (len(body), body)


def packed(body: bytes, encoding: bytes) -> bytes:
    """Return an answer that is compressed."""
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (encoding, len(body), body)


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """Give the address at which connections are served; all have ended at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(tracked(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.gather(*tasks)


class Server:
    """Answers the requests of each connection with what was scripted, in order; None closes the connection."""

    def __init__(self, script: Sequence[bytes | None]) -> None:
        self.script = list(script)
        self.connections = 0
        self.asked: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the script says otherwise."""
        self.connections += 1
        while self.script:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            self.asked.append(await reader.readexactly(length))
            answer = self.script.pop(0)
            if answer is None:
                return
            writer.write(answer)
            await writer.drain()
        await reader.read()


def ask(
    script: Sequence[bytes | None], bodies: Sequence[bytes], timeout_s: float = 5.0
) -> tuple[list[Reply | Exception], Server]:
    """Return what comes of requests that are asked one after another, and the server."""

    async def run() -> tuple[list[Reply | Exception], Server]:
        server = Server(script)
        came: list[Reply | Exception] = []
        async with (
            listening(server.serve) as url,
            connections(Endpoint(base_url=url, timeout_s=timeout_s)) as kept,
        ):
            for body in bodies:
                try:
                    came.append(await kept.post(body))
                except (BrokenOffError, MalformedError, UnreachedError, TimeoutError) as problem:
                    came.append(problem)
                for _ in range(5):  # what is left over arrives
                    await asyncio.sleep(0)
        return came, server

    return asyncio.run(run())


def bodies_of(came: Sequence[Reply | Exception]) -> list[object]:
    """Return bodies, and the kinds of what went wrong."""
    return [one.body if isinstance(one, Reply) else type(one) for one in came]


@pytest.mark.parametrize(
    "second",
    [
        ok(b"late"),
        b"HTTP/1.1 500 No\r\nContent-Length: 50\r\n\r\nhalf",
        b"\0garbage",
        CHUNKED + b"4\r\nlate\r\n0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("first", [b"one", b"1" * (LARGE + 1)])
def test_nothing_of_a_second_answer_to_a_request_gets_into_the_first_or_the_next(first, second):
    """The connection ends, and the next request has another one."""
    came, server = ask([ok(first) + second, ok(b"two")], [b"1", b"2"])

    assert bodies_of(came) == [first, b"two"]
    assert [one.status for one in came] == [200, 200]
    assert server.connections == 2


def test_a_connection_is_kept_also_after_a_large_answer():
    """While it is read, nothing more is received: from then on it is."""
    large = [b"x" * (LARGE + more) for more in (1, 700_000)]
    came, server = ask([ok(large[0]), ok(b"a"), ok(large[1]), ok(b"b")], [b""] * 4, timeout_s=60.0)

    assert bodies_of(came) == [large[0], b"a", large[1], b"b"]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "body", "is_kept"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"x"), b"x", True),
        (b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok(b"x"), b"x", True),
        (CHUNKED + b"1\r\na\r\n2;x=y\r\nbc\r\n0\r\nTrailer: t\r\n\r\n", b"abc", True),
        (b"HTTP/1.1 204 None\r\n\r\n", b"", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (packed(gzip.compress(b"ab", mtime=0) + gzip.compress(b"cd", mtime=0), b"gzip"), b"abcd", True),
        (packed(zlib.compress(b"ab"), b"deflate"), b"ab", True),
        (packed(b"ab", b"br"), BrokenOffError, False),
        (packed(gzip.compress(b"ab", mtime=0)[:-9], b"gzip"), BrokenOffError, False),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 9000 + b"\r\n\r\n", MalformedError, False),
        (CHUNKED + b"0\r\nA: " + b"a" * 200_000, MalformedError, False),
    ],
)
def test_an_answer_is_read_as_http_says(answer, body, is_kept):
    """And its connection is kept where it can be."""
    came, server = ask([answer, ok(b"next")], [b"1", b"2"])

    assert bodies_of(came) == [body, b"next"]
    assert server.connections == (1 if is_kept else 2)


def test_an_answer_without_a_length_ends_with_its_connection_and_not_with_ours():
    """What was read when we close it is no whole answer."""

    async def run() -> object:
        async with listening(Server([b"HTTP/1.1 200 OK\r\n\r\nhalf"]).serve) as url:
            kept = Connections(Endpoint(base_url=url))
            asking = asyncio.ensure_future(kept.post(b"x"))
            while not any(connection._blocks for connection in kept._made):  # noqa: ASYNC110
                await asyncio.sleep(0)
            await kept.close()
            return (await asyncio.gather(asking, return_exceptions=True))[0]

    assert isinstance(asyncio.run(run()), BrokenOffError)


def test_the_answer_of_a_cancelled_request_is_never_the_next_ones():
    """Its connection is closed."""

    async def run() -> object:
        asked, cancelled = asyncio.Event(), asyncio.Event()

        async def serve(reader, writer) -> None:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(1)
                asked.set()
                if body == b"1":
                    await cancelled.wait()
                writer.write(ok(body))

        async with listening(serve) as url, connections(Endpoint(base_url=url)) as kept:
            first = asyncio.ensure_future(kept.post(b"1"))
            await asked.wait()
            first.cancel()
            cancelled.set()
            return [(await kept.post(body)).body for body in (b"2", b"3")]

    assert asyncio.run(run()) == [b"2", b"3"]


async def turns() -> None:
    """Let what is due happen."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_on_a_kept_connection_each_request_has_its_own_time(clock):
    """It begins with the request, and not with an earlier one; and at its end the connection ends too."""

    async def run() -> list[object]:
        server = Server([ok(b"first")])
        async with listening(server.serve) as url, connections(Endpoint(base_url=url, timeout_s=10.0)) as kept:
            came: list[object] = [(await kept.post(b"1")).body]
            clock.skip(6)
            second = asyncio.ensure_future(kept.post(b"2"))
            await turns()
            clock.skip(6)
            await turns()
            came.append(second.done())
            clock.skip(6)
            await turns()
            return [*came, second.done() and type(second.exception()), len(kept._made)]

    assert asyncio.run(run()) == [b"first", False, TimeoutError, 0]


def test_an_answer_that_comes_at_the_end_of_its_time_is_not_lost(clock):
    """Both are seen in the same turn of the loop."""

    async def run() -> Reply:
        async def serve(reader, writer) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok(b"just so"))
            clock.skip(10)

        async with listening(serve) as url, connections(Endpoint(base_url=url, timeout_s=10.0)) as kept:
            return await kept.post(b"")

    assert asyncio.run(run()).body == b"just so"


def test_a_large_answer_that_waits_for_another_one_has_no_more_time(clock):
    """They are read one at a time, and the first one stops half-way."""

    async def run() -> list[object]:
        stopped = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (3 * LARGE, b"x" * (2 * LARGE))
        whole = ok(b"y" * (2 * LARGE))

        async def serve(reader, writer) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(stopped if await reader.readexactly(1) == b"1" else whole)
            await reader.read()

        async with listening(serve) as url, connections(Endpoint(base_url=url, timeout_s=10.0)) as kept:
            asking = [asyncio.ensure_future(kept.post(b"1"))]
            while not kept._large.locked():  # noqa: ASYNC110
                await asyncio.sleep(0)
            asking.append(asyncio.ensure_future(kept.post(b"2")))
            while not kept._large._waiters:  # noqa: ASYNC110
                await asyncio.sleep(0)
            clock.skip(11)
            done, _ = await asyncio.wait(asking, timeout=5)
            return [type(one.exception()) for one in done]

    assert asyncio.run(run()) == [TimeoutError, TimeoutError]


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch):
    """A router may have forgotten it."""
    monkeypatch.setattr(plain, "LONGEST_IDLE_S", -1.0)

    came, server = ask([ok(b"a"), ok(b"b")], [b"1", b"2"])

    assert (bodies_of(came), server.connections) == ([b"a", b"b"], 2)


@pytest.mark.parametrize("turns", range(12))
def test_a_request_that_is_cancelled_while_it_connects_leaves_no_socket_open(turns):
    """At whatever turn of the loop; an open socket would be a ResourceWarning, which fails the test."""

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def run() -> None:
        async with listening(serve) as url, connections(Endpoint(base_url=url)) as kept:
            asking = asyncio.ensure_future(kept.post(b""))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
            assert asking.cancelled()

    asyncio.run(run())


def test_a_name_that_none_can_be_is_not_reached():
    """Python's encoding of names raises another error than a network does."""

    async def run() -> None:
        async with connections(Endpoint(base_url=f"http://{'a' * 70}.example")) as kept:
            await kept.post(b"")

    with pytest.raises(UnreachedError):
        asyncio.run(run())
