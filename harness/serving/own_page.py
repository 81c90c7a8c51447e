"""A page for the person at this machine: its link opens one session, and everything else needs that session.

The page contains no data, and the token in its address's fragment is never sent by a browser by itself. Nothing here
listens beyond this machine.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.serving.application import application
from harness.serving.guard import for_own_pages, guarded
from harness.text.hidden import NAMES
from harness.text.pages import inert, part_digest, read_part, template

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    Answer = Callable[[bytes, Mapping[str, str]], Response]
    """From the body of a request and its headers to the answer."""

HOST = "127.0.0.1"
SHARED = ("shown.js", "desk.js")
"""What comes before a page's own script."""


class Keys:
    """The token of the next link, which opens one session, and the tokens of the sessions that are open."""

    def __init__(self) -> None:
        self.link = secrets.token_urlsafe(24)
        self._sessions: list[str] = []

    def open(self, token: str) -> str | None:
        """Return a new session for the link's token, which is then used up; None for any other."""
        if not hmac.compare_digest(token.encode(), self.link.encode()):
            return None
        self.link = secrets.token_urlsafe(24)
        self._sessions.append(secrets.token_urlsafe(24))
        return self._sessions[-1]

    def has(self, token: str) -> bool:
        """Tell whether a token is that of a session; all are compared, in a time that reveals nothing."""
        same = [hmac.compare_digest(token.encode(), one.encode()) for one in self._sessions]
        return any(same)


def link(port: int, keys: Keys) -> str:
    """Return the address that opens the page once."""
    return f"  http://{HOST}:{port}/#{keys.link}"


def json_answer(value: object, status: int = 200) -> "Response":
    """Return an answer with a value as JSON."""
    from starlette.responses import Response

    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def token_of(request: "Request") -> str:
    """Return the token that a request shows; empty where it shows none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def refuse_strangers(request: "Request", keys: Keys) -> None:
    """Refuse a request outside of every session.

    Raises:
        HTTPException: its token is none of an open session.
    """
    from starlette.exceptions import HTTPException

    if not keys.has(token_of(request)):
        raise HTTPException(401, "this session is not valid", headers={"WWW-Authenticate": "Bearer"})


def own_page(name: str, script_file: str, styles: Sequence[str]) -> tuple[str, str]:
    """Return a page and its policy: its own script and style, known by their digests, and its own server."""
    from markupsafe import Markup

    style, script = read_part(*styles), read_part(*SHARED, script_file)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{part_digest(script)}'; style-src 'sha256-{part_digest(style)}'"
    )
    page = template(name).render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own files, and neither element is escaped
        script=Markup(script),  # noqa: S704 - the same
        strings_json=inert(msgspec.json.encode({"hidden": NAMES}).decode()),
    )
    return page, policy


def own_app(  # noqa: PLR0913 - each is of another kind
    page: tuple[str, str],
    routes: "Sequence[tuple[str, str, Answer]]",
    *,
    port: int,
    keys: Keys,
    say: Callable[[str], None],
    largest: int,
) -> "ASGIApp":
    """Return the application of a page and its policy on this port.

    ``routes`` are paths with their method and what answers within a session; a request of more than ``largest`` bytes
    is refused. What goes wrong is told to ``say``, in the terminal.
    """
    from starlette.responses import HTMLResponse, PlainTextResponse
    from starlette.routing import Route

    html, policy = page

    async def show_page(_: "Request") -> "Response":
        return HTMLResponse(html)

    async def open_session(request: "Request") -> "Response":
        session = keys.open(token_of(request))
        if session is None:
            return PlainTextResponse("this link is not valid, or was used", status_code=401)
        say(f"opened; to open it again:\n{link(port, keys)}")
        return PlainTextResponse(session)

    def within(answer: "Answer") -> "Callable[[Request], Awaitable[Response]]":
        async def answered(request: "Request") -> "Response":
            refuse_strangers(request, keys)
            return answer(await request.body(), request.headers)

        return answered

    every = [Route("/", show_page), Route("/open", open_session, methods=["POST"])]
    every += [Route(path, within(answer), methods=[method]) for path, method, answer in routes]
    return guarded(for_own_pages(application(every, say, largest), port), policy)
