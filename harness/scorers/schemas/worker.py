"""The process in which schemas are applied to answers: jsonschema-rs is native code, which no signal interrupts."""

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from harness.records.record import Json
from harness.scorers.reading import limit
from harness.scorers.reading.limit import TookTooLong

_APPLYING = Path(__file__).with_name("applying.py")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character. JSON's escapes can write it alone, but it has no bytes in UTF-8; U+FFFD takes its place."""


class GaveUp(Exception):
    """The process ended without a reply; the text says how. The next answer gets a new one."""


class Worker:
    """One process for all schemas. It starts with the first answer; threads take turns."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: weakref.finalize[[subprocess.Popen[bytes]], Worker] | None = None

    def first_failure(self, rules: str, answer: Json) -> tuple[list[str | int], str] | None:
        """Return where and why the answer first breaks the schema of these rules; None when it follows it.

        Raises:
            TookTooLong: it computed longer than ``limit.LONGEST_S``.
            GaveUp: it ended without a reply.
        """
        text = _SURROGATE.sub("\ufffd", json.dumps(answer, ensure_ascii=False))
        with self._turn:
            reply = self._asked(f"{limit.LONGEST_S}\n{rules}\n{text}\n".encode())
        return (reply[0], reply[1]) if reply else None

    def _asked(self, request: bytes) -> list:  # type: ignore[type-arg]
        process = self._running()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(request)  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
            line: bytes = process.stdout.readline()  # type: ignore[union-attr]
            if line.endswith(b"\n"):
                found: list = json.loads(line)  # type: ignore[type-arg]
                return found
            ended = process.wait()
        except BaseException:  # Ctrl-C too: a reply that comes later would be taken for the next answer's
            self._end()
            raise
        self._end()
        if ended == -signal.SIGVTALRM:
            raise TookTooLong
        raise GaveUp(f"ended its process (exit code {ended})")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_APPLYING)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the harness alone
            )
            self._stop = weakref.finalize(self, _stop, self._process)
        return self._process

    def _end(self) -> None:
        if self._stop is not None:
            self._stop()
        self._process = self._stop = None


def first_failure(rules: str, answer: Json) -> tuple[list[str | int], str] | None:
    """See ``Worker.first_failure``; each process of the harness has one worker."""
    return _worker(os.getpid()).first_failure(rules, answer)


@functools.cache
def _worker(_harness: int) -> Worker:
    return Worker()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError), process:
        pass
