"""Several workers behind one address: no ballot is lost or overwritten, whichever of them dies, and none stays."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from harness.errors import ReviewError
from harness.review.packets.page import packet_html
from harness.review.votes.seats import claimed
from tests.review.made import ballot_on, packet_with
from tests.waiting import MOST_S, until

REVIEWERS = tuple(f"reviewer-{number}" for number in range(1, 5))
PAIRS = 12
FIRST = {"If-None-Match": "*"}


class Served:
    """A server with three workers in a session of its own; what it says goes to a file, so that nobody holds a pipe."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder.parent / "log"
        command = [sys.executable, "-m", "harness.cli", "review", "serve", str(folder), "--port", "0", "--workers", "3"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None)
        self.tokens = dict(re.findall(r"(reviewer-\d)  http://127\.0\.0\.1:\d+/#(\S+)", self.said()))
        self.address = re.search(r"http://127\.0\.0\.1:\d+/", self.said())[0]
        until(lambda: len(self.workers()) == 3)

    def said(self) -> str:
        """Return what the lead was told so far."""
        return self.log.read_text()

    def workers(self) -> set[int]:
        """Return the processes that answer."""
        pid = self.process.pid
        return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def ask(self, reviewer: str, ballot: bytes | None = None, seen: dict[str, str] | None = None):
        """Read a ballot or save one, and return the status, the ETag as the header that names it, and the body."""
        headers = {"Authorization": f"Bearer {self.tokens[reviewer]}", **(seen or {})}
        asked = urllib.request.Request(
            f"{self.address}ballot", ballot, headers, method="GET" if ballot is None else "PUT"
        )
        try:
            with urllib.request.urlopen(asked, timeout=MOST_S) as answer:
                return answer.status, {"If-Match": answer.headers["ETag"]}, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, {}, refused.read()

    def end(self, number: signal.Signals, *, whole_session: bool = False) -> int:
        """Send a signal to the parent, or to all as a terminal does, and return the exit status."""
        (os.killpg if whole_session else os.kill)(self.process.pid, number)
        return self.process.wait(MOST_S)


@pytest.fixture
def served(tmp_path) -> Iterator[Served]:
    """Return a server of four reviewers' packets."""
    folder = tmp_path / "review"
    folder.mkdir()
    for reviewer in REVIEWERS:
        (folder / f"{reviewer}.html").write_text(packet_html(packet_with(PAIRS, reviewer)))
    server = Served(folder)
    yield server
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(MOST_S)


def is_gone(pid: int) -> bool:
    """Tell whether a process runs no more; one that only waits to be counted runs no more."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def is_free(folder: Path) -> bool:
    """Tell whether no process of a server has this folder."""
    try:
        with claimed(folder):
            return True
    except ReviewError:
        return False


def vote(served: Served, reviewer: str, half_way: threading.Barrier) -> list[bytes]:
    """Vote pair by pair as the page does, also when a worker dies; return what was read after each ballot saved."""
    packet, seen, read = packet_with(PAIRS, reviewer), FIRST, []
    for voted in range(1, PAIRS + 1):
        if voted == PAIRS // 2:
            half_way.wait(MOST_S)
        ballot = ballot_on(packet, ("ab-x" * PAIRS)[:voted])
        status = 0
        while status != 204:
            try:
                status, tag, _ = served.ask(reviewer, ballot, seen)
                if status == 412:  # it was saved, and the worker died before it could say so
                    status, tag, saved = served.ask(reviewer)
                    assert saved == ballot
                    status = 204
            except (OSError, HTTPException):
                continue
        seen = tag
        read.append(newest(served, reviewer) == ballot)
    return read


def newest(served: Served, reviewer: str) -> bytes:
    """Return the ballot as any worker reads it; one that dies is asked again."""
    while True:
        try:
            return served.ask(reviewer)[2]
        except (OSError, HTTPException):
            continue


def test_no_ballot_is_lost_or_overwritten_while_workers_die(served):
    """Of windows that cast a first ballot at once, one wins; then all vote, and two of three workers are killed."""
    *voting, raced = REVIEWERS
    packet = packet_with(PAIRS, raced)
    ballots = [ballot_on(packet, choice * PAIRS) for choice in "ab-x" * 6]
    half_way = threading.Barrier(len(voting) + 1)

    with ThreadPoolExecutor(24) as threads:
        raced_for = list(threads.map(lambda ballot: served.ask(raced, ballot, FIRST)[0], ballots))
        cast = [threads.submit(vote, served, reviewer, half_way) for reviewer in voting]
        half_way.wait(MOST_S)
        killed = sorted(served.workers())[:2]
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        seen = [one.result(MOST_S) for one in cast]
    until(lambda: len(served.workers() - set(killed)) == 3)
    workers = served.workers()
    status = served.end(signal.SIGTERM)

    saved = {one.name: one.read_bytes() for one in (served.folder / "ballots").glob("*.json")}
    assert sorted(raced_for) == [204, *[412] * 23]
    assert saved.pop(f"{raced}.ballot.json") == ballots[raced_for.index(204)]
    assert saved == {f"{one}.ballot.json": ballot_on(packet_with(PAIRS, one), "ab-x" * 3) for one in voting}
    assert seen == [[True] * PAIRS] * len(voting)
    assert served.said().count("a worker ended (signal 9); a new one takes its place\n") == 2
    assert served.said().endswith(f"stopped; the ballots are in {served.folder / 'ballots'}\n")
    assert (status, [one for one in workers if not is_gone(one)]) == (0, [])


def test_ctrl_c_in_a_terminal_ends_all_of_them(served):
    """It reaches each process at once; none complains, none is replaced."""
    workers, before = served.workers(), served.said()

    status = served.end(signal.SIGINT, whole_session=True)

    assert served.said() == f"{before}stopped; the ballots are in {served.folder / 'ballots'}\n"
    assert (status, [one for one in workers if not is_gone(one)]) == (0, [])


def test_workers_end_with_a_parent_that_is_killed(served):
    """By themselves, and then the folder is free for the next server."""
    workers = served.workers()

    served.end(signal.SIGKILL)
    until(lambda: is_free(served.folder))

    assert [one for one in workers if not is_gone(one)] == []
    assert [one.name for one in (served.folder / "ballots").iterdir()] == [".lock"]
