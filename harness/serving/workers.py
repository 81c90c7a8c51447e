"""Several processes that serve at one socket, each a copy of this one, and none of them outlives it.

The parent holds one end of a pipe, and never writes to it. When the parent ends, however it ends, so does the pipe, and
with it the workers. What they change together they change in turns, by locks that leave nothing behind.
"""

import fcntl
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import IO, TYPE_CHECKING

from harness.errors import ServingError
from harness.serving.server import SHUTDOWN_S

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

    import uvicorn

PAUSE_S = 0.5
"""How long the place of a worker that ended stays empty: workers that end at once keep no machine busy."""
LONGEST_S = SHUTDOWN_S + 2
"""A worker that was told to end and has not by then is killed."""


def run_workers(
    make: Callable[[], "uvicorn.Server"], listener: socket.socket, workers: int, say: Callable[[str], None]
) -> None:
    """Serve with so many processes until Ctrl-C or SIGTERM; one that ends is replaced, and ``say`` is told.

    One alone is this process. ``make`` returns a server that is not started, and is called in each.

    Raises:
        ServingError: no process can be started.
    """
    if workers == 1:
        with suppress(KeyboardInterrupt):
            make().run(sockets=[listener])
        return
    running: list[ForkProcess] = []
    pause = 0.0
    end, held = multiprocessing.Pipe(duplex=False)
    with end, held, _closed_by_signals(held):
        try:
            while not end.poll(pause):
                pause = PAUSE_S
                _fill(running, workers, lambda: _work(make, listener, end, held), say)
                ready = wait([end, *(worker.sentinel for worker in running)])
                for worker in [worker for worker in running if worker.sentinel in ready]:
                    running.remove(worker)
                    worker.join()
                    say(f"a worker ended ({_how(worker)}); a new one takes its place")
        finally:
            held.close()
            for worker in running:
                worker.join(LONGEST_S)
                worker.kill()
                worker.join()


@contextmanager
def turns() -> Iterator[IO[bytes]]:
    """Give a file in which workers lock places, to be made before they start. It has no name, and ends with them.

    Raises:
        ServingError: there is no such file here.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile())
            with turn(file, 0):
                pass
        except OSError as problem:
            raise ServingError(
                f"no temporary file can be locked: {problem.strerror}; set TMPDIR to a folder on this machine"
            ) from problem
        yield file


@contextmanager
def turn(turns: IO[bytes], place: int) -> Iterator[None]:
    """Wait until no other worker has its turn at a place; the system ends the turn of a worker that dies."""
    fcntl.lockf(turns, fcntl.LOCK_EX, 1, place)
    try:
        yield
    finally:
        fcntl.lockf(turns, fcntl.LOCK_UN, 1, place)


def _fill(running: "list[ForkProcess]", workers: int, work: Callable[[], None], say: Callable[[str], None]) -> None:
    """Start as many workers as are missing."""
    while len(running) < workers:
        worker = multiprocessing.get_context("fork").Process(target=work)
        try:
            worker.start()
        except OSError as problem:
            if not running:
                raise ServingError(f"no worker can be started: {problem.strerror}; try --workers 1") from problem
            say(f"a worker can't be started: {problem.strerror}; {len(running)} of {workers} continue")
            return
        running.append(worker)


def _work(make: Callable[[], "uvicorn.Server"], listener: socket.socket, end: Connection, held: Connection) -> None:
    """Serve as a worker. Its end of the pipe is not the one that keeps workers running, so it is closed."""
    held.close()
    server = make()
    threading.Thread(target=_end_with_parent, args=(end, server), daemon=True).start()
    server.run(sockets=[listener])


def _end_with_parent(end: Connection, server: "uvicorn.Server") -> None:
    """End this worker once no process holds the other end of the pipe; requests under way have a moment."""
    end.poll(None)
    server.should_exit = True
    time.sleep(LONGEST_S)
    os._exit(1)


@contextmanager
def _closed_by_signals(held: Connection) -> Iterator[None]:
    """Close this end of the pipe at Ctrl-C or SIGTERM, which all who have the other end see."""
    before = {one: signal.signal(one, lambda *_: held.close()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _how(worker: "ForkProcess") -> str:
    """Tell how a worker ended."""
    code = worker.exitcode or 0
    return f"signal {-code}" if code < 0 else f"exit status {code}"
