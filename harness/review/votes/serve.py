"""Serve a folder of packets to its reviewers, and save their ballots as they are cast.

The page is the same for everybody and contains no data. With the token in its address's fragment, which browsers never
send by themselves, it asks for one reviewer's packet and ballot. No cookie, no token in a path, a log or a Referer.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ReviewError
from harness.review.packets.page import served_html
from harness.review.packets.records import Ballot
from harness.review.votes.ballots import LARGEST, check_ballot, read_ballot
from harness.review.votes.seats import BALLOTS, Desk, claimed, open_desks, saved_ballot
from harness.serving.application import application
from harness.serving.guard import guarded
from harness.serving.server import Address, check_installed, listen, seen_from, server_for, warning_for
from harness.text.atomic import write_durably
from harness.text.figures import count

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.types import ASGIApp


def serve(folder: Path, address: Address, say: Callable[[str], None]) -> None:
    """Serve the packets in a folder until Ctrl-C; links and warnings go to ``say``.

    Raises:
        ReviewError: a key or another file that is not a packet is in the folder, a saved ballot is of another packet,
            or another server has the folder.
        ServingError: the address can't be used, or the extra "review" is not installed.
    """
    desks = open_desks(folder)
    with claimed(folder):
        server = server_of(desks, say)
        with listen(address) as listener:
            for line in greeting(folder, desks, Address(host=address.host, port=listener.getsockname()[1])):
                say(line)
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listener])
    say(f"stopped; the ballots are in {folder / BALLOTS}")


def server_of(desks: Sequence[Desk], say: Callable[[str], None]) -> "uvicorn.Server":
    """Return the server of these places, not started.

    Raises:
        ServingError: the extra "review" is not installed.
    """
    check_installed()
    return server_for(reviewing(desks, say))


def greeting(folder: Path, desks: Sequence[Desk], address: Address) -> list[str]:
    """Return what the lead must know: each reviewer's link, and a warning if others can listen in."""
    lines = [
        f"{count(len(desks), 'packet')} from {folder}; ballots are saved in {folder / BALLOTS}",
        "One link for each reviewer, new at each start. Anyone with a link votes in that reviewer's name:",
        *(f"  {desk.packet.reviewer}  {seen_from(address)}#{desk.token}" for desk in desks),
    ]
    lines += warning_for(address, "answers, votes and links")
    return [*lines, "Ctrl-C stops the server; votes are saved as they are cast."]


def reviewing(desks: Sequence[Desk], say: Callable[[str], None]) -> "ASGIApp":
    """Return the application: the page for everybody, and the packet and ballot for the reviewer who has the token.

    Only a window that has seen a ballot can replace it (RFC 9110, If-Match), so two windows can't overwrite each other.
    """
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import Route

    page, policy = served_html()

    async def show_page(_: "Request") -> Response:
        return HTMLResponse(page)

    async def show_packet(request: "Request") -> Response:
        desk = _desk_of(request, desks)
        return Response(msgspec.json.encode(desk.packet), media_type="application/json")

    async def show_ballot(request: "Request") -> Response:
        saved = saved_ballot(_desk_of(request, desks))
        if saved is None:
            return Response(status_code=204)
        return Response(msgspec.json.encode(saved), media_type="application/json", headers=_tag(saved))

    async def save_ballot(request: "Request") -> Response:
        desk = _desk_of(request, desks)
        data = await request.body()
        if not _has_seen(request.headers, saved_ballot(desk)):
            return PlainTextResponse("the saved ballot has changed; read it first", status_code=412)
        try:
            ballot = read_ballot(data, "this ballot")
            check_ballot(ballot, desk.packet, "this ballot")
        except ReviewError as problem:
            return PlainTextResponse(str(problem), status_code=422)
        write_durably(desk.ballot, data)
        return Response(status_code=204, headers=_tag(ballot))

    routes = [
        Route("/", show_page),
        Route("/packet", show_packet),
        Route("/ballot", show_ballot),
        Route("/ballot", save_ballot, methods=["PUT"]),
    ]
    return guarded(application(routes, say, LARGEST), policy)


def _desk_of(request: "Request", desks: Sequence[Desk]) -> Desk:
    """Return the place that the request's token opens; all are compared, in a time that reveals nothing."""
    from starlette.exceptions import HTTPException

    shown = request.headers.get("authorization", "").encode("latin-1")
    opened = [desk for desk in desks if hmac.compare_digest(shown, f"Bearer {desk.token}".encode())]
    if not opened:
        raise HTTPException(401, "this link is not valid", headers={"WWW-Authenticate": "Bearer"})
    return opened[0]


def _tag(ballot: Ballot) -> dict[str, str]:
    return {"ETag": f'"{ballot.checksum}"'}


def _has_seen(headers: Mapping[str, str], saved: Ballot | None) -> bool:
    if saved is None:
        return headers.get("if-none-match") == "*"
    return headers.get("if-match") == f'"{saved.checksum}"'
