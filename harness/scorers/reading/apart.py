"""A process of its own for work on hostile text: native code that no signal interrupts, or parsers that can crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO

from harness.errors import ScorerError
from harness.scorers.reading.limit import TookTooLong
from harness.text.visible import for_terminal

_MOST_READ = 10_000
_ADVICE = "look at the limits of memory and of processes (ulimit -a) and at what Python runs when it starts"


class GaveUp(Exception):
    """The process ended without a reply; the text says how. The next answer gets a new one."""


class Apart:
    """One process, which runs a script. It starts with the first answer; threads take turns.

    The script gets the number of a file descriptor. It writes an empty line there when it is ready, and one line of
    JSON, a list, for each request that it reads. It limits its own memory and time.
    """

    def __init__(self, script: Path, does: str) -> None:
        self._script, self._does = script, does
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: IO[bytes] | None = None
        self._said: IO[bytes] | None = None
        """What the process writes to its stderr."""
        self._stop: weakref.finalize[[subprocess.Popen[bytes], IO[bytes], IO[bytes]], Apart] | None = None

    def asked(self, request: str) -> list:  # type: ignore[type-arg]
        """Return the reply to a request, which is whole lines.

        Raises:
            TookTooLong: a signal of time ended the process.
            GaveUp: it ended without a reply.
            ScorerError: it can't start.
        """
        with self._turn:
            return self._asked(request.encode())

    def _asked(self, request: bytes) -> list:  # type: ignore[type-arg]
        try:
            process = self._running()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(request)  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
            line: bytes = self._replies.readline()  # type: ignore[union-attr]
            if line.endswith(b"\n"):
                found: list = json.loads(line)  # type: ignore[type-arg]
                return found
            ended, said = process.wait(), self._last_words()
        except BaseException:  # Ctrl-C too: a reply that comes later would be taken for the next answer's
            self._end()
            raise
        self._end()
        if ended == -signal.SIGVTALRM:
            raise TookTooLong
        raise GaveUp(f"ended its process ({_ending(ended, said)})")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        reading, writing = os.pipe()
        self._replies, self._said = os.fdopen(reading, "rb"), tempfile.TemporaryFile()  # noqa: SIM115 - closed when it ends
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(self._script), str(writing)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C is for the harness alone
            )
        except OSError as problem:
            raise ScorerError(f"{self._cant_start()}: {problem.strerror}; {_ADVICE}") from problem
        finally:
            os.close(writing)
        self._stop = weakref.finalize(self, _stop, self._process, self._replies, self._said)
        if self._replies.readline() != b"\n":
            ending = _ending(self._process.wait(), self._last_words())
            raise ScorerError(f"{self._cant_start()} ({ending}); {_ADVICE}")
        return self._process

    def _cant_start(self) -> str:
        return f"the process that {self._does} can't start"

    def _last_words(self) -> str:
        """Return the last line of what the ended process wrote to stderr."""
        said: IO[bytes] = self._said  # type: ignore[assignment]
        said.seek(max(0, said.seek(0, os.SEEK_END) - _MOST_READ))
        return next((line for line in reversed(said.read().decode(errors="replace").splitlines()) if line.strip()), "")

    def _end(self) -> None:
        if self._stop is not None:
            self._stop()
        for opened in (self._replies, self._said):
            if opened is not None:
                opened.close()
        self._process = self._replies = self._said = self._stop = None


def _ending(code: int, said: str) -> str:
    return f"exit code {code}{': ' * bool(said)}{for_terminal(said)}"


def _stop(process: subprocess.Popen[bytes], *opened: IO[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError), process:
        pass
    for one in opened:
        one.close()
