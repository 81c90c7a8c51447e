"""The page of cases in a real browser: filter, change, save, and what happens when the file changed meanwhile."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harness.asking.cases import load_cases
from harness.cases.edit import HOST, Keys, editing
from harness.serving.server import Address, listen, server_for

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"


def line(number: int, text: str, **rest: object) -> str:
    """Return a case as a line."""
    return json.dumps({"id": f"case-{number}", "messages": [{"role": "user", "content": text}], **rest}) + "\n"


class Served:
    """A case file on a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cases.jsonl"
        lines = [line(n, f"Question {n}", expected=f"answer {n}", tags=[f"half-{n % 2}"]) for n in range(300)]
        lines[1] = line(1, HOSTILE, expected={"big": 12345678901234567890, "html": HOSTILE}, tags=[HOSTILE])
        passages = [{"id": "evil \u202edi", "text": "the file is \u202egnp.exe"}]
        lines[2] = line(2, "Windows\r\nline", group="g", meta={"from": "mail", "context": passages})
        self.path.write_text("".join(lines))
        self.keys = Keys()
        self.listener = listen(Address(host=HOST, port=0))
        port = self.listener.getsockname()[1]
        self.origin = f"http://{HOST}:{port}/"
        self.server = server_for(editing(self.path, port, self.keys, lambda _text: None))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.thread.start()

    def open(self, page: Page) -> Page:
        """Open the page by the next link."""
        page.goto(f"{self.origin}#{self.keys.link}")
        expect(page.locator("#names button").first).to_be_visible()
        return page

    def replace(self, old: str, new: str) -> None:
        """Change the file as an editor does."""
        self.path.write_text(self.path.read_text().replace(old, new))

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(10)
        self.listener.close()


@pytest.fixture
def served(tmp_path) -> Iterator[Served]:
    """Return a file with 300 cases, served."""
    made = Served(tmp_path)
    yield made
    made.stop()


def choose(page: Page, name: str) -> None:
    """Open a case of the list."""
    page.locator(f'#names button[data-id="{name}"]').click()
    expect(page.locator("#id")).to_have_text(name)


def saved(page: Page) -> None:
    """Save, and wait until it is."""
    page.locator("#save").click()
    expect(page.locator("#state")).to_have_text("all saved")


def test_a_case_is_found_tagged_and_corrected(served, open_page):
    """By its text; a tag of other cases takes a click; what is saved is in the file at once."""
    page = served.open(open_page(allowed=(served.origin,)))
    assert page.url == served.origin  # the token is gone from the address

    page.locator("#text").fill("question 299")
    expect(page.locator("#count")).to_have_text("1 of 300 cases")
    choose(page, "case-299")
    page.locator("#known button", has_text="half-0").click()
    page.locator("#expected").fill('{"queue": "billing"}')
    page.locator("#kind").select_option("json")
    page.locator("#group").fill("refunds")
    page.locator("#turn-0").fill("Question, corrected")
    saved(page)

    case = load_cases(served.path)[299]
    assert (case.expected, case.tags, case.group) == ({"queue": "billing"}, ("half-1", "half-0"), "refunds")
    assert case.messages[0].text == "Question, corrected"


def test_hostile_text_is_shown_as_text_and_saved_as_it_was(served, open_page):
    """Nothing runs; a number that a browser would round stays."""
    page = served.open(open_page(allowed=(served.origin,)))
    choose(page, "case-1")

    page.locator("#group").fill("g")
    expect(page.locator("#names b").nth(1)).to_have_class("unsaved")
    saved(page)

    case = load_cases(served.path)[1]
    assert (case.messages[0].text, case.tags, case.group) == (HOSTILE, (HOSTILE,), "g")
    assert "12345678901234567890" in served.path.read_text()
    assert not page.locator("main img, main script").count()


def test_looking_at_a_case_changes_nothing(served, open_page):
    """Also where a line ends as on Windows, which a text field doesn't keep; a later change keeps it too.

    What would mislead in a passage is named.
    """
    page = served.open(open_page(allowed=(served.origin,)))
    before = served.path.read_bytes()

    choose(page, "case-2")
    page.locator("#documents summary").click()
    expect(page.locator("#passages")).to_have_text("evil ⟨RLO⟩dithe file is ⟨RLO⟩gnp.exe")
    expect(page.locator("#save")).to_be_disabled()
    page.locator("#tags").fill("new")
    saved(page)

    assert load_cases(served.path)[2].messages[0].text == "Windows\r\nline"
    assert served.path.read_bytes().splitlines()[3:] == before.splitlines()[3:]


def test_what_is_not_saved_is_kept_while_other_cases_are_read(served, open_page):
    """And named in the list; Undo takes the file's again."""
    page = served.open(open_page(allowed=(served.origin,)))
    page.locator("#turn-0").fill("mine")

    page.locator("#next").click()
    expect(page.locator("#state")).to_have_text("1 not saved")
    page.locator("#back").click()
    expect(page.locator("#turn-0")).to_have_value("mine")
    page.locator("#undo").click()

    expect(page.locator("#turn-0")).to_have_value("Question 0")
    expect(page.locator("#state")).to_have_text("all saved")


def test_a_change_of_others_is_shown_and_neither_is_lost(served, browser):
    """Mine stays on the page until I choose; theirs stays in the file until then."""
    with browser.new_context() as context:  # its console tells of the refusal
        page = served.open(context.new_page())
        page.locator("#turn-0").fill("mine")
        served.replace('"Question 0"', '"theirs"')

        page.locator("#save").click()
        expect(page.locator("#theirs")).to_contain_text("user: theirs")
        expect(page.locator("#turn-0")).to_have_value("mine")
        assert load_cases(served.path)[0].messages[0].text == "theirs"
        page.locator("#keep").click()
        expect(page.locator("#state")).to_have_text("all saved")

        assert load_cases(served.path)[0].messages[0].text == "mine"
        assert page.locator("#conflict").is_hidden()


def test_a_draft_does_not_overwrite_what_the_page_read_later(served, browser):
    """Taking the file's version of one case reads them all; a draft of another case began before that."""
    with browser.new_context() as context:
        page = served.open(context.new_page())
        page.locator("#turn-0").fill("mine, first")
        choose(page, "case-3")
        page.locator("#turn-0").fill("mine, fourth")
        served.replace('"Question 0"', '"theirs"')
        served.replace('"Question 3"', '"theirs too"')
        page.locator("#save").click()
        page.locator("#take").click()
        expect(page.locator("#turn-0")).to_have_value("theirs too")

        choose(page, "case-0")
        expect(page.locator("#turn-0")).to_have_value("mine, first")
        expect(page.locator("#conflict")).to_be_hidden()
        page.locator("#save").click()

        expect(page.locator("#conflict")).to_be_visible()
        expect(page.locator("#theirs")).not_to_contain_text("theirs too")
        assert load_cases(served.path)[0].messages[0].text == "theirs"


def test_a_wrong_change_says_what_is_wrong(served, browser):
    """And stays on the page."""
    with browser.new_context() as context:
        page = served.open(context.new_page())
        page.locator("#kind").select_option("json")
        page.locator("#expected").fill("{")

        page.locator("#save").click()

        expect(page.locator("#problem")).to_contain_text("the expected answer is not JSON")
        expect(page.locator("#expected")).to_have_value("{")


def test_a_link_works_once_and_the_tab_can_be_loaded_again(served, browser):
    """A second tab with the same link sees nothing, and is told why."""
    with browser.new_context() as context:
        first, second = context.new_page(), context.new_page()
        link = f"{served.origin}#{served.keys.link}"
        first.goto(link)
        expect(first.locator("#count")).to_have_text("300 of 300 cases")
        first.reload()
        expect(first.locator("#count")).to_have_text("300 of 300 cases")

        second.goto(link)

        expect(second.locator("#message")).to_contain_text("This link was used already")
        expect(second.locator("#main")).to_be_hidden()


def test_the_page_is_accessible_and_fits_a_phone(served, open_page, axe):
    """In light and dark, 1280 and 360 px wide, and nothing is cut at the side."""
    for width in (1280, 360):
        page = served.open(open_page(width, allowed=(served.origin,)))
        choose(page, "case-1")
        page.locator("#tags").fill("one, two")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
