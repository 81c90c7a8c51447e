"""What stands between a server's application and the browsers: headers that forbid, and who is not answered at all."""

from asyncio import CancelledError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_UNREAD = 1_000_000
"""Bytes of a body that are taken although nobody wants it: who is refused then sees the answer, not a broken line."""
OWN_SITES = (b"same-origin", b"none")
"""What browsers say of a request that a page of this server, or the person, made (Fetch Metadata, Sec-Fetch-Site)."""


def guarded(app: "ASGIApp", policy: str) -> "ASGIApp":
    """Add the headers that stop a browser from caching, framing, guessing types and sending referrers.

    An answer that has one of these headers, such as a policy of its own, keeps it. A body that nobody read is taken up
    to ``LARGEST_UNREAD``; after a longer one the connection ends with the answer. A request that breaks the rules of
    HTTP half-way was refused before the application could answer: that is no error. Nor is a request that has no end
    when the server stops: it is refused then.
    """
    from h11 import LocalProtocolError

    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def guarded(scope: "Scope", receive: "Receive", send: "Send") -> None:
        is_whole = is_answered = False

        async def receive_on() -> "Message":
            nonlocal is_whole
            message = await receive()
            is_whole = not message.get("more_body", False)
            return message

        async def send_on(message: "Message") -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                unread = 0
                while not is_whole and unread < LARGEST_UNREAD:
                    unread += len((await receive_on()).get("body", b""))
                own = list(message.get("headers", ()))
                names = {name for name, _ in own}
                last = [] if is_whole else [(b"connection", b"close")]
                message["headers"] = [*own, *(one for one in added if one[0] not in names), *last]
                is_answered = True
            await send(message)

        try:
            await app(scope, receive_on, send_on)
        except LocalProtocolError:
            while (await receive())["type"] != "http.disconnect":
                pass
        except CancelledError:
            if not is_answered:
                await send(
                    {"type": "http.response.start", "status": 503, "headers": [*added, (b"connection", b"close")]}
                )
                await send({"type": "http.response.body", "body": b"the server stops; try again"})

    return guarded


def for_own_pages(app: "ASGIApp", port: int) -> "ASGIApp":
    """Answer only who asks this machine by one of its own names, and no page of another site.

    A foreign page can make a browser ask any address, and can give its own name the address of this machine (DNS
    rebinding): then the host, the origin or what the browser says of the site is not ours.
    """
    from starlette.responses import PlainTextResponse

    hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")}
    origins = {b"http://" + host for host in hosts}

    async def own_alone(scope: "Scope", receive: "Receive", send: "Send") -> None:
        asked = dict(scope["headers"])
        is_own = (
            [value for name, value in scope["headers"] if name == b"host"] == [asked.get(b"host")]
            and asked[b"host"] in hosts
            and asked.get(b"origin") in {None, *origins}
            and asked.get(b"sec-fetch-site", b"none") in OWN_SITES
        )
        answer = app if is_own else PlainTextResponse("only for pages of this server", status_code=403)
        await answer(scope, receive, send)

    return own_alone
