"""Send a request over the wire: post a body, get status, headers and body back, or a Fault. Nothing is retried.

A server without encryption is asked over ``plain`` connections, which cost the least; aiohttp asks all others, and
OpenAI's own client OpenAI's own address. What comes back is read within ``limits``, and within the endpoint's timeout
from the first byte sent to the last one read.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.engines.http.endpoint import NO_KEY, Endpoint, Reply, proxy_for
from harness.engines.http.failure import clean, through_proxy
from harness.engines.http.faults import Fault
from harness.engines.http.limits import LONGEST_HEADER, MOST_HEADERS, read_body, unreadable_head
from harness.engines.http.room import is_out_of_files, limit_in_words
from harness.text.secrets import hide_login

if TYPE_CHECKING:
    import aiohttp
    import httpx2

CONNECT_TIMEOUT_S = 10.0
MALFORMED = frozenset({"ClientResponseError", "ClientPayloadError", "RemoteProtocolError"})
"""What clients raise for a malformed reply; their words quote it after a colon."""


Post = Callable[[bytes], Awaitable[Reply]]
"""Sends the body of one request. Raises Fault: unreachable, lost, hang, unreadable, or oversized."""


def open_post(endpoint: Endpoint) -> AbstractAsyncContextManager[Post]:
    """Return the way to ask an endpoint; leaving the context closes its connections."""
    if endpoint.is_hosted:
        return hosted_post(endpoint)
    from harness.engines.http.plain import fits

    return plain_post(endpoint) if fits(endpoint, proxy_for(endpoint)) else lean_post(endpoint)


@asynccontextmanager
async def plain_post(endpoint: Endpoint) -> AsyncIterator[Post]:
    """Ask without encryption, at a fraction of what any client costs."""
    from harness.engines.http.plain import BrokenOffError, MalformedError, UnreachedError, connections

    async with connections(endpoint) as kept:

        async def post(body: bytes) -> Reply:
            try:
                return await kept.post(body)
            except UnreachedError as problem:
                raise _unreached(problem.__cause__ or problem, endpoint) from None
            except TimeoutError:
                raise _silent(endpoint) from None
            except MalformedError as problem:
                raise unreadable_head(f"{_in_words(problem, endpoint)}{through_proxy(endpoint)}") from None
            except BrokenOffError as problem:
                raise _broken_off(problem, endpoint) from None

        yield post


@asynccontextmanager
async def lean_post(endpoint: Endpoint) -> AsyncIterator[Post]:
    """Ask with aiohttp, whose cost for each request is the lowest of all Python clients."""
    from yarl import URL

    url, large = URL(endpoint.base_url.rstrip("/") + endpoint.path), asyncio.Lock()
    async with _open_session(endpoint) as session:

        async def post(body: bytes) -> Reply:
            return await _exchange(session.post(url, data=body, allow_redirects=False), endpoint, large)

        yield post


@asynccontextmanager
async def hosted_post(endpoint: Endpoint) -> AsyncIterator[Post]:
    """Ask with OpenAI's own client."""
    import openai

    client = openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        max_retries=0,
        timeout=openai.Timeout(None, connect=CONNECT_TIMEOUT_S),
        http_client=openai.DefaultAsyncHttpxClient(transport=_limited(endpoint), follow_redirects=False),
    )

    async def post(body: bytes) -> Reply:
        try:
            async with asyncio.timeout(endpoint.timeout_s):
                answer = await client.post(endpoint.path, cast_to=openai.HttpxBinaryResponseContent, content=body)
        except openai.APIStatusError as problem:
            return Reply(problem.status_code, problem.response.headers, problem.response.content)
        except openai.APIConnectionError as problem:
            cause = problem.__cause__ or problem
            if isinstance(cause, Fault):
                raise cause from None
            if type(cause).__name__ in {"ConnectError", "ConnectTimeout", "ProxyError"}:
                raise _unreached(cause, endpoint) from None
            raise _broken_off(cause, endpoint) from None
        except TimeoutError:
            raise _silent(endpoint) from None
        return Reply(answer.response.status_code, answer.response.headers, answer.content)

    async with client:
        yield post


def fetch(path: str, endpoint: Endpoint) -> Reply:
    """Return what a server answers under a path.

    Raises:
        Fault: as for ``Post``.
    """
    return _apart(lambda: _get(endpoint.base_url.rstrip("/") + path, endpoint), endpoint)


def send(path: str, body: bytes, endpoint: Endpoint) -> Reply:
    """Return what a server answers to one body that is posted to a path.

    Raises:
        Fault: as for ``Post``.
    """
    return _apart(lambda: _post(body, replace(endpoint, path=path)), endpoint)


def _apart(ask: Callable[[], Coroutine[None, None, Reply]], endpoint: Endpoint) -> Reply:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(ask, endpoint)
    with ThreadPoolExecutor(1) as thread:  # the caller's has an event loop, as in a notebook
        return thread.submit(_run, ask, endpoint).result()


def _run(ask: Callable[[], Coroutine[None, None, Reply]], endpoint: Endpoint) -> Reply:
    try:
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        runner.get_loop()
    except OSError as problem:
        raise _unreached(problem, endpoint) from None
    with runner:
        return runner.run(ask())


async def _get(url: str, endpoint: Endpoint) -> Reply:
    async with _open_session(endpoint) as session:
        return await _exchange(session.get(url, allow_redirects=False), endpoint, asyncio.Lock())


async def _post(body: bytes, endpoint: Endpoint) -> Reply:
    async with lean_post(endpoint) as post:
        return await post(body)


def _limited(endpoint: Endpoint) -> "httpx2.AsyncBaseTransport":
    """Return the way of OpenAI's client over the wire, which reads a body by itself, to the limit."""
    import httpx2

    class Limited(httpx2.AsyncHTTPTransport):
        large = asyncio.Lock()

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = await super().handle_async_request(request)
            try:
                body = await read_body(answer.aiter_bytes(), self.large)
            finally:
                await answer.aclose()
            of_wire = {"content-encoding", "content-length", "transfer-encoding"}
            headers = [(name, value) for name, value in answer.headers.multi_items() if name not in of_wire]
            return httpx2.Response(answer.status_code, headers=headers, content=body)

    return Limited(proxy=proxy_for(endpoint))


def _open_session(endpoint: Endpoint) -> "aiohttp.ClientSession":
    import aiohttp

    headers = {"Content-Type": "application/json", "User-Agent": "tunegate"}
    # A user and password in the address are sent in the same header, so a key can't be sent as well.
    if endpoint.api_key != NO_KEY and endpoint.address == endpoint.base_url:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=endpoint.timeout_s, sock_connect=CONNECT_TIMEOUT_S),
        proxy=proxy_for(endpoint),
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        max_headers=MOST_HEADERS,
    )


async def _exchange(
    sent: "AbstractAsyncContextManager[aiohttp.ClientResponse]", endpoint: Endpoint, large: asyncio.Lock
) -> Reply:
    import aiohttp

    try:
        async with sent as answer:
            return Reply(answer.status, answer.headers, await read_body(answer.content.iter_any(), large))
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ClientHttpProxyError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.InvalidURL,
    ) as problem:
        raise _unreached(problem, endpoint) from None
    except TimeoutError:
        raise _silent(endpoint) from None
    except aiohttp.ClientResponseError as problem:
        raise unreadable_head(f"{_in_words(problem, endpoint)}{through_proxy(endpoint)}") from None
    except (aiohttp.ClientError, OSError) as problem:
        raise _broken_off(problem, endpoint) from None


def _unreached(problem: BaseException, endpoint: Endpoint) -> Fault:
    if is_out_of_files(problem):
        return Fault("crowded", f"no connection could be made: {limit_in_words()}")
    return Fault("unreachable", f"{_in_words(problem, endpoint)}{through_proxy(endpoint)}")


def _broken_off(problem: BaseException, endpoint: Endpoint) -> Fault:
    return Fault("lost", f"the connection was lost: {_in_words(problem, endpoint)}{through_proxy(endpoint)}")


def _silent(endpoint: Endpoint) -> Fault:
    return Fault("hang", f"no answer within {endpoint.timeout_s:g} s{through_proxy(endpoint)}")


def _in_words(problem: BaseException, endpoint: Endpoint) -> str:
    """Return what went wrong; of a malformed reply nothing is quoted, since a secret in it could be cut in two."""
    said = str(problem)
    if type(problem).__name__ in MALFORMED:
        said = str(getattr(problem, "message", said)).partition(":")[0]
    return clean(hide_login(said), endpoint) or type(problem).__name__
