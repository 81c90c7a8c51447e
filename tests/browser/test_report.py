"""The report in a real browser: it reads well to everyone, filters and steps through cases, and lets no answer run."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.scored import Score
from harness.report import render
from tests.judged_runs import shown_verdicts
from tests.sample_run import SampleRun, ask, large_run, sample_run

HIDDEN_ANSWERS = (
    "</script><script>alert(1)</script>",
    "<img src=https://evil.example/x.png onerror=alert(2)>",
    "<svg onload=alert(3)><a href='javascript:alert(4)'>x</a></svg>",
    "</style><style>body{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "</details></li></ol><form action=https://evil.example/><button>go</button>",
    "\u202etxt.exe\u2066 \u200b\x00\x1b[31m",
    "lone \ud800 surrogate",
    "[x](javascript:alert(5))",
    "one line " + "y" * 1_000_000,
)


def only(outcome: str) -> SampleRun:
    """Return the invented run with the verdicts of one outcome alone."""
    sample = sample_run()
    kept = tuple(one for one in sample.run.verdicts if one.outcome == outcome and not one.gate.advisory)
    nothing = {"verdicts": kept, "measures": (), "pinned": (), "broken": (), "unmeasured": ()}
    return msgspec.structs.replace(sample, run=msgspec.structs.replace(sample.run, **nothing))


def empty() -> SampleRun:
    """Return a run in which nothing was gated."""
    return SampleRun(run=only("nothing").run, answers=(), judgements=())


def many_gates() -> SampleRun:
    """Return a run with sixty gates, and long names of tests and scorers."""
    one = sample_run().run.verdicts[0]
    named = [
        msgspec.structs.replace(one, test_id=f"suites/a/test_a.py::test_{'of_many_words_' * 5}{place}")
        for place in range(60)
    ]
    return SampleRun(run=msgspec.structs.replace(empty().run, verdicts=tuple(named)), answers=(), judgements=())


def hostile() -> SampleRun:
    """Return a run with every kind of attack in answers, questions, ids, tags and reasons: in full and in short."""
    texts = [HIDDEN_ANSWERS[index % len(HIDDEN_ANSWERS)] for index in range(260)]
    written = [text.encode(errors="replace").decode() for text in texts]
    cases = [
        Case(
            id=f"{text[:50]}-{index}", messages=(Message(role="user", content=text[:5_000]),), tags=(text[:60], "plain")
        )
        for index, text in enumerate(written)
    ]
    asked = ask(
        cases,
        "s(</script><script>alert(6)</script>)",
        lambda side, index, _repeat: side if side == "baseline" else texts[index],
        lambda _case, text: Score(
            value=float(text == "baseline"), reason=text[:99], category=text[:40] * (text != "baseline")
        ),
    )
    each = msgspec.structs.replace(sample_run().run.verdicts[0], comparison=asked.comparison)
    run = msgspec.structs.replace(empty().run, verdicts=(each,))
    return SampleRun(run=run, answers=asked.answers, judgements=asked.judgements)


def judges() -> SampleRun:
    """Return a run whose gates are by judges: a trusted one, an unchecked one, and one that counts without trust."""
    return SampleRun(run=msgspec.structs.replace(empty().run, verdicts=shown_verdicts()), answers=(), judgements=())


RUNS: dict[str, Callable[[], SampleRun]] = {
    "judges": judges,
    "failed": sample_run,
    "passed": partial(only, "passed"),
    "inconclusive": partial(only, "inconclusive"),
    "empty": empty,
    "hostile": hostile,
}
PRINTED = {"many gates": many_gates}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return the address of a report by the name of its run, written once."""
    folder, known = tmp_path_factory.mktemp("reports"), dict[str, Path]()

    def write(name: str) -> str:
        if name not in known:
            sample = (RUNS | PRINTED)[name]()
            known[name] = folder / f"{name}.html"
            html = render(sample.run, sample.answers, sample.judgements)
            known[name].write_bytes(html.encode(errors="replace"))
        return known[name].as_uri()

    return write


def shown_cases(page: Page) -> Locator:
    """Return the cases that the filter leaves."""
    return page.locator(".group .pair:not([hidden]), .group .short > li:not([hidden])")


def control(page: Page, name: str) -> Locator:
    """Return a control of the filter."""
    return page.locator(f"#filter [name={name}]")


def open_all(page: Page) -> None:
    """Open every part that can be folded, and lay out also what is off the screen."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(
        "document.querySelectorAll('.pair, .short > li').forEach((one) => { one.style.contentVisibility = 'visible'; })"
    )


# Everyone can read it


@pytest.mark.parametrize("name", RUNS)
def test_report_meets_wcag_aa_in_light_and_dark(page, axe, written, name):
    """Contrast, landmarks, names, headers, order of headings; with everything unfolded."""
    page.goto(written(name))
    open_all(page)

    axe(page)


def test_help_meets_wcag_aa(page, axe, written):
    """The dialog too."""
    page.goto(written("failed"))
    page.keyboard.press("?")

    axe(page)


def test_narrow_screen_needs_no_sideways_scrolling(phone, axe, written):
    """At 360 px the stacked plot stands in place of the wide one, and nothing but tables scrolls sideways."""
    phone.goto(written("failed"))
    open_all(phone)

    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    expect(phone.locator(".for-narrow").first).to_be_visible()
    expect(phone.locator(".for-wide").first).to_be_hidden()
    axe(phone)


def test_plot_follows_the_colours_of_the_page(page, written):
    """Light on dark and dark on light, by the page's own variables."""
    page.goto(written("failed"))
    label = page.locator(".for-wide text", has_text="Tickets reach the right queue").first
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(label.evaluate("(one) => getComputedStyle(one).fill"))

    assert colours == ["rgb(28, 30, 33)", "rgb(232, 230, 225)"]


def test_without_javascript_everything_is_there(open_page, written):
    """Lost cases stand open, the rest unfolds, links lead to cases, and no dead control is shown."""
    page = open_page(java_script_enabled=False)
    page.goto(written("failed"))
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator("#gate-1-lost .pair").first).to_be_visible()
    expect(page.locator("#gate-1-won .pair").first).to_be_hidden()

    # No click: it aims at a place, and what is scrolled into view is drawn only then, which may move the place.
    page.locator("#gate-1-won > summary").press("Enter")

    expect(page.locator("#gate-1-won .pair").first).to_be_visible()
    expect(page.locator(".for-wide svg").first).to_be_visible()


def test_print_shows_what_is_folded_on_white_without_controls(open_page, written):
    """Also when the reader's screen is dark."""
    page = open_page(color_scheme="dark")
    page.goto(written("failed"))
    page.emulate_media(media="print")

    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator("#gate-1-won .pair").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 50_000


# Filter, keys, links


def test_filter_by_gate_and_outcome(page, written):
    """Only the wanted cases are left, their groups unfold, the others' sections go, and the count is told."""
    page.goto(written("failed"))
    total = shown_cases(page).count()

    control(page, "gate").select_option("gate-1")
    control(page, "fate").select_option("won")

    assert shown_cases(page).count() == 10
    expect(page.locator("output")).to_have_text(f"10 of {total} cases on this page")
    expect(page.locator("#gate-1-won .pair").first).to_be_visible()
    expect(page.locator("#gate-1-lost")).to_be_hidden()
    expect(page.locator("#gate-2")).to_be_hidden()


def test_filter_by_tag_category_and_words(page, written):
    """Each narrows what the others leave; words may stand anywhere in a case, in any order and case."""
    page.goto(written("failed"))

    control(page, "tag").select_option("sarcasm")
    tagged = shown_cases(page).count()
    control(page, "category").select_option("wrong field")
    named = shown_cases(page).count()
    control(page, "text").fill("LOGIN bug-036")

    assert tagged > named > 1
    assert shown_cases(page).count() == 1
    expect(shown_cases(page)).to_contain_text("bug-036")


def test_a_number_in_the_table_of_moves_shows_its_cases(page, written):
    """As many as it says, from the table of the run and from that of a gate; clearing the filter shows all again."""
    page.goto(written("failed"))
    total = shown_cases(page).count()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    numbers = page.locator(".moves a").all()

    numbers[0].click()
    expect(page.locator("output")).to_have_text(f"{numbers[0].inner_text()} of {total} cases on this page")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("output")).to_have_text(f"{total} of {total} cases on this page")
    for number in numbers:
        number.press("Enter")  # a long page can still move under the mouse after all cases are back
        expect(page.locator("output")).to_have_text(f"{number.inner_text()} of {total} cases on this page")
        assert shown_cases(page).count() == int(number.inner_text())
        expect(control(page, "moved")).to_be_visible()
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("output")).to_have_text(f"{total} of {total} cases on this page")

    assert len(numbers) > 10


def test_a_link_to_a_part_that_the_filter_hides_clears_the_filter(page, written):
    """As a number in the table of moves is one, where the page doesn't have all of its cases."""
    page.goto(written("failed"))
    control(page, "text").fill("nothing has this")
    expect(page.locator("#gate-1-lost")).to_be_hidden()

    page.evaluate("location.hash = 'gate-1-lost'")

    expect(page.locator("#gate-1-lost .pair").first).to_be_visible()


def test_clearing_the_filter_folds_what_was_folded(page, written):
    """As if it had never been set."""
    page.goto(written("failed"))
    total = shown_cases(page).count()
    control(page, "text").fill("nothing has this")
    expect(page.locator("output")).to_have_text(f"0 of {total} cases on this page")

    page.get_by_role("button", name="Clear").click()

    expect(page.locator("output")).to_have_text(f"{total} of {total} cases on this page")
    expect(page.locator("#gate-1-lost .pair").first).to_be_visible()
    expect(page.locator("#gate-1-won .pair").first).to_be_hidden()


def test_keys_step_through_the_cases_that_are_left(page, written):
    """J goes on, k back; the focus and the address go with it, and folded groups open."""
    page.goto(written("failed"))
    control(page, "fate").select_option("won")
    page.locator("h1").click()
    ids = shown_cases(page).evaluate_all("(all) => all.map((one) => one.id)")

    seen = []
    for key in ("j", "j", "k", "k"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.id"))

    assert seen == [ids[0], ids[1], ids[0], ids[0]]
    assert page.url.endswith(f"#{ids[0]}")
    expect(page.locator(f"#{ids[0]}")).to_be_in_viewport()


def test_keys_can_be_looked_up_and_switched_off(page, written):
    """A visible button and "?" open the list; single keys do nothing once they are off, nor while one types."""
    page.goto(written("failed"))
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("single keys are on").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("j")

    assert "#" not in page.url
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_letters_typed_into_the_filter_are_no_keys(page, written):
    """The slash leads into the field, and there j is a letter."""
    page.goto(written("failed"))
    page.keyboard.press("/")
    page.keyboard.type("jk?c")

    expect(control(page, "text")).to_have_value("jk?c")
    assert "#" not in page.url


def test_link_to_a_folded_case_opens_it(page, written):
    """A link that a colleague sent leads to the case, though its group is folded."""
    page.goto(written("failed"))
    anchor = page.locator("#gate-1-won .pair").nth(4).get_attribute("id")
    page.goto("about:blank")

    page.goto(f"{written('failed')}#{anchor}")

    expect(page.locator(f"#{anchor}")).to_be_in_viewport()
    expect(page.locator("#gate-1-won")).to_have_attribute("open", "")


def test_name_of_a_case_is_a_link_to_it(page, written):
    """Following it puts the case into the address bar."""
    page.goto(written("failed"))
    case = page.locator("#gate-1-lost .pair").nth(2)

    case.get_by_role("link").click()

    assert page.url.endswith(f"#{case.get_attribute('id')}")


def test_link_to_a_filtered_case_clears_the_filter(page, written):
    """What a link names is shown."""
    page.goto(written("failed"))
    anchor = page.locator("#gate-1-lost .pair").nth(2).get_attribute("id")
    control(page, "fate").select_option("won")

    page.evaluate("(name) => { location.hash = name; }", anchor)

    expect(page.locator(f"#{anchor}")).to_be_in_viewport()


def test_link_to_a_case_in_a_closed_part_opens_it(page, written):
    """Also where its part of the page was closed, and the address came from elsewhere."""
    page.goto(written("failed"))
    anchor = page.locator("#gate-1-won .pair").nth(4).get_attribute("id")
    page.locator("#evidence > .part > summary").press("Enter")
    expect(page.locator(f"#{anchor}")).to_be_hidden()

    page.evaluate("(name) => { location.hash = name; }", anchor)

    expect(page.locator(f"#{anchor}")).to_be_in_viewport()


@pytest.mark.parametrize("fragment", ["case-000000000000", "case-%E0%A4%A"])
def test_link_to_a_case_that_is_not_on_the_page_says_so(page, written, fragment):
    """As one from a comment on another run; an address that can't be read leads nowhere."""
    page.goto(f"{written('failed')}#{fragment}")

    told = "The linked case is not on this page" if fragment.endswith("0") else "cases on this page"
    expect(page.locator("output")).to_contain_text(told)


def test_the_contents_stay_and_mark_the_part_that_is_read(page, written):
    """At the top of the window; the mark moves with the page."""
    page.goto(written("failed"))
    page.locator("#facts").evaluate("(one) => one.scrollIntoView()")

    expect(page.locator("#contents [aria-current]")).to_have_text("Facts of the run")
    expect(page.locator("#contents")).to_be_in_viewport()


def test_a_category_in_a_table_shows_its_cases(page, written):
    """Those that are on the page."""
    page.goto(written("failed"))

    page.locator("#failures").get_by_role("button", name="followed bait").click()

    expect(control(page, "category")).to_have_value("followed bait")
    expect(shown_cases(page).first).to_contain_text("followed bait")


def test_one_page_is_printed_where_the_address_names_it(open_page, written):
    """Without JavaScript, and with more gates than it holds: the verdict, the worst gates, how many more there are."""
    page = open_page(java_script_enabled=False)
    page.goto(f"{written('many gates')}#one-page")

    printed = page.pdf()

    page.emulate_media(media="print")
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("and 42 more rows, which are no worse: see the report.")).to_be_visible()
    expect(page.locator("#evidence")).to_be_hidden()


# Nothing runs


def test_hostile_answers_show_as_text(page, written):
    """No dialog, no request, no error, no element of theirs; each stands there to be read."""
    page.goto(written("hostile"))
    open_all(page)
    control(page, "tag").select_option("plain")
    control(page, "text").fill("alert")
    text = page.locator("#gate-1").text_content()

    for answer in HIDDEN_ANSWERS[:3]:
        assert answer in text
    assert page.locator("main :is(script, img, iframe, style, meta, form[action]), a[href^='javascript']").count() == 0
    names = page.evaluate("[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())")
    assert not [name for name in names if name.startswith("on")]


def test_hidden_characters_are_named(page, written):
    """Bidi marks, control characters and half characters have names in place of their effect."""
    page.goto(written("hostile"))
    text = page.locator("#gate-1-lost").text_content()

    assert all(f"⟨{name}⟩" in text for name in ("RLO", "LRI", "ZWSP", "NUL", "ESC", "U+D800"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.content())


def test_policy_stops_what_gets_in_all_the_same(browser: Browser, written):
    """Even a script element in the page does not run, and nothing can be fetched."""
    page = browser.new_page()
    page.goto(written("failed"))

    page.evaluate(
        "const one = document.createElement('script'); one.textContent = 'window.ran = 1'; document.body.append(one);"
    )
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 2\">')")
    fetched = page.evaluate("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')")

    assert (page.evaluate("window.ran"), fetched) == (None, "refused")
    page.close()


# Large


def test_ten_thousand_cases_open_and_filter(page, tmp_path):
    """The file stays under 8 MB, and a filter finds one case among all of both gates. Times: bench/report.py."""
    sample = large_run(10_000)
    path = tmp_path / "report.html"
    path.write_text(render(sample.run, sample.answers, sample.judgements), encoding="utf-8")
    flips = len(sample.run.verdicts[0].comparison.lost) + len(sample.run.verdicts[0].comparison.won)
    page.goto(path.as_uri())

    control(page, "gate").select_option("gate-1")
    expect(page.locator("output")).to_contain_text(f"{flips:,} of")
    control(page, "text").fill("ticket-09872")

    assert path.stat().st_size < 8_000_000
    assert shown_cases(page).count() == 1
    expect(shown_cases(page)).to_be_in_viewport()
