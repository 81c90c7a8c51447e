"""What can go wrong before workers answer; how they answer and end: tests/review/votes/test_workers.py."""

import errno
import os
import subprocess
import sys
import tempfile
from typing import IO

import pytest

from harness.errors import ServingError
from harness.serving import workers
from harness.serving.server import Address, listen
from harness.serving.workers import run_workers, turn, turns
from tests.waiting import MOST_S


def no_more() -> int:
    """Refuse a process as a system does that has too many."""
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_where_no_process_can_be_started_it_is_said(monkeypatch):
    """With a way out; the parent's signals are its own again."""
    monkeypatch.setattr(os, "fork", no_more)

    with (
        listen(Address(host="127.0.0.1", port=0)) as listener,
        pytest.raises(ServingError, match=r"^no worker can be started: Resource .*; try --workers 1$"),
    ):
        run_workers(lambda: None, listener, 2, print)


def test_where_one_more_cannot_be_started_the_others_continue(monkeypatch):
    """And the lead is told."""
    monkeypatch.setattr(os, "fork", no_more)
    running, said = [object()], []

    workers._fill(running, 2, lambda: None, said.append)

    assert len(running) == 1
    assert said == ["a worker can't be started: Resource temporarily unavailable; 1 of 2 continue"]


def test_without_a_place_for_locks_nothing_is_served(monkeypatch, tmp_path):
    """Rather than that two workers overwrite a ballot."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(ServingError, match=r"no temporary file can be locked: No such file .*; set TMPDIR"), turns():
        pass


def test_a_turn_is_one_place_and_ends_with_an_error():
    """Another process has to wait at this place, and at no other."""
    with turns() as file:
        with pytest.raises(ZeroDivisionError), turn(file, 3):
            raise ZeroDivisionError
        after = [is_free(file, 3)]
        with turn(file, 3):
            within = [is_free(file, 3), is_free(file, 4)]

    assert (after, within) == ([True], [False, True])


def is_free(file: IO[bytes], place: int) -> bool:
    """Tell whether another process can have its turn at once."""
    lock = f"import fcntl; fcntl.lockf({file.fileno()}, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, {place})"
    tried = subprocess.run(
        [sys.executable, "-I", "-c", lock], pass_fds=[file.fileno()], capture_output=True, timeout=MOST_S, check=False
    )
    assert tried.returncode == 0 or b"BlockingIOError" in tried.stderr
    return tried.returncode == 0
