"""Serve one case file to the person at this machine: read, tag and correct its cases on a page.

The page itself contains no data. The link's token, behind the # of the address, which browsers never send by
themselves, opens one session and is used up; everything else needs that session. Nothing listens beyond this machine.
"""

import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.cases.edited import Edit, ShownCase, edited, shown_case
from harness.cases.file import ChangedMeanwhile, read_marked, replace_case
from harness.errors import CaseFileError, HarnessError, more_about
from harness.records.record import UNREADABLE
from harness.serving.guard import for_own_pages, guarded
from harness.serving.server import Address, check_installed, listen, server_for
from harness.text.figures import count
from harness.text.pages import part_digest, read_part, template
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
LARGEST = 2_000_000
"""Bytes of one change; a line of a case file has half of this at most."""
SCRIPT, STYLES = "cases.js", ("style.css", "cases.css")


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


def serve(path: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve a case file until Ctrl-C; its link goes to ``say``.

    Raises:
        CaseFileError: the file is wrong.
        ServingError: the port can't be used, or the extra "review" is not installed.
    """
    check_installed()
    cases = read_marked(path)
    keys = Keys()
    with listen(Address(host=HOST, port=port)) as listener:
        taken = listener.getsockname()[1]
        server = server_for(editing(path, taken, keys, say))
        say(f"{count(len(cases), 'case')} of {path}; a link works once, and a new one is shown when it was used:")
        say(link(taken, keys))
        say("Ctrl-C stops the server; each change is in the file when it is saved.")
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    say("stopped")


def link(port: int, keys: Keys) -> str:
    """Return the address that opens the page once."""
    return f"  http://{HOST}:{port}/#{keys.link}"


def editing(path: Path, port: int, keys: Keys, say: Callable[[str], None]) -> "ASGIApp":
    """Return the application on this port. Only who has seen a case as it is can change it."""
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import Route

    page, policy = _page()

    async def show_page(_: "Request") -> Response:
        return HTMLResponse(page)

    async def open_session(request: "Request") -> Response:
        session = keys.open(_token(request))
        if session is None:
            return PlainTextResponse("this link is not valid, or was used", status_code=401)
        say(f"opened; to open it again:\n{link(port, keys)}")
        return PlainTextResponse(session)

    async def show_cases(request: "Request") -> Response:
        _refuse_strangers(request, keys)
        return _json({"name": path.parent.name or path.name, "cases": _all(path)})

    async def save_case(request: "Request") -> Response:
        _refuse_strangers(request, keys)
        return _saved(path, await request.body(), request.headers.get("if-match", ""))

    async def report(_: "Request", problem: Exception) -> Response:
        say(f"error: {for_terminal(str(problem), None)}\n{more_about(problem)}")
        return PlainTextResponse("not possible right now; the terminal of the server says why", status_code=503)

    async def hung_up(_: "Request", __: Exception) -> Response:
        return Response(status_code=400)  # for nobody: the client is gone, and nothing was saved

    routes = [
        Route("/", show_page),
        Route("/open", open_session, methods=["POST"]),
        Route("/cases", show_cases),
        Route("/case", save_case, methods=["PUT"]),
    ]
    handlers = {HarnessError: report, ClientDisconnect: hung_up}
    app = Starlette(routes=routes, exception_handlers=handlers, max_body_size=LARGEST)
    app.router.redirect_slashes = False
    return guarded(for_own_pages(app, port), policy)


def _saved(path: Path, body: bytes, seen: str) -> "Response":
    """Save a change of a case whose line still has the mark ``seen``, and answer with the case as it is then."""
    from starlette.responses import PlainTextResponse

    try:
        edit = msgspec.json.decode(body, type=Edit)
    except UNREADABLE as problem:
        return PlainTextResponse(for_terminal(f"not a change: {problem}"), status_code=422)
    case, mark = next(((one, mark) for one, mark in read_marked(path) if one.id == edit.id), (None, ""))
    # Compared here to show what the file has, and again under the lock, where it counts.
    if case is None or seen != f'"{mark}"':
        return _json(case and shown_case(case, mark), 412)
    try:
        new = edited(case, edit)
        return _json(shown_case(new, mark if new == case else replace_case(path, mark, new)))
    except ChangedMeanwhile:
        return _json(next((one for one in _all(path) if one.id == edit.id), None), 412)
    except CaseFileError as problem:
        return PlainTextResponse(for_terminal(str(problem), None), status_code=422)


def _all(path: Path) -> tuple[ShownCase, ...]:
    return tuple(shown_case(case, seen) for case, seen in read_marked(path))


def _json(value: object, status: int = 200) -> "Response":
    from starlette.responses import Response

    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _token(request: "Request") -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def _refuse_strangers(request: "Request", keys: Keys) -> None:
    from starlette.exceptions import HTTPException

    if not keys.has(_token(request)):
        raise HTTPException(401, "this session is not valid", headers={"WWW-Authenticate": "Bearer"})


def _page() -> tuple[str, str]:
    """Return the page and its policy: its own script and style, known by their digests, and its own server."""
    from markupsafe import Markup

    style, script = read_part(*STYLES), read_part(SCRIPT)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{part_digest(script)}'; style-src 'sha256-{part_digest(style)}'"
    )
    page = template("cases.html.j2").render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own files, and neither element is escaped
        script=Markup(script),  # noqa: S704 - the same
    )
    return page, policy
