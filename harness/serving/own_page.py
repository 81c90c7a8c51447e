"""A page for the person at this machine: its link opens one session, and everything else needs that session.

The page contains no data, and the token in its address's fragment is never sent by a browser by itself. Nothing here
listens beyond this machine.
"""

import hmac
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.text.pages import part_digest, read_part, template

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"


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

    style, script = read_part(*styles), read_part(script_file)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{part_digest(script)}'; style-src 'sha256-{part_digest(style)}'"
    )
    page = template(name).render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own files, and neither element is escaped
        script=Markup(script),  # noqa: S704 - the same
    )
    return page, policy
