"""The page of all runs in a real browser: read by everybody, filtered, from the disk and from `harness view`."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from harness.report import write_report
from harness.report.index import render_index
from harness.runs.folder import write_run
from harness.runs.listing import read_listing
from harness.runs.progress import Progress, claim, remove_progress, write_progress
from harness.serving.server import Address, listen, server_for
from harness.viewer.serve import viewing
from tests.browser.test_report import hostile
from tests.sample_run import earlier_runs, sample_run
from tests.waiting import MOST_S

FAR = Progress(
    candidate="<b>mine</b>", baseline="tiny", started="2026", step="asking", answered=3, requests=9, left_s=70.0
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with four runs, one of them hostile, one that was stopped, and one that can't be read."""
    folder = tmp_path_factory.mktemp("runs")
    last = sample_run()
    for run in (*earlier_runs(), last.run, msgspec.structs.replace(hostile().run, id="0004-2026-11-23-1f3c")):
        (folder / run.id).mkdir()
        sample = last if run is last.run else None
        write_run(folder / run.id, run, sample.answers if sample else (), sample.judgements if sample else ())
    write_report(folder / last.run.id)
    (folder / "0005-2026-11-23-1f3c").mkdir()
    write_progress(folder / "0005-2026-11-23-1f3c", FAR)
    (folder / "0006-2026-11-23-1f3c").mkdir()
    (folder / "0006-2026-11-23-1f3c" / "run.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def address(runs: Path) -> str:
    """Return the address of the page on the disk."""
    (runs / "index.html").write_text(render_index(read_listing(runs), "2026-11-23T00:00:00+00:00"), encoding="utf-8")
    return (runs / "index.html").as_uri()


@pytest.fixture
def served(runs: Path) -> Iterator[str]:
    """Return the address of `harness view` on these runs."""
    with listen(Address(host="127.0.0.1", port=0)) as listener:
        port = listener.getsockname()[1]
        server = server_for(viewing(runs, port, lambda: server.should_exit))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(MOST_S)


def rows(page: Page) -> Locator:
    """Return the runs that the filter leaves."""
    return page.locator(".runs tbody tr:not([hidden])")


def control(page: Page, name: str) -> Locator:
    """Return a control of the filter."""
    return page.locator(f"#filter [name={name}]")


def test_the_page_meets_wcag_aa_in_light_and_dark(page, axe, address):
    """With everything unfolded."""
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    axe(page)


def test_a_narrow_screen_needs_no_sideways_scrolling(phone, axe, address):
    """Nothing but tables scrolls sideways."""
    phone.goto(address)

    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    axe(phone)


def test_without_javascript_everything_is_there(open_page, address):
    """All runs and gates, and no dead control."""
    page = open_page(java_script_enabled=False)
    page.goto(address)

    expect(page.locator("#filter")).to_be_hidden()
    expect(rows(page)).to_have_count(4)
    expect(page.locator(".gates svg").first).to_be_visible()
    expect(page.locator("#unfinished li")).to_contain_text("stopped")
    expect(page.locator("#left-out tbody tr")).to_contain_text("0006-2026-11-23-1f3c")


def test_filters_leave_the_runs_and_the_marks_that_fit(page, address):
    """By candidate and outcome; how a gate's runs ended is counted anew, and clearing shows all again."""
    page.goto(address)
    total = page.locator("use[data-run]:not([hidden])").count()
    said = page.locator(".outcomes").first
    everything = said.inner_text()

    control(page, "adapter").select_option(label="triage-1")

    expect(rows(page)).to_have_count(1)
    expect(page.locator("output")).to_have_text("1 of 4 runs")
    assert 0 < page.locator("use[data-run]:not([hidden])").count() < total
    expect(said).to_contain_text("marks shown: ")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("output")).to_have_text("4 of 4 runs")
    assert page.locator("use[data-run]:not([hidden])").count() == total
    expect(said).to_have_text(everything)


def test_a_tag_leaves_the_gates_that_have_cases_with_it(page, address):
    """Of a slice, that slice and the wholes; a suite leaves its own section."""
    page.goto(address)
    control(page, "tag").select_option(label="language-de")
    names = page.locator(".gates tbody tr:not([hidden]) th[scope=row]").all_text_contents()

    assert any("on language-de" in name for name in names)
    assert not any("on language-fr" in name for name in names)
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name="Clear").click()
    control(page, "suite").select_option(index=1)
    expect(page.locator(".suite:not([hidden])")).to_have_count(1)


def test_a_mark_names_its_run_and_leads_to_its_report(page, address):
    """As the links beside it do, which need no mouse."""
    page.goto(address)
    row = page.locator(".runs tbody tr", has=page.locator("th a"))
    mark = page.locator(f".gates tbody tr:not([hidden]) use[data-run='{row.get_attribute('data-run')}']").first

    mark.hover()

    assert mark.text_content().startswith("run 3, triage")
    mark.click()
    page.wait_for_url("**/0003-*/report.html")


def test_a_served_report_works_in_its_sandbox(open_page, served, runs):
    """Filter, keys and links; its script belongs to no site."""
    page = open_page(allowed=(served,))
    page.goto(served)
    page.locator(".runs th a").click()
    page.wait_for_url("**/report.html")
    page.locator("#filter [name=fate]").select_option("won")
    page.locator("h1").click()

    page.keyboard.press("j")

    assert page.evaluate("document.activeElement.className") == "pair"
    assert page.evaluate("self.origin") == "null"
    page.go_back()
    expect(rows(page)).to_have_count(4)


def test_a_run_that_is_under_way_is_followed_and_said_to_have_ended(open_page, served, runs):
    """How far it is changes on the page that is open; hostile names stay text."""
    page = open_page(allowed=(served,))
    folder = runs / "0007-2026-11-23-1f3c"
    folder.mkdir()
    page.goto(served)
    with closing(claim(folder)):
        write_progress(folder, FAR)
        item = page.locator("#unfinished li[data-run='0007-2026-11-23-1f3c']")
        expect(item).to_contain_text("Run 7: <b>mine</b> against tiny under way3 of 9 requests answered, 1:10 left")
        write_progress(folder, msgspec.structs.replace(FAR, answered=5, left_s=None))
        expect(item).to_contain_text("5 of 9 requests answered")
        expect(item.locator("progress")).to_have_js_property("value", 5)
        write_run(folder, msgspec.structs.replace(sample_run().run, id=folder.name), (), ())
        remove_progress(folder)

    expect(item).to_have_count(0)
    expect(page.get_by_role("status").first).to_contain_text("A run has ended")
    page.get_by_role("link", name="load this page again").click()
    expect(rows(page)).to_have_count(5)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_a_run_that_was_killed_is_shown_as_stopped(open_page, served, runs):
    """Without loading the page again."""
    page = open_page(allowed=(served,))
    folder = runs / "0008-2026-11-23-1f3c"
    folder.mkdir()
    write_progress(folder, FAR)
    state = page.locator("#unfinished li[data-run='0008-2026-11-23-1f3c'] .state")
    with closing(claim(folder)):
        page.goto(served)
        expect(state).to_have_text("under way")

    expect(state).to_have_text("stopped")
    remove_progress(folder)
    folder.rmdir()
