"""Ask a server without encryption and without a proxy: connections that are kept, and a head that is made once."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiohappyeyeballs import AddrInfoType, start_connection
from yarl import URL

from harness.engines.http.connection import BrokenOffError, Connection, MalformedError
from harness.engines.http.endpoint import NO_KEY, Endpoint, Reply

CONNECT_TIMEOUT_S = 10.0
NEXT_ADDRESS_S = 0.25
"""How long one address of a name is tried alone (RFC 8305, section 5)."""
LONGEST_IDLE_S = 15.0
"""What is between may have forgotten a connection that was silent for long, without telling either end."""
RECEIVED_AT_ONCE = 1 << 18
"""Bytes."""


class UnreachedError(Exception):
    """No connection could be made."""


class Connections:
    """The connections to one server; each request has one of its own while it is under way."""

    def __init__(self, endpoint: Endpoint) -> None:
        url = URL(endpoint.base_url.rstrip("/") + endpoint.path)
        self._host, self._port = url.raw_host or "", url.port or 80
        self._timeout_s = endpoint.timeout_s
        self._loop = asyncio.get_running_loop()
        self._head = _head(url, endpoint.api_key)
        self._buffer, self._large = memoryview(bytearray(RECEIVED_AT_ONCE)), asyncio.Lock()
        self._made: set[Connection] = set()
        self._idle: deque[tuple[float, Connection]] = deque()
        """Since when, in seconds of the loop's clock; the one that was used last is taken first."""

    async def post(self, body: bytes) -> Reply:
        """Send a body and return what comes back.

        Raises:
            UnreachedError, BrokenOffError, MalformedError: nothing does.
            TimeoutError: nothing did for as long as the endpoint allows.
            Fault: it is too large.
        """
        now = self._loop.time()
        due = now + self._timeout_s
        if (connection := self._kept(now)) is None:
            async with asyncio.timeout_at(due):
                connection = await self._connect()
        reply = await connection.ask(b"%b%d\r\n\r\n%b" % (self._head, len(body), body), due)
        if connection.is_open:
            self._idle.append((self._loop.time(), connection))
        return reply

    async def close(self) -> None:
        """Close all connections, and wait until they are."""
        for connection in tuple(self._made):
            connection.close()
        while self._made:  # noqa: ASYNC110 - each leaves by itself in a turn of the loop
            await asyncio.sleep(0)

    def _kept(self, now: float) -> Connection | None:
        oldest = now - LONGEST_IDLE_S
        while self._idle and (self._idle[0][0] < oldest or not self._idle[0][1].is_open):
            self._idle.popleft()[1].close()
        while self._idle:
            _, connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                # asyncio's own way to try several addresses leaves a socket open when it is cancelled.
                reached = await start_connection(await self._addresses(), happy_eyeballs_delay=NEXT_ADDRESS_S)
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._buffer, self._large, self._made), sock=reached
                )
        except TimeoutError as problem:
            raise UnreachedError(f"no connection within {CONNECT_TIMEOUT_S:g} s") from problem
        except (OSError, UnicodeError) as problem:  # the second: a name that no name can be
            raise UnreachedError(str(problem)) from problem
        return connection

    async def _addresses(self) -> Sequence[AddrInfoType]:
        """Return where the server may be; a name is looked up in a thread, since that can take long."""
        with suppress(socket.gaierror):
            return socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )
        return await self._loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)


@asynccontextmanager
async def connections(endpoint: Endpoint) -> AsyncIterator[Connections]:
    """Give the connections to a server; they are closed at the end."""
    kept = Connections(endpoint)
    try:
        yield kept
    finally:
        await kept.close()


def fits(endpoint: Endpoint, proxy: str | None) -> bool:
    """Tell whether an endpoint can be asked so: at an http:// address without a login, and past no proxy."""
    with suppress(ValueError):
        url = URL(endpoint.base_url)
        return url.scheme == "http" and proxy is None and url.user is None and url.password is None
    return False


def _head(url: URL, api_key: str) -> bytes:
    """Return the head of every request, up to the length of its body."""
    host = url.host_port_subcomponent or ""
    lines = [
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {host}",
        "Accept: */*",
        "User-Agent: tunegate",
        "Content-Type: application/json",
        *([f"Authorization: Bearer {api_key}"] if api_key != NO_KEY else []),
        "Content-Length: ",
    ]
    return "\r\n".join(lines).encode()


__all__ = ["BrokenOffError", "Connections", "MalformedError", "UnreachedError", "connections", "fits"]
