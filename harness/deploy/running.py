"""The running server: from its start to its end, by itself or by a signal, and what it uses meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.config.home import home_folder
from harness.deploy.chosen import Chosen, Say
from harness.deploy.modules import list_served
from harness.engines.http.endpoint import Endpoint
from harness.engines.server import process
from harness.engines.server.launch import Launch
from harness.engines.server.process import Server
from harness.errors import EngineError, HarnessError, ServerLost, Unmeasured
from harness.models.merged import mark_used
from harness.models.unchanged import unchanged

POLL_S = 0.25
ENDED_S = 3.0
"""So long the guard of a server that has ended can take to notice."""
MARKED_S = 3600.0
"""Seconds between two marks of what is in use; what was unused for a day can be pruned."""


@contextmanager
def running(started: Launch, chosen: Chosen, say: Say) -> Iterator[Server]:
    """Give a server that is healthy and has read the files that were gated; it is stopped at the end of the block.

    Raises:
        EngineStartError: it isn't healthy in time.
    """
    server = Server(started, None)
    try:
        with unchanged([chosen.model], "being loaded"):
            process.wait_until_healthy([server], chosen.engine.start_timeout_s, say)
        yield server
    finally:
        server.stop()


@contextmanager
def proving(server: Server) -> Iterator[None]:
    """Tell a server that ended during the block from one that was asked in vain.

    Raises:
        ServerLost: it ended.
    """
    try:
        yield
    except (EngineError, Unmeasured) as problem:
        if not server.ends_within(ENDED_S):
            raise
        raise ServerLost(f"the vLLM server stopped while it was proved {server.how_it_ended()}") from problem


def wait(server: Server, endpoint: Endpoint) -> None:
    """Wait as long as the server runs, and note now and then that what it serves is in use.

    Raises:
        ServerLost: it has stopped by itself.
    """
    marked_s = -MARKED_S
    while server.is_running:
        if (now_s := time.monotonic()) - marked_s >= MARKED_S:
            marked_s = now_s
            mark_served(endpoint)
        time.sleep(POLL_S)
    raise ServerLost(f"the vLLM server stopped by itself {server.how_it_ended()}")


def mark_served(endpoint: Endpoint) -> None:
    """Note that all is used that a server has from the cache folder, so that ``harness store prune`` keeps it."""
    cached = home_folder().resolve()
    with suppress(HarnessError):  # it is stopping, or too busy to tell: there is a next time
        listed = list_served(endpoint)
        for one in (*listed.bases, *listed.modules.values()):
            if one.root is not None and (folder := Path(one.root)).is_relative_to(cached):
                mark_used(folder)
