"""The application of a server: its routes, its largest body, and what it says when something goes wrong."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.errors import HarnessError, more_about
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


def application(routes: "Sequence[BaseRoute]", say: Callable[[str], None], largest: int) -> "Starlette":
    """Return the application of these routes, which refuses a request of more than ``largest`` bytes.

    An error of the harness goes to ``say``, in the terminal; the browser is only told that there is one.
    """
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import PlainTextResponse, Response

    async def report(_: "Request", problem: Exception) -> "Response":
        say(f"error: {for_terminal(str(problem), None)}\n{more_about(problem)}")
        return PlainTextResponse("not possible right now; whoever started the server can see why", status_code=503)

    async def hung_up(_: "Request", __: Exception) -> "Response":
        return Response(status_code=400)  # for nobody: the client is gone, and nothing was kept

    handlers = {HarnessError: report, ClientDisconnect: hung_up}
    app = Starlette(routes=routes, exception_handlers=handlers, max_body_size=largest)
    app.router.redirect_slashes = False
    return app
