"""The page of a review from its server: votes reach it, also after it was away."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from harness.review.packets.page import packet_html
from harness.review.packets.records import Ballot
from harness.review.votes.ballots import check_ballot, read_ballot
from harness.review.votes.seats import Desk, open_desks
from harness.review.votes.serve import reviewing
from harness.serving.workers import turns
from tests.browser.packets import REFUSES, choices, ready, vote_all
from tests.review.made import packet_with

# ---- Served ----


class Served:
    """A real server on a folder of packets, to be stopped and started again on the same port."""

    def __init__(self, folder: Path, places: IO[bytes]) -> None:
        self.desks: tuple[Desk, ...] = open_desks(folder)
        self.places = places
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve from a thread."""
        app = reviewing(self.desks, print, self.places)
        config = uvicorn.Config(
            app, port=self.port, interface="asgi3", ws="none", lifespan="off", log_config=None, access_log=False
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            threading.Event().wait(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(10)

    @property
    def origin(self) -> str:
        """The beginning of each address."""
        return f"http://127.0.0.1:{self.port}/"

    def link(self, number: int = 0) -> str:
        """Return one reviewer's link."""
        return f"{self.origin}#{self.desks[number].token}"

    def ballot(self, number: int = 0) -> Ballot:
        """Return what is saved of one reviewer."""
        desk = self.desks[number]
        found = read_ballot(desk.ballot.read_bytes(), "saved")
        check_ballot(found, desk.packet, "saved")
        return found


@pytest.fixture
def served(tmp_path):
    """Return a server with the packets of two reviewers."""
    for name in ("reviewer-1", "reviewer-2"):
        (tmp_path / f"{name}.html").write_text(packet_html(packet_with(4, name)))
    with turns() as places:
        server = Served(tmp_path, places)
        yield server
        server.stop()


@pytest.fixture
def visitor(open_page, served) -> Callable[[], Page]:
    """Return ``visitor()``: a page in a browser of its own that may ask this server and nothing else."""
    return lambda: open_page(allowed=(served.origin,))


def settled(page: Page) -> None:
    """Wait until the server has all votes."""
    page.wait_for_function("() => isSent() && !sending")


def test_votes_reach_the_server_as_they_are_cast(visitor, served):
    """And another browser goes on from there, to the end."""
    page = visitor()
    ready(page, served.link())
    vote_all(page, "12")
    settled(page)
    assert choices(served.ballot()) == ["a", "b"]
    assert not served.ballot().finished

    other = visitor()
    ready(other, served.link())
    expect(other.locator("#count")).to_have_text("2 of 4 voted")
    other.get_by_label("Go to pair").select_option("2")
    vote_all(other, "34")
    other.get_by_role("button", name="Finish").click()

    expect(other.get_by_text("Your ballot is on the server.")).to_be_visible()
    assert choices(served.ballot()) == ["a", "b", "tie", "bad"]
    assert served.ballot().finished


def test_each_link_opens_its_own_packet(visitor, served):
    """Two reviewers in one browser don't mix, and the token is in no address that is asked."""
    page = visitor()
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer"))))
    ready(page, served.link(0))
    page.keyboard.press("1")
    settled(page)
    ready(page, served.link(1))
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    settled(page)

    assert choices(served.ballot(0)) == ["a"]
    assert choices(served.ballot(1)) == ["b"]
    assert not [
        one for one in asked if any(desk.token in f"{one[0].partition('#')[0]} {one[1]}" for desk in served.desks)
    ]


@pytest.mark.parametrize(
    ("link", "said"), [("", "last part of your link is missing"), ("#wrong", "not valid"), ("#<b>", "is missing")]
)
def test_a_wrong_link_is_told_in_words(open_page, browser, served, link, said):
    """The page shows what to do, and no packet."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served.origin}{link}")

    expect(page.locator("#message-text")).to_contain_text(said)
    expect(page.get_by_role("button", name="A is better")).to_be_hidden()
    context.close()


def test_without_the_server_voting_goes_on_and_catches_up(browser, served):
    """The page says so; when the server is back, it gets what it missed, without anybody's help."""
    context = browser.new_context()
    page = context.new_page()
    ready(page, served.link())
    page.keyboard.press("1")
    settled(page)

    served.stop()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer. Your votes are kept in this browser")
    served.start()
    page.evaluate("send()")
    settled(page)

    expect(page.get_by_role("alert")).to_be_empty()
    assert choices(served.ballot()) == ["a", "b"]
    context.close()


def test_two_windows_on_one_link_lose_no_vote(browser, served):
    """Each has votes that the other has not seen: both arrive."""
    contexts = [browser.new_context() for _ in range(2)]
    one, other = (context.new_page() for context in contexts)
    ready(one, served.link())
    ready(other, served.link())
    one.keyboard.press("1")
    settled(one)

    other.keyboard.press("ArrowRight")
    other.keyboard.press("4")
    settled(other)

    assert choices(served.ballot()) == ["a", "bad"]
    expect(other.get_by_role("alert")).to_contain_text("Votes that you cast elsewhere were added")
    for context in contexts:
        context.close()


def test_where_storage_is_refused_the_server_still_has_the_votes(visitor, served):
    """So the warning is a mild one, and a reload loses nothing."""
    page = visitor()
    page.add_init_script(REFUSES)
    ready(page, served.link())
    page.keyboard.press("3")
    settled(page)
    expect(page.get_by_role("alert")).to_contain_text("they are only on the server")

    page.reload()

    expect(page.locator("#count")).to_have_text("1 of 4 voted")
