"""What keeps the votes of a review: storage that refuses or is damaged, other tabs, a browser that crashes."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from harness.review.packets.page import packet_html
from tests.browser.conftest import BROWSERS, watching
from tests.browser.packets import REFUSES, choices, pressed, ready, saved, vote_all
from tests.review.made import ballot_on, packet_with

ELSEWHERE = "This packet is open in another tab"

NO_LOCKS = "delete Navigator.prototype.locks"


def test_a_browser_that_refuses_to_save_warns_and_offers_a_copy_at_each_step(page, written):
    """The copy holds the votes so far, and another page goes on from it."""
    packet = packet_with(3)
    page.add_init_script(REFUSES)
    ready(page, written(packet))
    expect(page.get_by_role("alert")).to_contain_text("does not save your votes")

    for voted in (1, 2):
        page.keyboard.press("2")
        with page.expect_download() as downloaded:
            page.get_by_role("button", name=f"Download your votes so far ({voted})").click()
        page.keyboard.press("ArrowRight")
    page.goto("about:blank")
    ready(page, written(packet))
    page.locator("#help").evaluate("(help) => { help.open = true; }")
    page.get_by_label("Continue from a downloaded copy").set_input_files(downloaded.value.path())

    assert choices(saved(downloaded.value, packet)) == ["b", "b"]
    expect(page.get_by_role("heading", name="Pair 3 of 3")).to_be_visible()
    expect(page.locator("#count")).to_have_text("2 of 3 voted")


@pytest.mark.parametrize("has_copy", [True, False])
def test_closing_asks_only_when_votes_would_be_lost(browser, written, has_copy):
    """Where the browser refuses to save, and no copy was downloaded since the last vote."""
    asked = []
    context = browser.new_context()
    page = context.new_page()
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
    page.add_init_script(REFUSES)
    ready(page, written(packet_with(2)))
    page.get_by_role("button", name="Tie").click()
    if has_copy:
        with page.expect_download():
            page.get_by_role("button", name="Download your votes").click()

    page.goto("about:blank")
    context.close()

    assert asked == ([] if has_copy else ["beforeunload"])


def test_a_browser_whose_storage_is_full_warns(page, written):
    """From the moment on when it is."""
    ready(page, written(packet_with(2)))
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_be_empty()

    page.evaluate("void (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); })")
    page.keyboard.press("2")

    expect(page.get_by_role("alert")).to_contain_text("does not save your votes")


@pytest.mark.parametrize(
    "copy",
    [
        b"",
        b"[]",
        b"null",
        ballot_on(packet_with(2), "ab").replace(b'"choice":"b"', b'"choice":"a"'),
        ballot_on(packet_with(2, "reviewer-2"), "ab"),
    ],
)
def test_a_copy_that_is_not_ones_own_is_not_loaded(page, written, copy):
    """Empty, foreign or edited: the votes that are there stay."""
    ready(page, written(packet_with(2)))
    page.keyboard.press("3")
    page.get_by_label("Continue from a downloaded copy").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": copy}
    )

    expect(page.locator("#loaded")).to_contain_text("Nothing was loaded")
    expect(page.locator("#count")).to_have_text("1 of 2 voted")


def wait_for_copy(page):
    """Wait until all votes are in the browser's database too."""
    expect(page.locator("html[data-saving]")).to_have_count(0)


@pytest.mark.parametrize(
    "damage", ["{", "null", "[1]", '{"votes": 3, "at": 1e9}', '{"votes": [{"pair": {}}, 7], "at": "x"}']
)
def test_damaged_storage_loses_no_vote(page, written, damage):
    """Whatever another program left there: the copy in the browser's database stands in."""
    ready(page, written(packet_with(2)))
    page.keyboard.press("1")
    wait_for_copy(page)
    page.evaluate("(text) => localStorage.setItem(`harness-review:${packet.packet}:votes`, text)", damage)

    page.reload()

    expect(page.locator("#count")).to_have_text("1 of 2 voted")


def test_what_is_damaged_everywhere_is_begun_anew(page, written):
    """Rather than not at all."""
    packet = packet_with(2)
    ready(page, written(packet))
    page.evaluate("keep = () => {}; store(':votes', '[{'); copyVotes('{]')")

    page.reload()

    expect(page.locator("#count")).to_have_text("0 of 2 voted")
    page.keyboard.press("1")
    expect(page.locator("#count")).to_have_text("1 of 2 voted")


def test_a_cut_page_says_that_it_is_damaged(page, tmp_path):
    """And does not let anybody vote."""
    file = tmp_path / "cut.html"
    file.write_text(packet_html(packet_with(2)).replace('"title":"Which', '"ti'))

    page.goto(file.as_uri())

    expect(page.get_by_text("This page is damaged")).to_be_visible()
    expect(page.get_by_role("button", name="A is better")).to_be_hidden()


def test_without_javascript_the_page_says_what_it_needs(open_page, written):
    """Instead of standing there empty."""
    page = open_page(java_script_enabled=False)
    page.goto(written(packet_with(2)))

    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()


def test_while_its_copies_are_opened_the_page_says_so(page, written):
    """And not that it lacked JavaScript."""
    page.add_init_script("IDBFactory.prototype.open = () => ({})")

    page.goto(written(packet_with(2)))

    expect(page.get_by_text("Opening the packet")).to_be_visible()


def open_second(page, address, script=""):
    """Open the same packet in a second tab, where ``script`` runs first; it must say that the first is open."""
    second = page.context.new_page()
    second.add_init_script(script)
    second.goto(address)
    expect(second.get_by_role("heading", name=ELSEWHERE)).to_be_visible()
    return second


def test_a_second_tab_warns_and_overwrites_nothing(page, written):
    """The first goes on; the second can take over, and then the first stops and overwrites nothing either."""
    address = written(packet_with(3))
    ready(page, address)
    page.keyboard.press("1")
    second = open_second(page, address)

    second.keyboard.press("4")
    page.keyboard.press("2")
    second.get_by_role("button", name="Continue in this tab").click()
    expect(page.get_by_role("heading", name=ELSEWHERE)).to_be_visible()
    page.keyboard.press("3")

    assert "B is better" in pressed(second, "[data-choice]")[0]
    second.keyboard.press("ArrowRight")
    second.keyboard.press("4")
    page.get_by_role("button", name="Continue in this tab").click()
    expect(page.locator("#count")).to_have_text("2 of 3 voted")


def test_a_second_tab_asks_the_first_where_there_are_no_locks(page, written):
    """As on plain http. The second waits as long as the first needs: no time passes in it."""
    page.context.add_init_script(NO_LOCKS)
    address = written(packet_with(3))
    ready(page, address)

    open_second(page, address, "window.setTimeout = () => 0")


LATE = """
const get = Storage.prototype.getItem;
let looks = 0;
Storage.prototype.getItem = function (name) {
  return name.endsWith(":tab") && looks++ < 3 ? null : get.call(this, name);
};
"""
"""What another tab has claimed arrives late, as a busy browser may bring it."""


def test_a_claim_that_arrives_late_is_heeded(page, written):
    """The other tab is open, so its claim is waited for."""
    address = written(packet_with(3))
    ready(page, address)

    open_second(page, address, LATE)


def test_a_tab_that_lost_the_votes_keeps_no_other_from_them(page, written):
    """The one that took them over is closed, and a third one goes on."""
    address = written(packet_with(3))
    ready(page, address)
    second = open_second(page, address)
    second.get_by_role("button", name="Continue in this tab").click()
    second.keyboard.press("1")
    expect(second.locator("#count")).to_have_text("1 of 3 voted")
    second.goto("about:blank")

    third = ready(page.context.new_page(), address)

    expect(third.locator("#count")).to_have_text("1 of 3 voted")


def test_a_tab_that_sleeps_is_there_all_the_same(page, written):
    """It hears nothing, answers nothing, and misses being taken over: before it saves it looks whose the votes are."""
    address = written(packet_with(3))
    ready(page, address)
    page.evaluate("window.removeEventListener('storage', hearTabs)")
    second = open_second(page, address)
    second.get_by_role("button", name="Continue in this tab").click()
    second.keyboard.press("1")
    expect(second.locator("#count")).to_have_text("1 of 3 voted")

    page.keyboard.press("4")

    expect(page.get_by_role("heading", name=ELSEWHERE)).to_be_visible()
    second.reload()
    expect(second.locator("[data-choice][aria-pressed=true]")).to_contain_text("A is better")


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["locks", "no-locks"])
def test_a_tab_that_was_closed_leaves_no_claim(page, written, script):
    """Nor does one that crashed: nobody holds its lock or answers for it, so the next one goes on."""
    page.add_init_script(script)
    packet = packet_with(3)
    address = written(packet)
    ready(page, address)
    page.keyboard.press("1")
    page.evaluate("localStorage.setItem(`harness-review:${packet.packet}:tab`, 'crashed')")
    page.goto("about:blank")

    ready(page, address)

    expect(page.locator("#count")).to_have_text("1 of 3 voted")


def test_votes_outlive_a_closed_browser(browser, written, tmp_path):
    """The same profile opened again: where it was, with what was voted."""
    packet = packet_with(5)
    with profile(browser, tmp_path / "profile") as page:
        ready(page, written(packet))
        vote_all(page, "142")
        page.get_by_label("Note on this pair").fill("half a no")

    with profile(browser, tmp_path / "profile") as page:
        ready(page, written(packet))

        expect(page.get_by_role("heading", name="Pair 4 of 5")).to_be_visible()
        expect(page.get_by_label("Note on this pair")).to_have_value("half a no")
        expect(page.locator("#count")).to_have_text("3 of 5 voted")


def test_votes_outlive_a_crash_of_the_whole_browser(browser, written, tmp_path):
    """Killed as soon as the page says that nothing is being written, seconds before localStorage is on the disk."""
    packet = packet_with(5)
    with suppress(Error), profile(browser, tmp_path / "profile") as page:
        ready(page, written(packet))
        vote_all(page, "142")
        expect(page.get_by_role("heading", name="Pair 4 of 5")).to_be_visible()
        wait_for_copy(page)
        kill_browser(tmp_path / "profile")

    with profile(browser, tmp_path / "profile") as page:
        ready(page, written(packet))

        expect(page.get_by_role("heading", name="Pair 4 of 5")).to_be_visible()
        expect(page.locator("#count")).to_have_text("3 of 5 voted")


def kill_browser(folder: Path) -> None:
    """End all processes of the browser on this profile at once, as a power cut would."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"--user-data-dir={folder}".encode() in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def profile(browser: Browser, folder: Path) -> Iterator[Page]:
    """Start the browser on a profile of its own, which stays on the disk."""
    kind = browser.browser_type
    with ExitStack() as stack:
        context = kind.launch_persistent_context(folder, executable_path=browser_path())
        stack.callback(context.close)
        stack.enter_context(watching(context))
        yield context.new_page()


def browser_path() -> str:
    """Return the machine's Chromium, as the fixture finds it."""
    return next(filter(None, map(shutil.which, BROWSERS)))
