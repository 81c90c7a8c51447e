"""The page of generated rows in a real browser: decided with and without a reason, hostile text as text, a phone."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from harness.data.generated.files import read_decisions
from harness.serving.own_page import HOST, Keys
from harness.serving.server import Address, listen, server_for
from harness.teacher.desk import Desk
from harness.teacher.serve import reviewing
from tests.teacher.made import Set, clock, said

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"
MISLEADING, NAMED = f"{HOSTILE} \u202egnp", f"{HOSTILE} ⟨RLO⟩gnp"


@pytest.fixture
def made(tmp_path) -> Set:
    """Return a set of one row, whose answer is hostile."""
    made = Set(tmp_path, rows=1, seeds='instructions = ["How are seats added?"]')
    made.make(lambda request: said(request, MISLEADING))
    return made


@pytest.fixture
def keys() -> Keys:
    """Return the keys of its server."""
    return Keys()


@pytest.fixture
def link(made, keys) -> Iterator[str]:
    """Return the link to its page, served."""
    with listen(Address(host=HOST, port=0)) as listener:
        port = listener.getsockname()[1]
        server = server_for(reviewing(Desk(made.path, clock()), port, keys, lambda _text: None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://{HOST}:{port}/#{keys.link}"
        server.should_exit = server.force_exit = True
        thread.join(10)


def test_a_row_is_rejected_with_a_reason_and_a_mind_can_change(made, link, open_page, axe):
    """What the teacher wrote stays text; each decision is kept, and the page is accessible."""
    page = open_page(360, allowed=(link.partition("#")[0],))
    page.goto(link)

    expect(page.locator("#messages pre").nth(1)).to_have_text(NAMED)
    page.locator("#reject").click()
    expect(page.locator("#problem")).to_have_text("A rejection needs a reason.")
    page.locator("#reason").fill(HOSTILE)
    page.locator("#reject").click()
    expect(page.locator("#standing")).to_contain_text("stopped: 1 of 1 row rejected")
    page.locator("#accept").click()
    expect(page.locator("#standing")).to_contain_text("reviewed: 0 of 1 row rejected")

    assert [(one.verdict, one.reason) for one in read_decisions(made.path)] == [
        ("reject", HOSTILE),
        ("accept", HOSTILE),
    ]
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_new_link_of_a_server_that_was_started_again_works_in_the_same_tab(made, keys, link, browser):
    """Until then nothing is kept, which is said."""
    page = browser.new_page()
    page.goto(link)
    expect(page.locator("#messages pre").first).to_be_visible()
    keys.__init__()
    page.locator("#accept").click()
    expect(page.locator("#problem")).to_contain_text("Open its new link here.")

    page.goto(f"{link.partition('#')[0]}#{keys.link}")
    expect(page).to_have_url(link.partition("#")[0])
    page.locator("#accept").click()

    expect(page.locator("#standing")).to_contain_text("reviewed: 0 of 1 row rejected")
    page.close()
