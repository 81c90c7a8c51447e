"""Serve proposals to the people who decide on them, and keep each decision when it is made.

As in a review, the page contains no data; it asks for one seat's proposals with the token in its address's fragment,
which browsers never send by themselves. Two reviewers don't see what the other one decided until both have.
"""

import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import InputError
from harness.feedback.desk import Changed, Desk, Place, Refused, one_seen_by, open_desk, places_of, seen_by, take
from harness.feedback.files import decisions_of
from harness.feedback.records import Seat
from harness.feedback.shown import Entered
from harness.records.record import UNREADABLE
from harness.serving.application import application
from harness.serving.guard import guarded
from harness.serving.own_page import json_answer, own_page
from harness.serving.server import Address, check_installed, listen, seen_from, server_for, warning_for
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

LARGEST = 2_000_000
"""Bytes of one decision."""
SCRIPT, STYLES = "proposals.js", ("style.css", "cases.css", "proposals.css")


def serve(path: Path, address: Address, say: Callable[[str], None], now: Callable[[], str]) -> None:
    """Serve a file of proposals until Ctrl-C; links and warnings go to ``say``.

    Raises:
        DataError: the file is wrong.
        ServingError: the address can't be used, or the extra "review" is not installed.
    """
    check_installed()
    desk = open_desk(path, now)
    places = places_of(desk.proposals().values())
    with listen(address) as listener:
        taken = Address(host=address.host, port=listener.getsockname()[1])
        for line in greeting(path, len(desk.proposals()), places, taken):
            say(line)
        with suppress(KeyboardInterrupt):
            server_for(deciding(desk, places, say)).run(sockets=[listener])
    say(f"stopped; the decisions are in {decisions_of(path)}")


def greeting(path: Path, proposals: int, places: Sequence[Place], address: Address) -> list[str]:
    """Return what must be known: each seat's link, and a warning if others can listen in."""
    lines = [
        f"{count(proposals, 'proposal')} of {path}. A link for each person, new at each start; who has it decides:",
        *(f"  {one.seat:6}  {seen_from(address)}#{one.token}" for one in places),
    ]
    lines += warning_for(address, "requests, decisions and links")
    return [*lines, "Ctrl-C stops the server; each decision is on the disk when the page says so."]


def deciding(desk: Desk, places: Sequence[Place], say: Callable[[str], None]) -> "ASGIApp":
    """Return the application: the page for everybody, and one seat's proposals and decisions for who has its token."""
    from starlette.responses import HTMLResponse, Response
    from starlette.routing import Route

    page, policy = own_page("proposals.html.j2", SCRIPT, STYLES)

    async def show_page(_: "Request") -> Response:
        return HTMLResponse(page)

    async def show_proposals(request: "Request") -> Response:
        return json_answer(seen_by(desk, _seat_of(request, places)))

    async def decide(request: "Request") -> Response:
        seat = _seat_of(request, places)
        return _decided(desk, seat, await request.body(), request.headers.get("if-match", ""))

    routes = [
        Route("/", show_page),
        Route("/proposals", show_proposals),
        Route("/decision", decide, methods=["PUT"]),
    ]
    return guarded(application(routes, say, LARGEST), policy)


def _decided(desk: Desk, seat: Seat, body: bytes, seen: str) -> "Response":
    """Keep a decision over one that the seat has seen, and answer with the proposal as it is then."""
    from starlette.responses import PlainTextResponse

    try:
        entered = msgspec.json.decode(body, type=Entered)
        take(desk, seat, entered, seen.strip('"'))
    except UNREADABLE as problem:
        return PlainTextResponse(for_terminal(f"not a decision: {problem}"), status_code=422)
    except Changed:
        return json_answer(one_seen_by(desk, seat, entered.id), 412)
    except Refused as problem:
        return PlainTextResponse(str(problem), status_code=409)
    except InputError as problem:
        return PlainTextResponse(for_terminal(str(problem), None), status_code=422)
    return json_answer(one_seen_by(desk, seat, entered.id))


def _seat_of(request: "Request", places: Sequence[Place]) -> Seat:
    """Return the seat that the request's token opens; all are compared, in a time that reveals nothing."""
    from starlette.exceptions import HTTPException

    shown = request.headers.get("authorization", "").encode("latin-1")
    opened = [one for one in places if hmac.compare_digest(shown, f"Bearer {one.token}".encode())]
    if not opened:
        raise HTTPException(401, "this link is not valid", headers={"WWW-Authenticate": "Bearer"})
    return opened[0].seat
