"""Ask an application for a path as it is, past any tidying by a client."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp


def raw(app: ASGIApp, path: bytes, headers: Sequence[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """Return the status and the body of the answer to GET."""
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote_to_bytes(path).decode(),
        "raw_path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [*headers],
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with ThreadPoolExecutor() as pool:  # the browser tests leave a loop running in this thread
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])
