"""Serve generated rows to the person at this machine, who accepts or rejects each; decisions are kept at once."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import InputError
from harness.records.record import UNREADABLE
from harness.serving.own_page import HOST, Keys, json_answer, link, own_app, own_page
from harness.serving.server import Address, check_installed, listen, server_for
from harness.teacher.desk import Desk, Entered
from harness.teacher.settle import settle
from harness.text.visible import for_terminal

if TYPE_CHECKING:
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
    return own_app(
        own_page("generated.html.j2", SCRIPT, STYLES),
        [
            ("/rows", "GET", lambda _body, _headers: json_answer(desk.shown())),
            ("/decision", "POST", lambda body, _headers: _decided(desk, body)),
        ],
        port=port,
        keys=keys,
        say=say,
        largest=LARGEST,
    )


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
