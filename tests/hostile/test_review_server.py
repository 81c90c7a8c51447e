"""The server of a review, attacked through its socket: endless requests, uploads that break off, a second server."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import uvicorn

from harness.errors import ReviewError
from harness.review.packets.page import packet_html
from harness.review.votes.seats import Desk, claimed, open_desks
from harness.review.votes.serve import reviewing, serve
from harness.serving import server as serving
from harness.serving.server import Address, server_for
from harness.serving.workers import turns
from tests.review.made import ballot_on, packet_with
from tests.waiting import MOST_S, until

MOST_SENT = 64 << 20
"""Bytes. What the system's buffers take on both ends is less than that; a server that reads on takes more."""
PIECE = 1 << 16


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with the packet of one reviewer."""
    made = tmp_path / "review"
    made.mkdir()
    (made / "reviewer-1.html").write_text(packet_html(packet_with(3, "reviewer-1")))
    return made


class Served:
    """A server at work: where it is, whom it seats, and what its lead was told."""

    def __init__(self, desk: Desk, port: int, said: list[str], server: uvicorn.Server) -> None:
        self.desk, self.port, self.said, self.server = desk, port, said, server

    def connect(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=MOST_S)

    def ask(self, request: str, body: bytes = b"") -> bytes:
        """Return the answer to one request, as it came."""
        with closing(self.connect()) as one:
            one.sendall(f"{request}\r\nHost: x\r\nConnection: close\r\n\r\n".encode() + body)
            return b"".join(iter(lambda: one.recv(PIECE), b""))

    def put(self, length: int) -> str:
        """Return the head of an upload of the reviewer's."""
        return f"PUT /ballot HTTP/1.1\r\nAuthorization: Bearer {self.desk.token}\r\nContent-Length: {length}"


@pytest.fixture
def served(folder) -> Iterator[Served]:
    """Return a server in a thread, on a port of its own."""
    (desk,), said = open_desks(folder), []
    with turns() as places, socket.create_server(("127.0.0.1", 0)) as listener:
        server = server_for(reviewing([desk], said.append, places))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Served(desk, listener.getsockname()[1], said, server)
        server.should_exit = True
        thread.join(MOST_S)


ENDLESS: dict[str, tuple[bytes, Callable[[int], bytes]]] = {
    "request line": (b"GET /", lambda _: b"x" * PIECE),
    "header": (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", lambda _: b"x" * PIECE),
    "number of headers": (
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        lambda n: b"".join(b"X-%d-%d: x\r\n" % (n, place) for place in range(4000)),
    ),
    "size of a chunk": (
        b"PUT /ballot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        lambda _: b"0" * PIECE,
    ),
    "trailer": (
        b"PUT /ballot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Long: ",
        lambda _: b"x" * PIECE,
    ),
    "body": (b"PUT /ballot HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n", lambda _: b"x" * PIECE),
    "body in chunks": (
        b"PUT /ballot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        lambda _: b"1000\r\n" + b"x" * 0x1000 + b"\r\n",
    ),
    "body nobody asked for": (
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
        lambda _: b"x" * PIECE,
    ),
    "second request": (
        b"GET /packet HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
        lambda _: b"x" * PIECE,
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_request_without_end_is_hung_up_on(served, name, caplog):
    """Without a token, and before it takes any memory; who has a token is served as before, the lead told nothing."""
    start, more = ENDLESS[name]

    taken = sent_until_hung_up(served, start, more)

    assert taken < MOST_SENT
    assert b" 204 " in served.ask(f"GET /ballot HTTP/1.1\r\nAuthorization: Bearer {served.desk.token}")
    assert (served.said, caplog.messages) == ([], [])


def sent_until_hung_up(served: Served, start: bytes, more: Callable[[int], bytes]) -> int:
    """Return how many bytes the server and the system's buffers took before the connection ended."""
    taken = 0
    with closing(served.connect()) as attack:
        try:
            attack.sendall(start)
            while taken < MOST_SENT:
                piece = more(taken)
                attack.sendall(piece)
                taken += len(piece)
        except ConnectionError:
            pass
    return taken


def test_uploads_that_break_off_leave_no_trace(served, folder, caplog):
    """No traceback on the lead's terminal, no ballot; the next upload is saved."""
    ballot = ballot_on(served.desk.packet, "ab")

    for kept in (0, 1, len(ballot) // 2, len(ballot) - 1):
        with closing(served.connect()) as broken:
            broken.sendall(f"{served.put(len(ballot))}\r\nHost: x\r\nIf-None-Match: *\r\n\r\n".encode() + ballot[:kept])
    answer = served.ask(f"{served.put(len(ballot))}\r\nIf-None-Match: *", ballot)

    assert b" 204 " in answer
    assert (served.said, caplog.messages) == ([], [])
    assert [one.name for one in (folder / "ballots").iterdir()] == ["reviewer-1.ballot.json"]


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Let a server that stops wait for a moment only."""
    monkeypatch.setattr(serving, "SHUTDOWN_S", 0.1)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_stops_refuses_an_upload_without_end(served, caplog):
    """So that the page sends its ballot again later; no traceback on the lead's terminal."""
    with closing(served.connect()) as half:
        half.sendall(f"{served.put(1000)}\r\nHost: x\r\n\r\nabc".encode())
        until(lambda: served.server.server_state.tasks)
        served.server.should_exit = True
        answer = b"".join(iter(lambda: half.recv(PIECE), b""))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"the server stops; try again" in answer
    assert (served.said, caplog.messages) == ([], ["Cancel 1 running task(s), timeout graceful shutdown exceeded"])


def test_a_second_server_on_the_folder_is_refused(folder):
    """In a process of its own: it says why and ends; a third can start when the first has ended."""
    (folder / "ballots").mkdir()
    command = [sys.executable, "-m", "harness.cli", "review", "serve", str(folder), "--port", "0"]

    with claimed(folder):
        second = subprocess.run(command, capture_output=True, text=True, timeout=MOST_S, check=False)

    assert second.returncode == 2
    assert f"{folder}: another `harness review serve` serves this folder" in second.stderr.replace("\n", " ")
    assert second.stdout == ""
    with claimed(folder), pytest.raises(ReviewError, match="use its links, or stop it first"):
        serve(folder, Address(host="127.0.0.1", port=0), print)


def test_the_folder_of_a_killed_server_is_free(folder):
    """The system lets go of the lock, whatever ended its holder."""
    command = [sys.executable, "-m", "harness.cli", "review", "serve", str(folder), "--port", "0"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    guard = threading.Timer(MOST_S, first.kill)
    guard.start()
    try:
        until(lambda: "Ctrl-C" in (first.stdout.readline() or "Ctrl-C"))
        with pytest.raises(ReviewError, match="another `harness review serve`"), claimed(folder):
            pass
    finally:
        guard.cancel()
        first.kill()
        first.communicate()

    with claimed(folder):
        assert open_desks(folder)


def test_a_ballot_without_end_is_hung_up_on(served, folder, caplog):
    """With a token, too: at the size that is too large for any ballot."""
    start = served.put(0).replace("Content-Length: 0", "Transfer-Encoding: chunked") + "\r\nHost: x\r\n\r\n"

    taken = sent_until_hung_up(served, start.encode(), lambda _: b"10000\r\n" + b" " * PIECE + b"\r\n")

    assert taken < MOST_SENT
    assert (served.said, caplog.messages) == ([], [])
    assert not list((folder / "ballots").iterdir())


def test_who_is_refused_half_way_sees_the_answer(served):
    """A page whose link is no longer valid is told so while its ballot is still on the way."""
    head = b"PUT /ballot HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"
    with closing(served.connect()) as one:
        for part in (head, *[b" " * 100_000] * 5):
            one.sendall(part)
        answer = b"".join(iter(lambda: one.recv(PIECE), b""))

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.endswith(b"this link is not valid")


def test_a_body_that_breaks_after_the_answer_leaves_no_trace(served, caplog):
    """The answer comes when enough of the body is there; what follows is not read."""
    with closing(served.connect()) as one:
        one.sendall(b"PUT /ballot HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        one.sendall(b"F4240\r\n" + b"x" * 1_000_000 + b"\r\n")
        answer = one.recv(PIECE)
        with suppress(ConnectionError):
            one.sendall(b"zz\r\n")
            one.recv(PIECE)
    again = served.ask(f"GET /ballot HTTP/1.1\r\nAuthorization: Bearer {served.desk.token}")

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower()
    assert b" 204 " in again
    assert (served.said, caplog.messages) == ([], [])


BROKEN = {
    "no number for a length": b"Content-Length: x\r\n\r\n",
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a chunk without a size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that is too long": b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "an upgrade": b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "no HTTP": b"\x00\xff\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("method", [b"GET /packet", b"PUT /ballot"])
def test_a_request_that_is_not_http_leaves_no_trace(served, name, method, caplog):
    """It is refused, the packet is not shown, and nothing is written on the lead's terminal."""
    with closing(served.connect()) as one:
        one.sendall(method + b" HTTP/1.1\r\nHost: x\r\n" + BROKEN[name])
        one.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: one.recv(PIECE), b""))

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 "))
    assert (served.said, caplog.messages) == ([], [])
