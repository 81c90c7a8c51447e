"""The process in which schemas are applied to answers: jsonschema-rs is native code, which no signal interrupts."""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO

from harness.errors import ScorerError
from harness.records.record import Json
from harness.scorers.reading import limit
from harness.scorers.reading.json_values import on_one_line
from harness.scorers.reading.limit import TookTooLong
from harness.text.visible import for_terminal

_APPLYING = Path(__file__).with_name("applying.py")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character. JSON's escapes can write it alone, but it has no bytes in UTF-8; U+FFFD takes its place."""

_MOST_READ = 10_000
_CANT_START = "the process that applies JSON schemas can't start"
_ADVICE = "look at the limits of memory and of processes (ulimit -a) and at what Python runs when it starts"


class GaveUp(Exception):
    """The process ended without a reply; the text says how. The next answer gets a new one."""


class Worker:
    """One process for all schemas. It starts with the first answer; threads take turns."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: IO[bytes] | None = None
        self._said: IO[bytes] | None = None
        """What the process writes to its stderr."""
        self._stop: weakref.finalize[[subprocess.Popen[bytes], IO[bytes], IO[bytes]], Worker] | None = None

    def first_failure(self, rules: str, answer: Json) -> tuple[list[str | int], str] | None:
        """Return where and why the answer first breaks the schema of these rules; None when it follows it.

        Raises:
            TookTooLong: it computed longer than ``limit.LONGEST_S``.
            GaveUp: it ended without a reply.
            ScorerError: it can't start.
        """
        text = _SURROGATE.sub("\ufffd", on_one_line(answer))
        with self._turn:
            reply = self._asked(f"{limit.LONGEST_S}\n{rules}\n{text}\n".encode())
        return (reply[0], reply[1]) if reply else None

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
                [sys.executable, "-P", str(_APPLYING), str(writing)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C is for the harness alone
            )
        except OSError as problem:
            raise ScorerError(f"{_CANT_START}: {problem.strerror}; {_ADVICE}") from problem
        finally:
            os.close(writing)
        self._stop = weakref.finalize(self, _stop, self._process, self._replies, self._said)
        if self._replies.readline() != b"\n":
            ending = _ending(self._process.wait(), self._last_words())
            raise ScorerError(f"{_CANT_START} ({ending}); {_ADVICE}")
        return self._process

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


def first_failure(rules: str, answer: Json) -> tuple[list[str | int], str] | None:
    """See ``Worker.first_failure``; each process of the harness has one worker."""
    return _worker(os.getpid()).first_failure(rules, answer)


@functools.cache
def _worker(_harness: int) -> Worker:
    return Worker()


def _ending(code: int, said: str) -> str:
    return f"exit code {code}{': ' * bool(said)}{for_terminal(said)}"


def _stop(process: subprocess.Popen[bytes], *opened: IO[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError), process:
        pass
    for one in opened:
        one.close()
