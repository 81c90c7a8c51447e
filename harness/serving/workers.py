"""Several processes behind one listening socket: each is a copy of this one, with what it knew when they began."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.errors import ServingError

if TYPE_CHECKING:
    import uvicorn

MOST_EARLY, EARLY_S = 3, 5.0
"""So many workers may end within so many seconds of their start; then something is wrong with all of them."""


def run_workers(make: Callable[[], "uvicorn.Server"], listener: socket.socket, workers: int) -> None:
    """Serve with so many processes until Ctrl-C or SIGTERM; one that ends is started anew.

    One alone is this process. ``make`` returns a server that is not started, and is called in each.

    Raises:
        ServingError: workers end as soon as they begin.
    """
    if workers == 1:
        with suppress(KeyboardInterrupt):
            make().run(sockets=[listener])
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    running, early = dict[int, float](), 0
    try:
        while True:
            while len(running) < workers:
                running[_start(make, listener)] = time.monotonic()
            ended, _ = os.wait()
            early = early + 1 if time.monotonic() - running.pop(ended, 0.0) < EARLY_S else 0
            if early > MOST_EARLY:
                raise ServingError(f"{workers} workers: one after the other ends as soon as it begins; try --workers 1")
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        for process in running:
            with suppress(ChildProcessError):
                os.waitpid(process, 0)
        signal.signal(signal.SIGTERM, before)


def _start(make: Callable[[], "uvicorn.Server"], listener: socket.socket) -> int:
    """Return the number of a new process that serves."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with suppress(KeyboardInterrupt):
            make().run(sockets=[listener])
        code = 0
    finally:
        os._exit(code)  # nothing of the first process is ended a second time


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
