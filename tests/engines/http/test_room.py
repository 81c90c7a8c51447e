"""The limit on open files: how many connections it leaves room for, and what it looks like when it is reached."""

import errno
import resource
import socket

import pytest

from harness.engines.http import room
from harness.engines.http.room import KEPT_FREE, is_out_of_files, limit_in_words, most_connections


def limited(monkeypatch, limit: int) -> None:
    """Let this process have so many open files."""
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (limit, limit))


@pytest.mark.parametrize(("limit", "most"), [(64, 64 - KEPT_FREE), (1024, 1024 - KEPT_FREE), (20, 1), (0, 1)])
def test_some_files_are_left_for_everything_else(monkeypatch, limit, most):
    """The store and the run's folder need some; one connection there always is."""
    limited(monkeypatch, limit)

    assert most_connections() == most


def test_without_a_limit_there_is_room_for_all(monkeypatch):
    """As some containers have it."""
    limited(monkeypatch, resource.RLIM_INFINITY)

    assert most_connections() > 100_000


def test_the_words_name_the_limit(monkeypatch):
    """And what to do."""
    limited(monkeypatch, 64)

    assert limit_in_words().startswith("this process can have only 64 files and connections open at once (`ulimit -n`)")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_files_are_found_behind_other_errors(number):
    """The clients wrap it, some of them twice."""
    problem = ConnectionError("no connection")
    problem.__cause__ = RuntimeError("wrapped")
    problem.__cause__.__context__ = OSError(number, "Too many open files")

    assert is_out_of_files(problem)


@pytest.mark.parametrize(
    "problem",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        socket.gaierror(socket.EAI_NONAME, "unknown"),
        ValueError(),
    ],
)
def test_other_errors_are_not_taken_for_it(problem):
    """A server that isn't there is told as such."""
    assert not is_out_of_files(problem)


def test_a_name_that_can_not_be_looked_up_for_want_of_files_is_found(monkeypatch):
    """The error then only says that the look-up failed for now."""

    def refuse(_path: str, _flags: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(room.os, "open", refuse)

    assert is_out_of_files(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
