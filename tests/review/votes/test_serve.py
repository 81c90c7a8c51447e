"""The small web server of a review: who has a token sees and changes what is theirs, and nobody anything else."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
import pytest
from starlette.testclient import TestClient

from harness.errors import ReviewError, ServingError
from harness.review.packets.page import packet_html, served_html
from harness.review.packets.records import Packet
from harness.review.votes.seats import open_desks
from harness.review.votes.serve import greeting, reviewing, serve
from harness.serving.server import Address
from harness.serving.workers import turns
from tests.mistakes import message_of
from tests.review.made import ballot_on, packet_of, packet_with
from tests.review.sample import review_of, write_all
from tests.serving.raw import raw
from tests.waiting import MOST_S

FIRST = {"If-None-Match": "*"}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the packets of two reviewers."""
    made = tmp_path / "review"
    made.mkdir()
    for name in ("reviewer-1", "reviewer-2"):
        (made / f"{name}.html").write_text(packet_html(packet_with(3, name)))
    return made


class Visit:
    """A server on a folder, what its lead was told, and one reviewer's way to ask it."""

    def __init__(self, folder: Path, places: IO[bytes], number: int = 0) -> None:
        self.desks = open_desks(folder)
        self.desk = self.desks[number]
        self.packet: Packet = self.desk.packet
        self.said: list[str] = []
        self.client = TestClient(reviewing(self.desks, self.said.append, places), raise_server_exceptions=False)
        self.client.headers["Authorization"] = f"Bearer {self.desk.token}"

    def put(self, ballot: bytes, headers: dict[str, str]):
        """Send a ballot."""
        return self.client.put("/ballot", content=ballot, headers=headers)


@pytest.fixture
def places():
    """Return where workers take turns; here is only one."""
    with turns() as file:
        yield file


@pytest.fixture
def visit(folder, places):
    """Return the first reviewer's visit."""
    return Visit(folder, places)


def test_a_reviewer_gets_the_page_and_their_own_packet(visit):
    """The page is the same for all; the token says whose packet it is."""
    assert visit.client.get("/").text == served_html()[0]
    assert msgspec.json.decode(visit.client.get("/packet").content, type=Packet) == visit.packet


def test_a_ballot_is_saved_and_read_back(visit, folder):
    """It lies where the tally looks for it, as the page wrote it."""
    ballot = ballot_on(visit.packet, "ab")

    saved = visit.put(ballot, FIRST)

    assert saved.status_code == 204
    assert (folder / "ballots" / "reviewer-1.ballot.json").read_bytes() == ballot
    assert visit.client.get("/ballot").content == ballot
    assert visit.client.get("/ballot").headers["etag"] == saved.headers["etag"]


def test_there_is_no_ballot_before_the_first_vote(visit, folder):
    """Nothing is made up, and no empty file is left."""
    assert visit.client.get("/ballot").status_code == 204
    assert not list((folder / "ballots").iterdir())


def test_a_window_that_has_not_seen_the_saved_ballot_cannot_overwrite_it(visit):
    """Neither one that thinks it is the first, nor one with an older ballot, nor one that says nothing."""
    old = visit.put(ballot_on(visit.packet, "a"), FIRST).headers["etag"]
    new = visit.put(ballot_on(visit.packet, "ab"), {"If-Match": old}).headers["etag"]

    refused = [visit.put(ballot_on(visit.packet, "x"), seen) for seen in (FIRST, {"If-Match": old}, {})]

    assert [answer.status_code for answer in refused] == [412, 412, 412]
    assert visit.client.get("/ballot").headers["etag"] == new


def test_a_saved_ballot_outlives_the_server(visit, folder, places):
    """After a new start the reviewer goes on from it, with a new link."""
    visit.put(ballot_on(visit.packet, "ab"), FIRST)

    again = Visit(folder, places)

    assert again.client.get("/ballot").content == ballot_on(visit.packet, "ab")
    assert again.desk.token != visit.desk.token


@pytest.mark.parametrize("token", ["", "x", "Bearer ", "Bearer x", "Basic {own}", "{own}", "Bearer {own}x", "bearer é"])
@pytest.mark.parametrize("path", ["/packet", "/ballot"])
def test_without_a_token_nothing_is_shown(visit, token, path):
    """Not even whether there is a ballot."""
    visit.put(ballot_on(visit.packet, "ab"), FIRST)
    header = token.format(own=visit.desk.token).encode("latin-1")

    refused = visit.client.get(path, headers={"Authorization": header})

    assert refused.status_code == 401
    assert visit.packet.packet not in refused.text


def test_a_token_opens_one_reviewers_place_only(visit, folder, places):
    """The other's packet and ballot stay closed, and can't be written to."""
    other = Visit(folder, places, 1)
    visit.put(ballot_on(visit.packet, "ab"), FIRST)

    assert other.packet.reviewer == "reviewer-2"
    assert other.client.get("/ballot").status_code == 204
    assert msgspec.json.decode(other.client.get("/packet").content, type=Packet) == other.packet
    assert other.put(ballot_on(visit.packet, "x"), FIRST).status_code == 422
    assert not (folder / "ballots" / "reviewer-2.ballot.json").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/reviewer-1.html",
        "/ballots",
        "/ballots/",
        "/ballots/reviewer-1.ballot.json",
        "/packet/",
        "/packet/..",
        "/../review.key.json",
        "/..%2freview.key.json",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/ballot/../../review.key.json",
        "/ballot/%00",
        "//etc/passwd",
        "/static/../ballots/reviewer-1.ballot.json",
        "/docs",
        "/openapi.json",
    ],
)
def test_no_other_path_leads_anywhere(visit, folder, path):
    """There is no listing and no file: four addresses are answered, by name."""
    (folder.parent / "review.key.json").write_text("SECRET")
    visit.put(ballot_on(visit.packet, "ab"), FIRST)

    answer = raw(visit.client.app, path.encode(), [(b"authorization", f"Bearer {visit.desk.token}".encode())])

    assert answer[0] == 404
    assert b"SECRET" not in answer[1]
    assert visit.packet.packet.encode() not in answer[1]


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", ["/", "/packet"])
def test_nothing_but_a_ballot_can_be_written(visit, method, path):
    """Other methods are refused."""
    assert visit.client.request(method, path, content=b"{}").status_code == 405


def broken_ballots() -> dict[str, bytes]:
    """Return bodies that must not be saved."""
    packet = packet_with(3)
    sound = ballot_on(packet, "ab")
    return {
        "nothing": b"",
        "no JSON": b"<script>",
        "cut off": sound[:-30],
        "edited": sound.replace(b'"choice":"b"', b'"choice":"a"'),
        "another packet": ballot_on(packet_of([("x", "y")]), "a"),
        "another reviewer": ballot_on(packet_with(3, "reviewer-2"), "a"),
        "unknown pair": ballot_on(msgspec.structs.replace(packet_with(4), packet=packet.packet), "abab"),
        "finished too early": ballot_on(packet, "ab", finished=True),
        "deep": b"[" * 100_000,
        "not UTF-8": sound.replace(b'"note":""', b'"note":"\xff"'),
    }


@pytest.mark.parametrize("name", broken_ballots())
def test_a_ballot_that_the_tally_would_refuse_is_not_saved(visit, folder, name):
    """The reviewer is told at once; what was saved before stays."""
    seen = visit.put(ballot_on(visit.packet, "a"), FIRST).headers["etag"]

    refused = visit.put(broken_ballots()[name], {"If-Match": seen})

    assert refused.status_code == 422
    assert refused.text.startswith("this ballot: ")
    assert (folder / "ballots" / "reviewer-1.ballot.json").read_bytes() == ballot_on(visit.packet, "a")


def test_a_huge_ballot_is_refused(visit, folder):
    """Whether its length is announced or not."""
    for body in (b" " * 20_000_001, iter([b" " * 10_000_000] * 3)):
        assert visit.client.put("/ballot", content=body, headers=FIRST).status_code == 413

    assert not list((folder / "ballots").iterdir())


def test_a_ballot_that_cannot_be_written_is_told_to_both(visit, folder):
    """The reviewer's page tries again later; the lead sees the reason, the reviewer no path of the machine."""
    (folder / "ballots").rmdir()

    refused = visit.put(ballot_on(visit.packet, "a"), FIRST)

    assert refused.status_code == 503
    assert str(folder) not in refused.text
    told = message_of(f"{visit.said[0]}\n")
    assert re.fullmatch(r"error: .*reviewer-1\.ballot\.json: can't be written: .*\n", told)


@pytest.mark.parametrize("path", ["/", "/packet", "/ballot", "/nowhere"])
def test_each_answer_keeps_browsers_from_keeping_framing_and_telling(visit, path):
    """Also the answers that refuse."""
    headers = visit.client.get(path, headers={"Authorization": ""}).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


def test_a_key_in_the_folder_is_refused_at_the_start(tmp_path):
    """Under any name."""
    folder, key, _ = write_all(tmp_path, review_of(tmp_path), [])
    key.rename(folder / "notes.txt")

    with pytest.raises(ReviewError, match=r"notes\.txt: is a key, in the folder that reviewers get"):
        open_desks(folder)


def test_a_built_review_is_served_as_it_is(tmp_path):
    """What `harness review build` writes needs nothing else."""
    review = review_of(tmp_path)
    folder, _, _ = write_all(tmp_path, review, [])

    assert [desk.packet for desk in open_desks(folder)] == list(review.packets)


def wrong_folders(folder: Path) -> dict[str, str]:
    """Return ways to spoil a folder of packets, and what is said then."""
    return {
        "no packets": "no packets here",
        "a report": "no packet in this page",
        "renamed": "packet of another reviewer",
        "changed": "was changed since",
        "edited ballot": "was edited after it was saved",
        "ballot of another": "is a ballot of another packet",
    }


@pytest.mark.parametrize("name", wrong_folders(Path()))
def test_a_wrong_folder_is_refused_at_the_start(folder, name):
    """By the name of the file that is wrong."""
    page, ballot = folder / "reviewer-1.html", folder / "ballots" / "reviewer-1.ballot.json"
    ballot.parent.mkdir()
    if name == "no packets":
        for one in folder.glob("*.html"):
            one.unlink()
    elif name == "a report":
        (folder / "review.report.html").write_text("<html>")
    elif name == "renamed":
        page.rename(folder / "reviewer-9.html")
    elif name == "changed":
        page.write_text(page.read_text().replace("on its way", "on our way"))
    elif name == "edited ballot":
        ballot.write_bytes(ballot_on(packet_with(3), "ab").replace(b'"choice":"b"', b'"choice":"a"'))
    else:
        ballot.write_bytes(ballot_on(packet_with(2, "x"), "ab"))

    with pytest.raises(ReviewError, match=wrong_folders(folder)[name]):
        open_desks(folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_there_is_nothing_to_warn_of(folder, host):
    """The default is safe."""
    lines = greeting(folder, open_desks(folder), Address(host=host, port=1))

    assert "warning" not in "".join(lines)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "review.example"])  # noqa: S104 - never bound
def test_on_another_address_the_lead_is_warned(folder, host):
    """Nothing is encrypted, so say so."""
    lines = greeting(folder, open_desks(folder), Address(host=host, port=8765))

    assert any(line.startswith(f"warning: {host} can be reached from other machines") for line in lines)
    assert not any(re.search(r"http://(0\.0|\[::\])", line) for line in lines)


def test_behind_a_proxy_links_lead_to_it(folder):
    """With the proxy's path, and a slash before the token, since the page asks for what is beside it."""
    desks = open_desks(folder)

    lines = greeting(folder, desks, Address(host="127.0.0.1", port=1), "https://review.example/larkspur")

    assert f"  reviewer-1  https://review.example/larkspur/#{desks[0].token}" in lines
    assert "The proxy at https://review.example/larkspur/ passes requests to http://127.0.0.1:1" in lines
    assert "warning" not in "".join(lines)


def test_a_proxy_without_tls_is_warned_of(folder):
    """Also where the server itself can't be reached; not one on this machine."""
    lines = greeting(folder, open_desks(folder), Address(host="127.0.0.1", port=1), "http://review.example")
    here = greeting(folder, open_desks(folder), Address(host="127.0.0.1", port=1), "http://localhost:8080")

    assert any(line.startswith("warning: http://review.example is not encrypted") for line in lines)
    assert "warning" not in "".join(here)


@pytest.mark.parametrize("base", ["", "/larkspur/team-2"])
def test_a_proxy_can_pass_on_the_path_or_remove_it(folder, places, base):
    """Both find the page, the packet and the ballot; nothing is one level further down, or above."""
    desks = open_desks(folder)
    client = TestClient(reviewing(desks, print, places, "/larkspur/team-2"))
    client.headers["Authorization"] = f"Bearer {desks[0].token}"

    saved = client.put(f"{base}/ballot", content=ballot_on(desks[0].packet, "ab"), headers=FIRST)

    assert client.get(f"{base}/").text == served_html()[0]
    assert client.get(f"{base}/packet").content == msgspec.json.encode(desks[0].packet)
    assert (saved.status_code, client.get("/ballot").content) == (204, ballot_on(desks[0].packet, "ab"))
    assert [client.get(f"{path}/packet").status_code for path in ("/larkspur", "/larkspur/team-2" * 2)] == [404, 404]


def test_a_busy_port_is_named(folder):
    """One line says what to do, and no server is left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServingError, match=rf"127\.0\.0\.1:{port}: can't listen there: .*choose another"):
            serve(folder, Address(host="127.0.0.1", port=port), print)


def test_without_the_extra_one_line_says_what_to_install(folder, monkeypatch):
    """Serving is the only part that needs it."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    with pytest.raises(ServingError, match=r"^uvicorn is not installed; .*tunegate\[review\]"):
        serve(folder, Address(host="127.0.0.1", port=0), print)


def test_the_command_serves_and_stops_at_ctrl_c(folder):
    """From the command line: links once, ballots saved, nothing of a token in what is logged, a clean end."""
    command = [sys.executable, "-m", "harness.cli", "review", "serve", str(folder), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=quiet())
    guard = threading.Timer(MOST_S, server.kill)
    guard.start()
    try:
        lines = []
        while not any("Ctrl-C" in line for line in lines):
            lines.append(server.stdout.readline())
            assert lines[-1], "".join(lines)
        address, token = re.search(r"reviewer-2 +(http://127\.0\.0\.1:\d+/)#(\S+)", "".join(lines)).groups()
        packet = packet_with(3, "reviewer-2")
        headers = {"Authorization": f"Bearer {token}"}
        asked = urllib.request.Request(f"{address}ballot", ballot_on(packet, "aab"), {**headers, **FIRST}, method="PUT")
        answer = urllib.request.urlopen(asked, timeout=MOST_S).status
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{address}{token}", timeout=MOST_S)

        server.send_signal(signal.SIGINT)
        rest = server.communicate(timeout=MOST_S)[0]
    finally:
        guard.cancel()
        server.kill()
        server.wait()

    assert answer == 204
    assert (folder / "ballots" / "reviewer-2.ballot.json").read_bytes() == ballot_on(packet, "aab")
    assert "".join(lines).count(token) == 1
    assert rest == f"stopped; the ballots are in {folder / 'ballots'}\n"
    assert server.returncode == 0


def quiet() -> dict[str, str]:
    """Return an environment in which output comes at once."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
