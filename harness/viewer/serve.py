"""Serve the page of all runs and their reports to this machine alone; nothing can be changed, no other file is read.

A report comes from a run folder, which can be somebody else's: it is shown in a sandbox, where its script belongs to no
site and can ask nobody, this server included.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.report.index import render_live_index
from harness.runs.listing import read_listing
from harness.serving.guard import for_own_pages, guarded
from harness.serving.server import Address, check_installed, listen, server_for
from harness.viewer.events import follow
from harness.viewer.reports import BESIDE, read_report

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""Around the page's own policy, which names its one style sheet and its one script by their digests."""
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(runs: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve a folder of runs until Ctrl-C; where it is served goes to ``say``.

    Raises:
        InputError: there is no such folder.
        ServingError: the port can't be used, or the extra "review" is not installed.
    """
    if not runs.is_dir():
        raise InputError(f"{runs}: no such folder; run pytest suites/ first, or name the folder with --run-dir")
    check_installed()
    with listen(Address(host=HOST, port=port)) as listener:
        taken = listener.getsockname()[1]
        server = server_for(viewing(runs, taken, lambda: server.should_exit))
        say(f"{runs} at http://{HOST}:{taken}/ (Ctrl-C stops the server)")
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    say("stopped")


def viewing(runs: Path, port: int, is_ending: Callable[[], bool]) -> "ASGIApp":
    """Return the application on this port: the page of all runs, how far they are, and each run's report."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Route

    async def show_runs(_: "Request") -> Response:
        return HTMLResponse(await asyncio.to_thread(_page, runs))

    async def show_progress(_: "Request") -> Response:
        return StreamingResponse(follow(runs, is_ending), media_type="text/event-stream")

    async def show_report(request: "Request") -> Response:
        page = await asyncio.to_thread(read_report, runs, request.path_params["folder"])
        if page is None:
            return PlainTextResponse("there is no report here", status_code=404)
        return HTMLResponse(page, headers={"Content-Security-Policy": REPORT_POLICY})

    async def show_beside(request: "Request") -> Response:
        folder, name = request.path_params["folder"], request.url.path.rpartition("/")[2]
        content = await asyncio.to_thread(read_report, runs, folder, name)
        if content is None:
            return PlainTextResponse("there is no such file here", status_code=404)
        told = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": REPORT_POLICY}
        return Response(content, media_type="application/octet-stream", headers=told)

    routes = [
        Route("/", show_runs),
        Route("/progress", show_progress),
        Route("/{folder}/report.html", show_report),
        *(Route(f"/{{folder}}/{name}", show_beside) for name in BESIDE),
    ]
    app = Starlette(routes=routes, max_body_size=0)
    app.router.redirect_slashes = False
    return guarded(for_own_pages(app, port), PAGE_POLICY)


def _page(runs: Path) -> bytes:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return render_live_index(read_listing(runs), now).encode(errors="replace")
