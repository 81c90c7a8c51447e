"""One server process: start it under the guard, wait until it is healthy, read the end of its log, stop it."""

import contextlib
import http
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.engines.http.transport import fetch
from harness.engines.server import guard
from harness.engines.server.launch import HOST, Launch, log_name
from harness.engines.server.out_of_memory import memory_advice
from harness.errors import EngineStartError
from harness.text.visible import for_terminal

POLL_S = 0.25
HEALTH_TIMEOUT_S = 5.0
SAY_EVERY_S = 5.0
USUAL_START_S = 60
OTHER_PORT = "set another engine.port in harness.toml, or leave it out to use any free port"
LAST_WORDS = 15
LONGEST_LINE = 250
TAIL_BYTES = 200_000
WARNING = " WARNING "
"""In a line that can name an error that has not come: vLLM warns of too many open files at each start."""
CAUSE = re.compile(r"\b[A-Z]\w*(?:Error|Exception): .+")


class Server:
    """A started server process; ``stop`` ends it and all that it started. Without a folder it logs to stderr."""

    def __init__(self, launch: Launch, log_folder: Path | None) -> None:
        self.launch = launch
        self.log = log_folder / log_name(launch.name) if log_folder else None
        if log_folder:
            log_folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") if self.log else contextlib.nullcontext(sys.stderr) as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, *_patience(launch), "--", *launch.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(launch.environment),
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Return whether the process is still running."""
        return self._guard.poll() is None

    def ends_within(self, seconds: float) -> bool:
        """Return whether the process has ended, after waiting so long at most."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(timeout=seconds)
        return not self.is_running

    def is_healthy(self) -> bool:
        """Return whether the server answers.

        Raises:
            EngineStartError: something else answers on its port.
        """
        if _get(self.launch, "/health") is None or (body := _get(self.launch, "/v1/models")) is None:
            return False
        if not serves(self.launch, body):
            raise EngineStartError(
                f"another server answers on port {self.launch.port}, not the one started for {self.launch.name}; "
                "stop it, or use another port"
            )
        return True

    def last_words(self) -> str:
        """Return the end of the log, safe to show in a terminal, its first error if that is earlier, and its path."""
        if self.log is None:
            return " are above"
        lines = self._end_of_log().splitlines()
        told = [for_terminal(line, LONGEST_LINE) for line in lines if line.strip()]
        causes = [found.group() for line in told[:-LAST_WORDS] if (found := CAUSE.search(line)) and WARNING not in line]
        told = [*causes[:1], *told[-LAST_WORDS:]]
        place = self.log.resolve()
        shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else self.log
        return "".join(f"\n    {line}" for line in told) + f"\n  whole log: {shown}"

    def how_it_ended(self) -> str:
        """Return how the process ended, what to do if it ran out of memory, and the end of its log."""
        code = self._guard.poll()
        if code is None:
            ending = "still running, but not answering"
        else:
            ending = f"signal {code - 128}" if code > 128 else f"exit code {code}"
        advice = memory_advice(self._end_of_log(), code, on_gpu=self.launch.on_gpu)
        return f"({ending}){f': {advice}' if advice else ''}; its last words:{self.last_words()}"

    def _end_of_log(self) -> str:
        if self.log is None:
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            return log.read().decode(errors="replace")

    def ask_to_stop(self) -> None:
        """Tell the guard to stop the server; returns at once."""
        if self._guard.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()

    def stop(self) -> None:
        """Stop the server and all its processes; return when they are gone."""
        self.ask_to_stop()
        try:
            self._guard.wait(timeout=self.launch.drain_s + 2 * (self.launch.grace_s + guard.KILLED_S))
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()


def _patience(launch: Launch) -> tuple[str, ...]:
    """Return the guard's options."""
    return ("--drain", f"{launch.drain_s:g}", "--grace", f"{launch.grace_s:g}")


def stop_all(servers: Sequence[Server]) -> None:
    """Stop servers, all at the same time."""
    for server in servers:
        server.ask_to_stop()
    for server in servers:
        server.stop()


def wait_until_healthy(servers: Sequence[Server], timeout_s: float, say: Callable[[str], None]) -> None:
    """Return when every server answers; ``say`` is called with the progress.

    Raises:
        EngineStartError: a server died, or isn't healthy after ``timeout_s``.
    """
    started = last_said = time.monotonic()
    waiting = list(servers)
    names = ", ".join(server.launch.name for server in servers)
    say(f"starting vLLM for {names}, usually about {USUAL_START_S} s")
    while waiting:
        for server in list(waiting):
            if not server.is_running:
                name, how = server.launch.name, server.how_it_ended()
                raise EngineStartError(f"the vLLM server for {name} stopped while starting {how}")
            if server.is_healthy():
                waiting.remove(server)
        now = time.monotonic()
        if waiting and now - started > timeout_s:
            late = waiting[0]
            raise EngineStartError(
                f"the vLLM server for {late.launch.name} is not healthy after {timeout_s:g} s (start_timeout_s "
                f"under [engine] in harness.toml); its last words:{late.last_words()}"
            )
        if waiting and now - last_said >= SAY_EVERY_S:
            last_said = now
            names = ", ".join(server.launch.name for server in waiting)
            say(f"starting vLLM for {names}: {now - started:.0f} s, usually about {USUAL_START_S} s")
        if waiting:
            time.sleep(POLL_S)
    say(f"vLLM is ready after {time.monotonic() - started:.0f} s")


def choose_ports(first: int | None, count: int, instead: str = OTHER_PORT) -> tuple[int, ...]:
    """Return free ports of this machine: ``first`` and those after it, or any when None.

    ``instead`` is what to do where a wanted one is taken.

    Raises:
        EngineStartError: a wanted port is taken.
    """
    with contextlib.ExitStack() as held:
        ports = []
        for offset in range(count):
            wanted = 0 if first is None else first + offset
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wanted))
            except (OSError, OverflowError) as problem:
                raise EngineStartError(
                    f"port {wanted} can't be used: {getattr(problem, 'strerror', None) or problem}; {instead}"
                ) from problem
            ports.append(int(probe.getsockname()[1]))
        return tuple(ports)


def serves(launch: Launch, body: bytes) -> bool:
    """Return whether the answer to ``/v1/models`` comes from the server that was started."""
    try:
        listed = {str(model["id"]): str(model["root"]) for model in json.loads(body)["data"]}
    except (ValueError, KeyError, TypeError):
        return False
    return listed.get(launch.name) == launch.model_path and set(launch.served) <= set(listed)


def _get(launch: Launch, path: str) -> bytes | None:
    """Return the body of a successful answer; None when there is none yet. No proxy is asked."""
    url = f"http://{launch.host}:{launch.port}"
    try:
        reply = fetch(path, Endpoint(base_url=url, api_key=launch.api_key, timeout_s=HEALTH_TIMEOUT_S))
    except Fault:
        return None
    return reply.body if reply.status == http.HTTPStatus.OK else None
