"""Several workers behind one address: each answers, no ballot is overwritten, and none of them stays."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import ServingError
from harness.review.packets.page import packet_html
from harness.serving import workers
from harness.serving.server import Address, listen
from harness.serving.workers import run_workers
from tests.review.made import ballot_on, packet_with
from tests.waiting import MOST_S, until

FIRST = {"If-None-Match": "*"}


@pytest.fixture
def server(tmp_path):
    """Serve a folder with one packet by three workers, behind a proxy that is only named."""
    folder = tmp_path / "review"
    folder.mkdir()
    (folder / "reviewer-1.html").write_text(packet_html(packet_with(3, "reviewer-1")))
    command = [sys.executable, "-m", "harness.cli", "review", "serve", str(folder), "--port", "0", "--workers", "3"]
    process = subprocess.Popen(
        [*command, "--url", "https://review.example/larkspur/"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    guard = threading.Timer(MOST_S, process.kill)
    guard.start()
    yield process
    guard.cancel()
    process.kill()
    process.communicate()


def told_by(process):
    """Return what the lead is told."""
    lines = []
    while not any("Ctrl-C" in line for line in lines):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    return "".join(lines)


def children(process):
    """Return the numbers of a process's own processes."""
    return set(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())


def put(address, token, answers):
    """Cast a ballot as the first window, and return the status."""
    headers = {"Authorization": f"Bearer {token}", **FIRST}
    ballot = ballot_on(packet_with(3, "reviewer-1"), answers)
    try:
        asked = urllib.request.Request(f"{address}/ballot", ballot, headers, method="PUT")
        return urllib.request.urlopen(asked, timeout=MOST_S).status
    except urllib.error.HTTPError as problem:
        return problem.code


def test_several_workers_serve_one_review(server):
    """Of many windows that cast a first ballot at once, one wins; a worker that dies is replaced; all end together."""
    told = told_by(server)
    token = re.search(r"reviewer-1  https://review\.example/larkspur/#(\S+)", told)[1]
    address = re.search(r"The proxy asks (http://127\.0\.0\.1:\d+),", told)[1]
    until(lambda: len(children(server)) == 3)

    with ThreadPoolExecutor(12) as windows:
        statuses = list(windows.map(lambda number: put(address, token, "ab"[number % 2] * 3), range(24)))
    first = min(children(server))
    os.kill(int(first), signal.SIGKILL)
    until(lambda: len(children(server) - {first}) == 3)
    again = urllib.request.urlopen(address, timeout=MOST_S).status
    last = children(server)
    server.send_signal(signal.SIGTERM)
    rest = server.communicate(timeout=MOST_S)[0]

    assert sorted(statuses) == [204, *[412] * 23]
    assert again == 200
    assert rest.startswith("stopped; the ballots are in ")
    assert server.returncode == 0
    assert not [number for number in last if Path(f"/proc/{number}").exists()]


def test_workers_that_end_at_once_are_an_error(monkeypatch):
    """In place of starting them for ever."""

    def ends(*_args: object) -> int:
        process = os.fork()
        if not process:
            os._exit(1)
        return process

    monkeypatch.setattr(workers, "_start", ends)

    with listen(Address(host="127.0.0.1", port=0)) as listener, pytest.raises(ServingError, match="try --workers 1"):
        run_workers(lambda: None, listener, 2)
