"""Serve a folder of packets to its reviewers, and save their ballots as they are cast.

The page is the same for everybody and contains no data. With the token in its address's fragment, which browsers never
send by themselves, it asks for one reviewer's packet and ballot. No cookie, no token in a path, a log or a Referer.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from harness.errors import ReviewError
from harness.review.packets.page import served_html
from harness.review.packets.records import Ballot
from harness.review.votes.ballots import LARGEST, check_ballot, read_ballot
from harness.review.votes.seats import BALLOTS, Desk, claimed, open_desks, saved_ballot
from harness.serving.application import application
from harness.serving.guard import guarded
from harness.serving.server import (
    Address,
    check_installed,
    is_loopback,
    listen,
    public_url,
    seen_from,
    server_for,
    warning_for,
)
from harness.serving.workers import run_workers, turn, turns
from harness.text.atomic import write_durably
from harness.text.figures import count

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp


def serve(folder: Path, address: Address, say: Callable[[str], None], *, workers: int = 1, url: str = "") -> None:
    """Serve the packets in a folder until Ctrl-C; links and warnings go to ``say``.

    ``workers`` is how many processes answer. ``url`` is the address at which a proxy offers this server: links lead
    there, and requests are taken with its path or without.

    Raises:
        InputError: ``url`` is not such an address.
        ReviewError: a key or another file that is not a packet is in the folder, a saved ballot is of another packet,
            or another server has the folder.
        ServingError: the address can't be used, the extra "review" is not installed, or no worker can be started.
    """
    public = public_url(url)
    desks = open_desks(folder)
    check_installed()
    with claimed(folder), turns() as places, listen(address) as listener:
        here = Address(host=address.host, port=listener.getsockname()[1])
        app = reviewing(desks, say, places, urlsplit(public).path)
        for line in greeting(folder, desks, here, public):
            say(line)
        run_workers(lambda: server_for(app), listener, workers, say)
    say(f"stopped; the ballots are in {folder / BALLOTS}")


def greeting(folder: Path, desks: Sequence[Desk], address: Address, public: str = "") -> list[str]:
    """Return what the lead must know: each reviewer's link, and a warning if others can listen in."""
    here = seen_from(address)
    links = f"{public}/" if public else here
    lines = [
        f"{count(len(desks), 'packet')} from {folder}; ballots are saved in {folder / BALLOTS}",
        "One link for each reviewer, new at each start. Anyone with a link votes in that reviewer's name:",
        *(f"  {desk.packet.reviewer}  {links}#{desk.token}" for desk in desks),
    ]
    if public:
        lines.append(f"The proxy at {links} passes requests to {here.rstrip('/')}")
    seen = urlsplit(public)
    if seen.scheme == "http" and not is_loopback(seen.hostname or ""):
        lines.append(
            f"warning: {public} is not encrypted: anyone who can listen in on the network can read answers, votes and "
            "links. Let the proxy offer https."
        )
    lines += warning_for(address, "answers, votes and links")
    return [*lines, "Ctrl-C stops the server; votes are saved as they are cast."]


def reviewing(desks: Sequence[Desk], say: Callable[[str], None], places: IO[bytes], prefix: str = "") -> "ASGIApp":
    """Return the application: the page for everybody, and the packet and ballot for the reviewer who has the token.

    Only a window that has seen a ballot can replace it (RFC 9110, If-Match), so two windows can't overwrite each other,
    nor can two workers, which save the ballot of one reviewer in turns at their place. What is at ``/`` is below
    ``prefix`` too, for proxies that pass on the whole path.
    """
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import BaseRoute, Mount, Route

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
        with turn(places, desks.index(desk)):
            status, told, headers = _saved(desk, data, request.headers)
        return PlainTextResponse(told, status, headers) if told else Response(None, status, headers)

    routes: list[BaseRoute] = [
        Route("/", show_page),
        Route("/packet", show_packet),
        Route("/ballot", show_ballot),
        Route("/ballot", save_ballot, methods=["PUT"]),
    ]
    if prefix:
        routes.append(Mount(prefix, routes=list(routes)))
    return guarded(application(routes, say, LARGEST), policy)


def _saved(desk: Desk, data: bytes, headers: Mapping[str, str]) -> tuple[int, str, dict[str, str]]:
    """Save a ballot, and return the answer's status, what is wrong with the ballot, and the headers."""
    if not _has_seen(headers, saved_ballot(desk)):
        return 412, "the saved ballot has changed; read it first", {}
    try:
        ballot = read_ballot(data, "this ballot")
        check_ballot(ballot, desk.packet, "this ballot")
    except ReviewError as problem:
        return 422, str(problem), {}
    write_durably(desk.ballot, data)
    return 204, "", _tag(ballot)


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
