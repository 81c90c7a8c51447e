"""`harness view`: the page of all runs, live, and reports in a sandbox; nothing else, and to this machine alone."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import closing, suppress

import msgspec
import pytest
from starlette.testclient import TestClient

from harness.errors import InputError
from harness.report.view.unfinished import UnfinishedRow
from harness.runs.folder import write_run
from harness.runs.progress import Progress, claim, write_progress
from harness.viewer.events import follow, unfinished
from harness.viewer.serve import serve, viewing
from tests.saved_runs import empty_run
from tests.serving.raw import raw
from tests.waiting import MOST_S

PORT = 8766
RUN = "0003-2026-11-22-1f3c"
FAR = Progress(candidate="mine", baseline="tiny", started="2026", step="asking", answered=3, requests=9)


@pytest.fixture
def runs(tmp_path):
    """Return a folder with one saved run, and things beside it that nobody may see."""
    folder = tmp_path / "runs"
    (folder / RUN).mkdir(parents=True)
    write_run(folder / RUN, empty_run(), (), ())
    (folder / RUN / "report.html").write_text("<p>the report</p>")
    (folder / RUN / "answers.jsonl").write_text("SECRET")
    (folder / "answers.sqlite").write_text("SECRET")
    (tmp_path / "report.html").write_text("SECRET")
    return folder


@pytest.fixture
def client(runs):
    """Return a browser on this machine; no event comes, so that each answer ends."""
    asked = TestClient(viewing(runs, PORT, lambda: True), raise_server_exceptions=False)
    asked.headers["Host"] = f"127.0.0.1:{PORT}"
    return asked


def test_the_page_has_all_runs_as_they_are_now(client, runs):
    """It is made anew each time."""
    before = client.get("/").text
    (runs / "0004-2026-11-23-1f3c").mkdir()
    write_run(runs / "0004-2026-11-23-1f3c", empty_run(), (), ())

    assert f'<a href="{RUN}/report.html">3</a>' in before
    assert "1 saved run" in before
    assert "2 saved runs" in client.get("/").text


def test_a_report_is_shown_in_a_sandbox(client):
    """Its script belongs to no site, and can ask nobody."""
    answer = client.get(f"/{RUN}/report.html")

    assert answer.text == "<p>the report</p>"
    (policy,) = answer.headers.get_list("content-security-policy")
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy


@pytest.mark.parametrize(
    "path",
    [
        f"/{RUN}/answers.jsonl",
        f"/{RUN}/run.json",
        f"/{RUN}/",
        f"/{RUN}",
        f"/{RUN}/../report.html",
        f"/{RUN}/%2e%2e/report.html",
        f"/{RUN}/x/../../../report.html",
        "/../report.html",
        "/%2e%2e/report.html",
        "/..%2freport.html",
        "/%2e/report.html",
        f"/%2e%2e%2fruns%2f{RUN}/report.html",
        "//report.html",
        "/%00/report.html",
        "/answers.sqlite",
        "/answers.sqlite/report.html",
        "/report.html",
        f"/{'x' * 5000}/report.html",
        "/docs",
    ],
)
def test_no_other_file_is_read(client, path):
    """Neither of a run, nor beside the runs, nor above them."""
    status, body = raw(client.app, path.encode(), [(b"host", f"127.0.0.1:{PORT}".encode())])

    assert status == 404
    assert b"SECRET" not in body


def test_a_link_is_not_followed(client, runs, tmp_path):
    """Neither a report that is a link, nor a folder that is one."""
    (runs / "0004-2026-11-23-1f3c").mkdir()
    (runs / "0004-2026-11-23-1f3c" / "report.html").symlink_to(tmp_path / "report.html")
    (runs / "0005-2026-11-23-1f3c").symlink_to(tmp_path)

    answers = [client.get(f"/{name}-2026-11-23-1f3c/report.html") for name in ("0004", "0005")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not any("SECRET" in answer.text for answer in answers)


def test_a_report_that_is_no_file_is_not_waited_for(client, runs):
    """A FIFO, and a folder."""
    for name in ("a", "b"):
        (runs / name).mkdir()
    os.mkfifo(runs / "a" / "report.html")
    (runs / "b" / "report.html").mkdir()

    assert [client.get(f"/{name}/report.html").status_code for name in ("a", "b")] == [404, 404]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/progress", f"/{RUN}/report.html"])
def test_nothing_can_be_written(client, method, path):
    """The server only shows."""
    assert client.request(method, path).status_code == 405


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("path", ["/", "/progress", f"/{RUN}/report.html"])
def test_no_other_site_is_answered(client, path, header):
    """Not even by a name that leads here."""
    answer = client.get(path, headers=header)

    assert (answer.status_code, answer.text) == (403, "only for pages of this server")


@pytest.mark.parametrize("path", ["/", "/progress", f"/{RUN}/report.html", "/nowhere"])
def test_each_answer_keeps_browsers_from_keeping_framing_and_telling(client, path):
    """Also the answers that refuse."""
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert headers["x-content-type-options"] == "nosniff"


def test_an_event_comes_at_once_and_then_for_each_change(runs, monkeypatch):
    """None where nothing changed; at the end of the server it stops."""
    monkeypatch.setattr("harness.viewer.events.LOOK_S", 0)
    folder = runs / "0004-2026-11-23-1f3c"
    folder.mkdir()
    looks = 0

    def is_ending() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            write_progress(folder, msgspec.structs.replace(FAR, answered=4))
        return looks > 5

    async def collect() -> list[bytes]:
        return [event async for event in follow(runs, is_ending)]

    with closing(claim(folder)):
        write_progress(folder, FAR)
        events = asyncio.run(collect())

    rows = [msgspec.json.decode(event.removeprefix(b"data: "), type=list[UnfinishedRow]) for event in events]
    assert [(row.id, row.state, row.done, row.total) for (row,) in rows] == [
        (folder.name, "under way", 3, 9),
        (folder.name, "under way", 4, 9),
    ]
    assert all(event.endswith(b"\n\n") and event.count(b"\n") == 2 for event in events)


def test_who_left_is_noticed_where_nothing_changes(runs, monkeypatch):
    """A comment is sent now and then."""
    monkeypatch.setattr("harness.viewer.events.LOOK_S", 0)
    looks = iter(range(100))

    async def collect() -> list[bytes]:
        return [event async for event in follow(runs, lambda: next(looks) > 62)]

    assert asyncio.run(collect()) == [b"data: []\n\n", b":\n\n", b":\n\n"]


def test_a_hostile_name_ends_no_event(runs):
    """A line feed in a name would begin another one."""
    folder = runs / "0004-2026-11-23-1f3c"
    folder.mkdir()
    write_progress(folder, msgspec.structs.replace(FAR, candidate="x\n\ndata: []\n\n"))

    assert b"\n" not in unfinished(runs)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """Before anything listens."""
    with pytest.raises(InputError, match=r"missing: no such folder; run pytest suites/ first"):
        serve(tmp_path / "missing", 0, print)


def test_the_command_serves_and_ends_at_ctrl_c_though_a_page_listens(runs):
    """At once, with exit code 0, and without a word of what broke off."""
    command = [sys.executable, "-m", "harness.cli", "view", "--run-dir", str(runs), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    guard = threading.Timer(MOST_S, server.kill)
    guard.start()
    try:
        line = server.stdout.readline()
        address = re.search(r"at (http://127\.0\.0\.1:\d+/) ", line)[1]
        with urllib.request.urlopen(f"{address}progress", timeout=MOST_S) as events:
            first = events.readline()
            server.send_signal(signal.SIGINT)
            rest = server.communicate(timeout=MOST_S)[0]
            with suppress(OSError):
                events.read()
    finally:
        guard.cancel()
        server.kill()
        server.wait()

    assert first == b"data: []\n"
    assert (rest, server.returncode) == ("stopped\n", 0)
