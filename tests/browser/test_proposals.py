"""The page of proposals in a real browser: decided by keys, hostile text, nothing lost when the server is gone."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harness.feedback.desk import open_desk, places_of
from harness.feedback.files import read_decisions
from harness.feedback.serve import deciding
from harness.serving.server import Address, listen, server_for
from tests.feedback.made import THEN, proposal, proposals_in, suite_in

HOST = "127.0.0.1"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"


class Served:
    """Proposals on a server of their own, which can be stopped and started again at the same port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, with new links."""
        desk = open_desk(self.path, lambda: THEN)
        self.listener = listen(Address(host=HOST, port=self.port))
        self.port = self.listener.getsockname()[1]
        self.origin = f"http://{HOST}:{self.port}/"
        places = places_of(desk.proposals().values())
        self.places = {one.seat: one.token for one in places}
        self.server = server_for(deciding(desk, places, lambda _text: None))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.thread.start()

    def open(self, page: Page, seat: str = "first") -> Page:
        """Open a seat's page."""
        page.goto(f"{self.origin}#{self.places[seat]}")
        expect(page.locator("#title")).to_be_visible()
        return page

    def stop(self) -> None:
        """End it at once."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(10)
        self.listener.close()


@pytest.fixture
def serve(tmp_path, monkeypatch) -> Iterator:
    """Return a function that serves proposals, each decided by so many reviewers."""
    monkeypatch.chdir(tmp_path)
    suite_in(tmp_path)
    made = []

    def start(reviewers: int = 1) -> Served:
        some = [
            proposal("p1", "Where does my refund go when the card has expired?", reviewers=reviewers),
            proposal("p2", HOSTILE, answer=HOSTILE, told=(HOSTILE,), comment="\u202egnp.exe", reviewers=reviewers),
            proposal("p3", "Can two people share one subscription?", expected="account", reviewers=reviewers),
        ]
        made.append(Served(proposals_in(tmp_path, *some)))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def test_proposals_are_decided_by_keys(serve, open_page):
    """E writes, Ctrl and Enter keeps, D drops, K keeps; each is on the disk, and the next open one is shown."""
    served = serve()
    page = served.open(open_page(allowed=(served.origin,)))
    expect(page.locator("#id")).to_have_text("failure p1")
    assert page.url == served.origin  # the token is gone from the address

    page.keyboard.press("e")
    page.keyboard.type("kd")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#id")).to_have_text("failure p2")
    page.keyboard.press("d")
    expect(page.locator("#id")).to_have_text("failure p3")
    page.keyboard.press("k")
    expect(page.locator("#state")).to_have_text("all decided")

    said = [(one.proposal, one.kind, one.expected) for one in read_decisions(served.path)]
    assert said == [("p1", "correct", "kd"), ("p2", "drop", None), ("p3", "keep", "account")]


def test_letters_are_keys_only_where_wanted(serve, open_page):
    """And never while somebody writes."""
    served = serve()
    page = served.open(open_page(allowed=(served.origin,)))

    page.locator("#note").fill("")
    page.locator("#note").press_sequentially("dk")
    page.locator("#keys summary").click()
    page.locator("#letters").uncheck()
    page.keyboard.press("d")
    page.locator("#next").click()

    expect(page.locator("#state")).to_have_text("3 not decided")
    page.locator("#back").click()
    expect(page.locator("#note")).to_have_value("dk")


def test_what_was_written_is_there_again_when_the_server_was_killed(serve, browser):
    """A decision that is not saved says so; the new link, in the same tab, has the draft."""
    served = serve()
    with browser.new_context() as context:  # its console tells of the refusals
        page = served.open(context.new_page())
        page.locator("#kind").select_option("text")
        page.locator("#expected").fill("refund")
        served.stop()
        page.locator("#keep").click()
        expect(page.locator("#problem")).to_contain_text("this decision is not saved")

        served.start()
        served.open(page)
        expect(page.locator("#expected")).to_have_value("refund")
        page.locator("#keep").click()
        expect(page.locator("#id")).to_have_text("failure p2")

        assert read_decisions(served.path)[0].expected == "refund"


def test_two_reviewers_see_each_other_when_both_decided(serve, open_page):
    """And a third person the disagreement alone."""
    served = serve(reviewers=2)
    for seat, key in (("first", "d"), ("second", "k")):
        page = served.open(open_page(allowed=(served.origin,)), seat)
        page.locator('#names button[data-id="p3"]').click()
        expect(page.locator("#others")).to_be_empty()
        page.keyboard.press(key)
        expect(page.locator("#state")).to_have_text("2 not decided")
    page.locator('#names button[data-id="p3"]').click()
    expect(page.locator("#others b")).to_have_text("first reviewer: drop")
    expect(page.locator("#drop")).to_be_disabled()

    page = served.open(open_page(allowed=(served.origin,)), "third")
    expect(page.locator("#names button")).to_have_count(1)
    page.keyboard.press("d")
    expect(page.locator("#state")).to_have_text("all decided")


def test_the_page_is_accessible_fits_a_phone_and_runs_no_foreign_text(serve, open_page, axe):
    """In light and dark, 1280 and 360 px wide."""
    served = serve()
    for width in (1280, 360):
        page = served.open(open_page(width, allowed=(served.origin,)))
        page.locator('#names button[data-id="p2"]').click()
        expect(page.locator("#answer")).to_have_text(HOSTILE)
        expect(page.locator("#comment")).to_have_text("⟨RLO⟩gnp.exe")
        page.locator("#keys summary").click()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not page.locator("main img, main script").count()
