"""Serve one case file to the person at this machine: read, tag and correct its cases on a page.

The page itself contains no data. The link's token, behind the # of the address, which browsers never send by
themselves, opens one session and is used up; everything else needs that session. Nothing listens beyond this machine.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.cases.edited import Edit, ShownCase, edited, shown_case
from harness.cases.file import ChangedMeanwhile, read_marked, replace_case
from harness.errors import CaseFileError
from harness.records.record import UNREADABLE
from harness.serving.own_page import HOST, Keys, json_answer, link, own_app, own_page
from harness.serving.server import Address, check_installed, listen, server_for
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp

LARGEST = 2_000_000
"""Bytes of one change; a line of a case file has half of this at most."""
SCRIPT, STYLES = "cases.js", ("style.css", "cases.css")


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


def editing(path: Path, port: int, keys: Keys, say: Callable[[str], None]) -> "ASGIApp":
    """Return the application on this port. Only who has seen a case as it is can change it."""
    return own_app(
        own_page("cases.html.j2", SCRIPT, STYLES),
        [
            ("/cases", "GET", lambda _body, _headers: json_answer(_shown(path))),
            ("/case", "PUT", lambda body, headers: _saved(path, body, headers.get("if-match", ""))),
        ],
        port=port,
        keys=keys,
        say=say,
        largest=LARGEST,
    )


def _shown(path: Path) -> dict[str, object]:
    return {"name": path.parent.name or path.name, "cases": _all(path)}


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
        return json_answer(case and shown_case(case, mark), 412)
    try:
        new = edited(case, edit)
        return json_answer(shown_case(new, mark if new == case else replace_case(path, mark, new)))
    except ChangedMeanwhile:
        return json_answer(next((one for one in _all(path) if one.id == edit.id), None), 412)
    except CaseFileError as problem:
        return PlainTextResponse(for_terminal(str(problem), None), status_code=422)


def _all(path: Path) -> tuple[ShownCase, ...]:
    return tuple(shown_case(case, seen) for case, seen in read_marked(path))
