"""Serve generated rows to the person at this machine, who accepts or rejects each; decisions are kept at once."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import HarnessError, InputError, more_about
from harness.records.record import UNREADABLE
from harness.serving.guard import for_own_pages, guarded
from harness.serving.own_page import HOST, Keys, json_answer, link, own_page, refuse_strangers, token_of
from harness.serving.server import Address, check_installed, listen, server_for
from harness.teacher.desk import Desk, Entered
from harness.teacher.settle import settle
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

LARGEST = 100_000
"""Bytes of one decision."""
SCRIPT, STYLES = "generated.js", ("style.css", "cases.css", "generated.css")


def serve(path: Path, port: int, say: Callable[[str], None], now: Callable[[], dt.datetime]) -> None:
    """Serve a set of rows until Ctrl-C; its link goes to ``say``. Where the review is over then, it is settled.

    Raises:
        DataError: the file is no set that a teacher made.
        ServingError: the port can't be used, or the extra "review" is not installed.
    """
    check_installed()
    desk, keys = Desk(path, now), Keys()
    with listen(Address(host=HOST, port=port)) as listener:
        taken = listener.getsockname()[1]
        server = server_for(reviewing(desk, taken, keys, say))
        say(f"{path}: {desk.standing().words}; a link works once, and a new one is shown when it was used:")
        say(link(taken, keys))
        say("Ctrl-C stops the server; each decision is kept when it is made.")
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    say(f"stopped; {settle(path).words}")


def reviewing(desk: Desk, port: int, keys: Keys, say: Callable[[str], None]) -> "ASGIApp":
    """Return the application on this port."""
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import Route

    page, policy = own_page("generated.html.j2", SCRIPT, STYLES)

    async def show_page(_: "Request") -> Response:
        return HTMLResponse(page)

    async def open_session(request: "Request") -> Response:
        session = keys.open(token_of(request))
        if session is None:
            return PlainTextResponse("this link is not valid, or was used", status_code=401)
        say(f"opened; to open it again:\n{link(port, keys)}")
        return PlainTextResponse(session)

    async def show_rows(request: "Request") -> Response:
        refuse_strangers(request, keys)
        return json_answer(desk.shown())

    async def decide(request: "Request") -> Response:
        refuse_strangers(request, keys)
        return _decided(desk, await request.body())

    async def report(_: "Request", problem: Exception) -> Response:
        say(f"error: {for_terminal(str(problem), None)}\n{more_about(problem)}")
        return PlainTextResponse("not possible right now; the terminal of the server says why", status_code=503)

    async def hung_up(_: "Request", __: Exception) -> Response:
        return Response(status_code=400)  # for nobody: the client is gone, and nothing was kept

    routes = [
        Route("/", show_page),
        Route("/open", open_session, methods=["POST"]),
        Route("/rows", show_rows),
        Route("/decision", decide, methods=["POST"]),
    ]
    handlers = {HarnessError: report, ClientDisconnect: hung_up}
    app = Starlette(routes=routes, exception_handlers=handlers, max_body_size=LARGEST)
    app.router.redirect_slashes = False
    return guarded(for_own_pages(app, port), policy)


def _decided(desk: Desk, body: bytes) -> "Response":
    """Keep a decision, and answer with how everything stands then."""
    from starlette.responses import PlainTextResponse

    try:
        desk.take(msgspec.json.decode(body, type=Entered))
    except UNREADABLE as problem:
        return PlainTextResponse(for_terminal(f"not a decision: {problem}"), status_code=422)
    except InputError as problem:
        return PlainTextResponse(for_terminal(str(problem), None), status_code=422)
    return json_answer(desk.shown())
