"""One connection to a server without encryption: a request goes out, its whole answer comes back, then the next one.

llhttp, the parser of Node.js, reads the answers. What servers in one's own network need is here, at a third of the CPU
of a general client; ``transport`` asks all others with aiohttp.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping

import httptools

from harness.engines.http.endpoint import Reply
from harness.engines.http.limits import LARGE, LONGEST_HEADER, MOST_HEADERS, read_body

MOST_OF_A_HEAD = 1 << 16
"""Bytes; so much comes at once at most, in which no header can be too long and unseen."""
DEFLATED = {b"gzip", b"x-gzip", b"deflate"}
GZIP_OR_ZLIB = 47
"""zlib's word for both, found out from the first bytes."""
BLOCK = 1 << 16
"""Bytes that are decompressed at once."""


class BrokenOffError(Exception):
    """The connection ended before the answer did; the text says how."""


class MalformedError(Exception):
    """What came back has no head of HTTP, or one that is too large."""


class Headers(Mapping[str, str]):
    """The headers of an answer; a name is found in any case, and of several of one name the first."""

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        wanted = name.lower().encode("latin-1", "replace")
        for known, value in self._pairs:
            if known.lower() == wanted:
                return value.decode("utf-8", "surrogateescape")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


class Connection(asyncio.BufferedProtocol):
    """A connection, which is among those ``made`` until its end; ``ask`` is for one request at a time.

    What comes is read at once, so all connections receive into one ``buffer``; a new one each time costs more than the
    rest of receiving.
    """

    def __init__(self, buffer: memoryview, large: asyncio.Lock, made: "set[Connection]") -> None:
        self._buffer = buffer
        self._made = made
        self._loop = asyncio.get_running_loop()
        self._large = large
        self._parser = httptools.HttpResponseParser(self)
        self._turned: asyncio.Future[None] | None = None
        """Done when the answer is whole, has grown large, or will never be whole."""
        self._problem: Exception | None = None
        self._due = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        """One for many requests: it is set again when it rings, where another one is under way by then."""
        self.is_open = True
        self._begin()

    def _begin(self) -> None:
        self._pairs: list[tuple[bytes, bytes]] = []
        self._blocks: deque[bytes] = deque()
        self._head_bytes = self._body_bytes = 0
        self._has_head = self._is_whole = self._stays = False
        self._status = 0

    async def ask(self, request: bytes, due: float) -> Reply:
        """Send a request and return the whole answer.

        Raises:
            BrokenOffError, MalformedError: there is none.
            TimeoutError: there is none when it is ``due``, in seconds of the loop's clock.
            Fault: it is too large.
        """
        self._begin()
        self._due = due
        self._alarm = self._alarm or self._loop.call_at(due, self._ring)
        self._turned = self._loop.create_future()
        self._transport.write(request)
        try:
            await self._turned
            body = b"".join(self._blocks) if self._is_whole else await self._read(self._rest())
            self._turned = None
            headers = Headers(self._pairs)
            encoding = headers.get("content-encoding", "identity").strip().lower()
            if encoding != "identity" and body:
                body = await self._read(_inflated(body, encoding))
        except BaseException:
            self.close()
            raise
        finally:
            self._turned = None
        self._transport.resume_reading()  # a large body ends while nothing more is received
        if not self._stays:
            self.close()
        return Reply(self._status, headers, body)

    def close(self) -> None:
        """Drop the connection."""
        self.is_open = False
        self._transport.abort()

    async def _read(self, blocks: AsyncIterator[bytes]) -> bytes:
        async with asyncio.timeout_at(self._due):  # others may be read first
            return await read_body(blocks, self._large)

    async def _rest(self) -> AsyncIterator[bytes]:
        """Yield the blocks of a large body; while none is asked for, no more is received."""
        while True:
            while self._blocks:
                yield self._blocks.popleft()
            if self._is_whole:
                return
            if self._problem is not None:
                raise self._problem
            self._turned = self._loop.create_future()
            self._transport.resume_reading()
            await self._turned

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where requests go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio makes no other
        self._transport = transport
        self._made.add(self)

    def connection_lost(self, problem: Exception | None) -> None:
        """End what is under way: an answer without a length ends with its connection."""
        self._made.discard(self)
        if self._alarm is not None:
            self._alarm.cancel()
        was_open, self.is_open = self.is_open, False
        ends_so = self._has_head and not any(
            name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self._pairs
        )
        if ends_so and was_open and problem is None:
            self._is_whole = True
        elif not self._is_whole:
            self._fail(BrokenOffError(str(problem or "Server disconnected")))
        self._turn()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """Say where to put what comes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read what came."""
        if self._turned is None:
            self.close()  # nothing was asked
            return
        before = self._body_bytes
        try:
            self._parser.feed_data(self._buffer[:nbytes])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as problem:
            self._fail((BrokenOffError if self._has_head else MalformedError)(str(problem.__context__ or problem)))
        else:
            # As long are the head, what is around one block, and what comes after the last one.
            self._head_bytes = self._head_bytes + nbytes if self._body_bytes == before else 0
            if self._head_bytes > MOST_OF_A_HEAD and not self._is_whole:
                self._fail(MalformedError("it is too long"))

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request: nothing of it may become part of the first, or of the next one."""
        if self._is_whole:
            raise MalformedError("there is more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if len(self._pairs) == MOST_HEADERS or len(name) + len(value) > LONGEST_HEADER:
            raise MalformedError("it is too long")
        self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        """Note the end of the head."""
        self._status = self._parser.get_status_code()
        self._has_head = self._status >= 200

    def on_body(self, block: bytes) -> None:
        """Take a part of the body."""
        self._blocks.append(block)
        self._body_bytes += len(block)
        if self._body_bytes > LARGE:
            self._transport.pause_reading()
            self._turn()

    def on_message_complete(self) -> None:
        """Hand over the whole answer; one that only says that another will come is passed over."""
        if not self._has_head:
            self._begin()
            return
        self._is_whole, self._stays = True, self._parser.should_keep_alive()
        self._turn()

    def _ring(self) -> None:
        self._alarm = None
        if self._turned is None:  # nothing is under way
            return
        if self._loop.time() < self._due:
            self._alarm = self._loop.call_at(self._due, self._ring)
        else:
            self._fail(TimeoutError())

    def _fail(self, problem: Exception) -> None:
        self._problem = problem
        self.is_open = False
        self._transport.abort()
        if self._turned is not None and not self._turned.done():
            self._turned.set_exception(problem)

    def _turn(self) -> None:
        if self._turned is not None and not self._turned.done():
            self._turned.set_result(None)


async def _inflated(body: bytes, encoding: str) -> AsyncIterator[bytes]:
    """Yield a body as it was before a server, or what is on the way, compressed it.

    Raises:
        BrokenOffError: it can't be read.
    """
    if encoding.encode("latin-1", "replace") not in DEFLATED:
        raise BrokenOffError("it is compressed in a way that was not asked for")
    reader, rest = zlib.decompressobj(GZIP_OR_ZLIB), body
    while rest or not reader.eof:
        if reader.eof:  # gzip may be in several parts, one after another
            reader = zlib.decompressobj(GZIP_OR_ZLIB)
        try:
            block = reader.decompress(rest, BLOCK)
        except zlib.error as problem:
            raise BrokenOffError("it is not compressed as it says") from problem
        rest = reader.unused_data or reader.unconsumed_tail
        if block:
            yield block
        elif not rest and not reader.eof:
            raise BrokenOffError("it is cut off")
