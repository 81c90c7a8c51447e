"""The page of a blinded review in a real browser: votes by keyboard, mouse and touch, and all that goes wrong."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest
import uvicorn
from playwright.sync_api import Browser, Download, Error, Page, expect

from harness.records.messages import Called, CalledFunction, Message, ToolCall
from harness.review.count.unblind import unblind
from harness.review.packets.folder import open_review
from harness.review.packets.page import packet_html
from harness.review.packets.records import Ballot, Packet
from harness.review.votes.ballots import check_ballot, read_ballot, read_ballots
from harness.review.votes.seats import Desk, open_desks
from harness.review.votes.serve import reviewing
from harness.serving.workers import turns
from harness.text.hidden import IGNORABLE
from harness.text.shown import show
from tests.browser.conftest import BROWSERS, watching
from tests.review.made import ballot_on, packet_of, packet_with, sealed, with_first
from tests.review.sample import review_of, write_all
from tests.waiting import MOST_S

CHOICES = {"1": "a", "2": "b", "3": "tie", "4": "bad"}
BUTTONS = {"a": "A is better", "b": "B is better", "tie": "Tie", "bad": "Both bad"}
HOSTILE = (
    "<script>alert(1)</script></script><script>alert(2)</script><img src=x onerror=alert(3)>"
    "<svg onload=alert(4)><a href='javascript:alert(5)'>go</a><iframe srcdoc='<script>alert(6)</script>'>"
    "<!--<script> {{7*7}} ${7*7} ]]> --> [x](javascript:alert(8)) ![x](http://192.0.2.1/x.png)\n"
    "# <b>heading</b>\n- **<i>item</i>** `<script>`\n```html\n<script>alert(9)</script>\n"
)
RISKY = ", ".join(f"main {name}" for name in ("a", "img", "svg", "iframe", "i", "b", "script", "[onerror]", "[href]"))
REFUSES = (
    """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })"""
)
LONG, PIECE = 20_000, 4_000
NO_SPACE = "0123456789" * 40_000
OBSERVED = """() => new Promise((resolve) => {
    const answer = document.querySelector("[data-answer=a]");
    const drawn = [];
    new MutationObserver((changes) => {
        const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.className === "slice");
        if (added.length) drawn.push(added.map((node) => node.textContent.length).reduce((a, b) => a + b));
    }).observe(answer, { childList: true });
    document.querySelector("[data-answer=a] .more button").click();
    const once = answer.textContent.length;
    let turns = 0;
    const wait = () => {
        turns += 1;
        if (answer.querySelector(".more")) setTimeout(wait);
        else {
            const pieces = answer.querySelectorAll(".slice > .piece").length;
            resolve({ once, turns, drawn, pieces, whole: answer.textContent });
        }
    };
    wait();
})"""


@pytest.fixture
def written(tmp_path):
    """Return ``written(packet)``: the address of its page as a file."""

    def write(packet: Packet) -> str:
        file = tmp_path / f"{packet.reviewer}.html"
        file.write_text(packet_html(packet), encoding="utf-8", newline="")
        return file.as_uri()

    return write


def ready(page: Page, address: str) -> Page:
    """Open a packet, and wait until it can be voted on; a page that only got another fragment loads itself anew."""
    page.goto(address)
    page.wait_for_function("() => token === location.hash.slice(1)")
    expect(page.locator("#pair, #end").locator("visible=true")).to_have_count(1)
    return page


def saved(download: Download, packet: Packet) -> Ballot:
    """Return a downloaded ballot, read and checked as the tally does it."""
    ballot = read_ballot(Path(download.path()).read_bytes(), download.suggested_filename)
    check_ballot(ballot, packet, download.suggested_filename)
    return ballot


def pressed(page: Page, selector: str) -> list[str]:
    """Return the texts of the buttons that are pressed, among some."""
    return page.locator(f"{selector}[aria-pressed=true]").all_inner_texts()


def choices(ballot: Ballot) -> list[str]:
    """Return what was voted, pair by pair."""
    return [vote.choice for vote in ballot.votes]


def test_twenty_pairs_are_voted_by_keyboard_with_a_reload_half_way(page, written):
    """No mouse: vote, reload, go on where it was, finish, and the ballot holds exactly what was pressed."""
    packet = packet_with(20)
    keys = [str(1 + index % 4) for index in range(20)]
    ready(page, written(packet))

    for index, key in enumerate(keys):
        if index == 10:
            page.reload()
        expect(page.get_by_role("heading", name=f"Pair {index + 1} of 20")).to_be_visible()
        page.keyboard.press(key)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    with page.expect_download() as downloaded:
        page.keyboard.press("Enter")

    ballot = saved(downloaded.value, packet)
    assert downloaded.value.suggested_filename == "reviewer-1.ballot.json"
    assert ballot.finished
    assert choices(ballot) == [CHOICES[key] for key in keys]
    assert [vote.pair for vote in ballot.votes] == [pair.id for pair in packet.pairs]


def test_twenty_pairs_are_voted_by_mouse_with_a_word_on_each_answer(page, written):
    """Choice, "would you ship this?", reasons and a note: all arrive."""
    packet = packet_with(20)
    ready(page, written(packet))

    for index in range(20):
        page.get_by_role("button", name=list(BUTTONS.values())[index % 4]).click()
        page.locator('[data-ship="a"][data-word="yes"]').click()
        page.locator('[data-ship="b"][data-word="no"]').click()
        page.get_by_role("group", name="What is wrong with answer B?").get_by_role("button", name="tone").click()
        page.get_by_role("group", name="What is wrong with answer B?").get_by_role("button", name="wrong").click()
        page.get_by_label("Note on this pair").fill(f'Note {index}: ü 🙂 \\ " \u007f \u2028')
        page.get_by_role("button", name="Next").click()
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Finish").click()

    ballot = saved(downloaded.value, packet)
    assert choices(ballot) == [list(BUTTONS)[index % 4] for index in range(20)]
    assert {(vote.ship_a, vote.ship_b, vote.reasons_a, vote.reasons_b) for vote in ballot.votes} == {
        (True, False, (), ("wrong", "tone"))
    }
    assert ballot.votes[19].note == 'Note 19: ü 🙂 \\ " \u007f \u2028'


def test_a_built_packet_is_voted_and_tallied(page, tmp_path):
    """From the run to the verdict's votes, with attention checks: the side that was always chosen has won them all."""
    folder, key, _ = write_all(tmp_path, review_of(tmp_path, checks=2), [])
    review = open_review(folder, key)
    sides = {pair.id: pair for pair in review.key.packets[0].pairs}
    ready(page, (folder / "reviewer-1.html").as_uri())
    for pair in review.packets[0].pairs:
        truth = sides[pair.id]
        good = truth.a == "candidate" if truth.kind != "planted" else truth.planted == "b"
        vote_all(page, "1" if good else "2")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Finish").click()

    (received,) = read_ballots([Path(downloaded.value.path())], [review])
    unblinded = unblind([review], [received])

    assert {vote.preferred for vote in unblinded.votes} == {"candidate"}
    assert len(unblinded.votes) == len(review.key.cases)
    assert not any(one.failed for one in unblinded.attention)


def test_a_ballot_can_be_downloaded_again_and_votes_changed_after_the_end(page, written):
    """The same bytes again; after a change it is unfinished until finished once more."""
    packet = packet_with(2)
    ready(page, written(packet))
    vote_all(page, "12")
    with page.expect_download() as first:
        page.get_by_role("button", name="Finish").click()
    page.reload()
    with page.expect_download() as second:
        page.get_by_role("button", name="Download the ballot again").click()

    page.keyboard.press("ArrowLeft")
    page.keyboard.press("3")
    page.keyboard.press("ArrowRight")
    with page.expect_download() as third:
        page.get_by_role("button", name="Finish").click()

    assert Path(first.value.path()).read_bytes() == Path(second.value.path()).read_bytes()
    assert choices(saved(third.value, packet)) == ["a", "tie"]


def vote_all(page: Page, keys: str) -> None:
    """Vote on pair after pair."""
    for key in keys:
        page.keyboard.press(key)
        page.keyboard.press("ArrowRight")


def test_the_end_names_what_is_open_and_leads_there(page, written):
    """A skipped pair keeps the ballot from being finished."""
    ready(page, written(packet_with(3)))
    page.keyboard.press("1")
    page.get_by_label("Go to pair").select_option("the end")

    expect(page.get_by_text("2 pairs have no vote yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Finish")).to_be_hidden()
    page.get_by_role("button", name="Go to the first pair without a vote").click()

    expect(page.get_by_role("heading", name="Pair 2 of 3")).to_be_focused()


def test_undo_takes_back_the_last_change_and_goes_there(page, written):
    """Step by step, over pairs, by key and by button; at the beginning it says so."""
    ready(page, written(packet_with(3)))
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("4")

    page.keyboard.press("u")
    assert pressed(page, "[data-choice]") == []
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Pair 1 of 3")).to_be_focused()
    assert "A is better" in pressed(page, "[data-choice]")[0]
    page.get_by_role("button", name="Undo").click()
    assert pressed(page, "[data-choice]") == []
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#said")).to_have_text("Nothing to undo.")
    expect(page.locator("#count")).to_have_text("0 of 3 voted")


def test_the_focus_goes_to_each_new_pair_and_progress_is_spoken(page, written):
    """A screen reader hears which pair it is, and that the vote counts."""
    ready(page, written(packet_with(3)))

    page.keyboard.press("3")
    expect(page.locator("#said")).to_have_text("Vote: Tie. 1 of 3 voted.")
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("heading", name="Pair 2 of 3")).to_be_focused()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")


def test_keys_stay_letters_where_one_writes_and_can_be_switched_off(page, written):
    """A note may hold "1" and "u"; whoever dictates can't vote by a stray word (WCAG 2.1.4)."""
    ready(page, written(packet_with(2)))
    page.keyboard.press("n")
    page.keyboard.type("1 u b 4")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Note on this pair")).to_have_value("1 u b 4")
    page.keyboard.press("Escape")
    assert pressed(page, "[data-choice]") == []

    page.get_by_label("Use single keys as shortcuts").uncheck()
    page.locator("body").press("1")
    page.reload()
    expect(page.get_by_label("Use single keys as shortcuts")).not_to_be_checked()
    page.keyboard.press("2")

    assert pressed(page, ":is([data-choice], [data-ship])") == []


def test_a_note_is_undone_as_a_whole(page, written):
    """Not letter by letter."""
    ready(page, written(packet_with(2)))
    page.get_by_label("Note on this pair").press_sequentially("too long")

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_label("Note on this pair")).to_have_value("")


def test_the_expected_answer_is_shown_where_the_lead_allows_it(page, written):
    """And its heading is gone where not."""
    ready(page, written(packet_of([("a", "b")], expected="the <b>right</b> one")))
    expect(page.get_by_role("region", name="Expected answer")).to_contain_text("the <b>right</b> one")

    ready(page, written(packet_of([("a", "b")], reviewer="reviewer-2")))
    expect(page.get_by_text("Expected answer")).to_be_hidden()


def test_hostile_answers_are_shown_and_never_run(page, written):
    """Tags, handlers, links, ends of scripts, in every view; the page's own words stay the page's own."""
    packet = packet_of([(HOSTILE, "harmless"), ("harmless", HOSTILE)], expected=HOSTILE)
    packet = resealed(packet, title=HOSTILE, question=HOSTILE, reasons=(HOSTILE, "tone"))
    ready(page, written(packet))

    for _ in range(2):
        for _ in range(6):
            page.keyboard.press("v")
            assert page.locator(RISKY).count() == 0
            page.keyboard.press("d")
            assert page.locator(RISKY).count() == 0
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")

    assert page.locator("[data-answer=b]").inner_text().startswith("<script>alert(1)</script></script>")
    assert page.locator("h1").inner_text().startswith("<script>alert(1)</script>")
    assert page.get_by_role("heading").count() == 6


def resealed(packet: Packet, **changed: Any) -> Packet:
    """Return a changed packet with its digest made right."""
    return sealed(msgspec.structs.replace(packet, **changed))


def test_hidden_and_misleading_characters_are_named(page, written):
    """As the report names them; joiners inside emoji stay, line ends of Windows are line ends."""
    ready(page, written(packet_of([("a\u202eb\u200bc\x1b[31m\ufeff\x00", "one\r\ntwo 👩\u200d🚀 \u00ad\U000e0041")])))

    assert page.locator("[data-answer=a]").inner_text() == "a⟨RLO⟩b⟨ZWSP⟩c⟨ESC⟩[31m⟨BOM⟩⟨NUL⟩"
    assert page.locator("[data-answer=b]").inner_text() == "one\ntwo 👩\u200d🚀 ⟨U+00AD⟩⟨U+E0041⟩"


def test_the_page_and_the_report_name_the_same_characters(page, written):
    """Every character alone, after a letter and after an emoji; the browser's table of what leaves no mark is ours."""
    ready(page, written(packet_with(1)))
    # Python and the browser can know different versions of Unicode, so only what both know is compared.
    known = [
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) != "Cn" or IGNORABLE.match(chr(code))
    ]
    unseen = [one for one in known if IGNORABLE.match(one) or not one.isprintable()]
    emoji = ["❤", "👩", "🏽", "‼", "\u2139", "〰", "©", "™", "↔", "1", "#", "a", "é", "世"]
    tried = [
        *(character for character in unseen if not "\ud800" <= character <= "\udfff"),
        *(
            f"{base}{character}{tail}"
            for base in emoji
            for character in "\ufe0e\ufe0f\ufe00\u200d\u3164"
            for tail in ("", "\u20e3", "\ufe0f")
        ),
    ]

    named = page.evaluate("(texts) => texts.map((text) => shown(text).textContent)", tried)
    ignorable = page.evaluate(
        """() => [...Array(0x110000).keys()].filter(
            (code) => /\\p{Default_Ignorable_Code_Point}/u.test(String.fromCodePoint(code)),
        )"""
    )

    assert named == [show(text).text for text in tried]
    assert [code for code in range(0x110000) if IGNORABLE.match(chr(code))] == ignorable


@pytest.mark.parametrize("text", ["x" * 1_000_000, "a b\n" * 250_000, "**a _[`(" * 120_000, "\u202e" * 100_000])
def test_an_answer_of_a_megabyte_does_not_stop_the_reviewer(page, written, text):
    """It is cut, all of it is there on demand, and every view stays usable."""
    packet = packet_of([(text, "short")])
    ready(page, written(packet))
    for key in "vdvdvd":
        page.keyboard.press(key)

    assert len(page.locator("[data-answer=a]").inner_text()) < 250_000
    page.get_by_role("button", name=re.compile("Show all")).click()
    page.keyboard.press("1")
    expect(page.locator("[data-answer=a] .more")).to_have_count(0, timeout=MOST_S * 1000)

    assert len(page.locator("[data-answer=a]").text_content()) >= len(text)
    expect(page.locator("#count")).to_have_text("1 of 1 voted")


@pytest.mark.parametrize("view", ["Text", "Markdown"])
def test_a_long_answer_without_a_space_is_shown_in_pieces(page, written, view):
    """Never more than the first view's characters are drawn at once, each piece apart; the page answers in between."""
    ready(page, written(packet_of([(NO_SPACE, "short")])))
    page.get_by_role("button", name=view, exact=True).click()

    seen = page.evaluate(OBSERVED)

    assert seen["whole"] == NO_SPACE
    assert seen["once"] < 2 * LONG
    assert max(seen["drawn"]) <= LONG
    assert seen["turns"] >= len(seen["drawn"]) - 1 == len(NO_SPACE) // LONG - 1
    assert seen["pieces"] == len(NO_SPACE) // PIECE


def test_a_vote_is_taken_while_a_long_answer_is_drawn(page, written):
    """And the next pair is shown at once; nothing of the old answer is drawn into it."""
    ready(page, written(packet_of([(NO_SPACE, "short"), ("the next", "one")])))

    left = page.evaluate(
        """() => new Promise((resolve) => {
            document.querySelector("[data-answer=a] .more button").click();
            setTimeout(() => {
                const drawn = document.querySelector("[data-answer=a]").textContent.length;
                document.querySelector("[data-choice=a]").click();
                document.querySelector("#next").click();
                resolve(drawn);
            });
        })"""
    )
    page.evaluate("() => new Promise((resolve) => setTimeout(() => setTimeout(() => setTimeout(resolve))))")

    assert left < len(NO_SPACE)
    assert page.locator("[data-answer=a]").text_content() == "the next"
    expect(page.locator("#count")).to_have_text("1 of 2 voted")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("word " * 5_000, "word "),
        (f"{'x' * 60}\n" * 500, "\n"),
        ("👩🏽\u200d🚀" * 3_000, "👩🏽\u200d🚀"),
        ("e\u0301" * 12_000, "e\u0301"),
        (f"{'x' * 3_999}\r\n" * 9, ""),
    ],
    ids=["words", "lines", "emoji", "combining", "CRLF"],
)
def test_a_piece_ends_where_something_ends(page, written, text, cut):
    """After a line, else after a word, else between two characters that a reader sees as such."""
    ready(page, written(packet_of([(text, "short")])))

    page.get_by_role("button", name=re.compile("Show all")).click()
    expect(page.locator("[data-answer=a] .more")).to_have_count(0)

    pieces = page.locator("[data-answer=a] .piece").all_text_contents()
    assert "".join(pieces) == text.replace("\r\n", "\n")
    assert all(piece.endswith(cut) for piece in pieces)
    assert "⟨" not in "".join(pieces)


def test_a_code_block_goes_on_in_the_next_piece(page, written):
    """What is in the block is not drawn as headings, and what comes after it is."""
    text = "```\n" + "# no heading\n" * 3_000 + "```\n# A heading"
    ready(page, written(packet_of([(text, "short")])))
    page.get_by_role("button", name="Markdown").click()

    page.get_by_role("button", name=re.compile("Show all")).click()
    expect(page.locator("[data-answer=a] .more")).to_have_count(0)

    answer = page.locator("[data-answer=a]")
    assert "".join(answer.locator("pre").all_text_contents()).count("# no heading\n") == 3_000
    assert answer.locator("p.heading").all_text_contents() == ["A heading"]


def test_hidden_characters_of_a_long_answer_are_framed_up_to_a_number(page, written):
    """Over all pieces together; the others are named without a frame."""
    ready(page, written(packet_of([("\u202ex" * 15_000, "short")])))

    page.get_by_role("button", name=re.compile("Show all")).click()
    expect(page.locator("[data-answer=a] .more")).to_have_count(0)

    answer = page.locator("[data-answer=a]")
    assert answer.locator(".control").count() == 2_000
    assert answer.text_content() == "⟨RLO⟩x" * 15_000


def test_markdown_is_drawn_with_nothing_to_follow(page, written):
    """Headings, lists, code and emphasis; a link is text with its address."""
    text = (
        "# Title\n\nSome **bold** and *soft* `code_with_lines`\nsecond line\n\n1. one\n2. two\n   - deep\n\n3. three\n"
        "\n```\n<b>\n# no title\n```\nsee [terms](http://x.test/a_b) and snake_case_name and 2 * 3 * 4"
    )
    ready(page, written(packet_of([(text, "plain")])))
    page.get_by_role("button", name="Markdown").click()

    answer = page.locator("[data-answer=a]")
    assert answer.locator("p.heading").inner_text() == "Title"
    assert answer.locator("a").count() == 0
    assert answer.locator("strong").all_inner_texts() == ["bold"]
    assert answer.locator("em").all_inner_texts() == ["soft"]
    assert answer.locator("p code").all_inner_texts() == ["code_with_lines"]
    assert answer.locator("ol > li").count() == 3
    assert answer.locator("ol li ul li").all_inner_texts() == ["deep"]
    assert answer.locator("pre").inner_text() == "<b>\n# no title\n"
    assert answer.locator("> p").last.inner_text() == "see terms (http://x.test/a_b) and snake_case_name and 2 * 3 * 4"


def test_json_is_laid_out_as_it_is_written(page, written):
    """Numbers, repeated keys and their order stay; what is no JSON says so and stays text."""
    text = '{"b": 1.0, "a": [1e3, {}, [], "x, {y}: \\"z\\""], "b": null}'
    ready(page, written(packet_of([(text, "{not json")])))
    page.get_by_role("button", name="JSON").click()

    assert page.locator("[data-answer=a]").inner_text() == (
        '{\n  "b": 1.0,\n  "a": [\n    1e3,\n    {},\n    [],\n    "x, {y}: \\"z\\""\n  ],\n  "b": null\n}'
    )
    assert page.locator("[data-answer=b]").inner_text().endswith("{not json")
    expect(page.locator("[data-answer=b]")).to_contain_text("not valid JSON")


def test_words_that_differ_are_marked_on_demand(page, written):
    """On both sides, no word that both have; again without."""
    ready(page, written(packet_of([("We ship the red cup today.", "We ship a blue cup today.")])))
    assert page.locator("mark").count() == 0

    page.get_by_role("button", name="Mark differences").click()

    assert page.locator("[data-answer=a] mark").all_inner_texts() == ["the red"]
    assert page.locator("[data-answer=b] mark").all_inner_texts() == ["a blue"]
    assert page.locator("[data-answer=a]").inner_text() == "We ship the red cup today."
    page.keyboard.press("d")
    assert page.locator("mark").count() == 0


def test_the_difference_of_any_two_texts_gives_both_back(page, written):
    """Marks neither lose nor invent a word, and what is unmarked is the same on both sides."""
    ready(page, written(packet_with(1)))
    draw = random.Random(5)  # noqa: S311 - not for secrets
    for _ in range(60):
        left, right = (
            "".join(draw.choices(["a", "b ", " ", "ü", "漢", "🙂", "\n", "."], k=draw.randrange(30))) for _ in "ab"
        )
        found = page.evaluate("([left, right]) => differences(left, right)", [left, right])

        assert ["".join(text for text, _ in side) for side in found] == [left, right]
        kept = ["".join(text for text, differs in side if not differs) for side in found]
        assert kept[0] == kept[1]


def test_the_checksum_is_sha_256(page, written):
    """The standard's own vectors (FIPS 180-4), each length around a block, and a megabyte."""
    ready(page, written(packet_with(1)))
    texts = ["", "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "ü🙂" * 99, "a" * 1_000_000]
    texts += ["x" * length for length in range(50, 140)]

    found = page.evaluate("texts => texts.map((text) => sha256(new TextEncoder().encode(text)))", texts)

    assert found == [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert found[1] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_canonical_json_has_the_same_bytes_as_in_python(page, written):
    """Controls, quotes, separators and what lies beyond the first plane."""
    ready(page, written(packet_with(1)))
    value = {"b": [True, None, 1], "a": {"z": "/<>&", "y": "".join(map(chr, range(0x20))) + '"\\\x7f\u2028ü🙂'}, "": ""}

    found = page.evaluate("canonical", value)

    assert found == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_half_a_character_in_a_note_does_not_spoil_the_ballot(page, written):
    """It is replaced, or the ballot could not be written as UTF-8."""
    packet = packet_with(1)
    ready(page, written(packet))
    page.keyboard.press("1")
    page.get_by_label("Note on this pair").evaluate(
        "(note) => { note.value = 'x\\ud83dy'; note.dispatchEvent(new Event('input')); }"
    )

    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download a copy").click()

    assert saved(downloaded.value, packet).votes[0].note == "x\ufffdy"


def test_two_hundred_pairs_stay_quick(page, written):
    """The last costs what the first did: a vote and a step take far less than a person does."""
    packet = packet_of([(f"Answer {index}. " * 200, "Other. " * 200) for index in range(200)])
    ready(page, written(packet))

    slowest = page.evaluate(
        """() => {
          let slowest = 0;
          for (let i = 0; i < 200; i++) {
            const began = performance.now();
            for (const key of ["1", "a", "b", "ArrowRight"]) {
              document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
            document.body.getBoundingClientRect();
            slowest = Math.max(slowest, performance.now() - began);
          }
          return slowest;
        }"""
    )
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Finish").click()

    assert len(saved(downloaded.value, packet).votes) == 200
    assert slowest < 1_000


@pytest.mark.parametrize("place", ["first", "voted", "differences", "end", "done", "refused", "elsewhere"])
def test_the_page_keeps_to_wcag_aa(page, phone, axe, written, place):
    """Wide and on a phone, in light and in dark, wherever a reviewer can be."""
    packet = packet_of([("# One\n\n- **two** `three`\x1b", '{"a": 1}'), ("short", "x" * 30_000)], expected="four")
    for one in (page, phone):
        if place == "refused":
            one.add_init_script(REFUSES)
        ready(one, written(packet))
        if place in {"voted", "differences", "refused"}:
            for key in "1ab":
                one.keyboard.press(key)
        if place == "differences":
            one.keyboard.press("d")
            one.locator("#help").evaluate("(help) => { help.open = true; }")
        if place in {"end", "done"}:
            vote_all(one, "12")
        if place == "done":
            with one.expect_download():
                one.get_by_role("button", name="Finish").click()
        if place == "elsewhere":
            second = one.context.new_page()
            second.goto(one.url)
            second.get_by_role("button", name="Continue in this tab").wait_for()
        one.set_viewport_size({"width": one.viewport_size["width"], "height": 3_000})  # nothing under the sticky bar
        axe(one)


def test_on_a_phone_all_is_in_reach_by_touch(phone, written):
    """Answers stand one above the other, nothing is wider than the screen, targets are large enough for a finger."""
    packet = packet_of([("x" * 3_000, '{"a": "' + "y" * 3_000 + '"}')] * 2)
    packet = resealed(packet, pairs=packet_with(2).pairs[:1] + packet.pairs[1:])
    ready(phone, written(packet))

    for index in range(2):
        first, second = (phone.locator(f"#answer-{side}").bounding_box() for side in "ab")
        assert second["y"] >= first["y"] + first["height"]
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        small = (
            "(found) => found.map((one) => one.getBoundingClientRect()).filter((box) => box.height && box.height < 40)"
        )
        assert phone.locator("button").evaluate_all(small) == []
        phone.get_by_role("button", name=["A is better", "Both bad"][index]).tap()
        phone.locator('[data-ship="b"][data-word="yes"]').tap()
        phone.get_by_role("button", name="Next").tap()
    with phone.expect_download() as downloaded:
        phone.get_by_role("button", name="Finish").tap()

    assert choices(saved(downloaded.value, packet)) == ["a", "bad"]


def test_a_focused_button_is_not_hidden_under_the_bar(page, written):
    """Tab through the whole page: the sticky bar covers nothing that has the focus (WCAG 2.4.11)."""
    ready(page, written(packet_of([("line\n" * 80, "line\n" * 5)])))

    for _ in range(40):
        page.keyboard.press("Tab")
        covered = page.evaluate(
            """() => {
              const [own, bar] = [document.activeElement, document.getElementById("ballot")];
              if (own === document.body || bar.contains(own)) return false;
              return own.getBoundingClientRect().top >= bar.getBoundingClientRect().top;
            }"""
        )
        assert not covered


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


def test_a_second_tab_warns_and_overwrites_nothing(page, written):
    """The first goes on; the second can take over, and then the first stops and overwrites nothing either."""
    address = written(packet_with(3))
    ready(page, address)
    page.keyboard.press("1")
    second = page.context.new_page()
    second.goto(address)
    expect(second.get_by_role("heading", name="This packet is open in another tab")).to_be_visible()

    second.keyboard.press("4")
    page.keyboard.press("2")
    second.get_by_role("button", name="Continue in this tab").click()
    expect(page.get_by_role("heading", name="This packet is open in another tab")).to_be_visible()
    page.keyboard.press("3")

    assert "B is better" in pressed(second, "[data-choice]")[0]
    second.keyboard.press("ArrowRight")
    second.keyboard.press("4")
    page.get_by_role("button", name="Continue in this tab").click()
    expect(page.locator("#count")).to_have_text("2 of 3 voted")


def test_a_tab_that_missed_being_taken_over_still_overwrites_nothing(page, written):
    """As one that slept: before it saves it looks whose the votes are."""
    address = written(packet_with(3))
    ready(page, address)
    page.evaluate("window.removeEventListener('storage', hearTabs)")
    second = ready(page.context.new_page(), address)
    second.keyboard.press("1")

    page.keyboard.press("4")

    expect(page.get_by_role("heading", name="This packet is open in another tab")).to_be_visible()
    second.reload()
    expect(second.locator("[data-choice][aria-pressed=true]")).to_contain_text("A is better")


def test_a_tab_that_was_closed_leaves_no_claim(page, written):
    """Nor does one that crashed: its claim is not answered, so the next one goes on."""
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


# ---- Calls and reasoning ----


THOUGHTS = {"reasoning_a": "They ask for a parcel.", "reasoning_b": "I can't know that."}
FIND = Called(name="find_order", arguments='{"order": 7, "since": 2024.0, "fields": ["state"]}')


def test_reasoning_is_folded_and_opens_by_keyboard(page, written):
    """With the keys of the fold itself; votes stay in reach meanwhile, and on the next pair it is folded again."""
    both = packet_with(2)
    packet = with_first(both, **THOUGHTS)
    packet = resealed(packet, pairs=(packet.pairs[0], msgspec.structs.replace(packet.pairs[1], **THOUGHTS)))
    ready(page, written(packet))
    a, b = (page.locator(f"[data-thought={side}]") for side in "ab")
    expect(a).to_be_hidden()

    page.get_by_text("Reasoning before answer A").focus()
    page.keyboard.press("Enter")
    expect(a).to_be_visible()
    expect(a).to_have_text("They ask for a parcel.")
    expect(b).to_be_hidden()
    page.keyboard.press("2")
    expect(page.locator("#count")).to_have_text("1 of 2 voted")
    page.keyboard.press("Space")
    expect(a).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("heading", name="Pair 2 of 2")).to_be_focused()
    expect(page.get_by_text("Reasoning before answer A")).to_be_visible()
    expect(a).to_be_hidden()


def test_one_key_opens_the_reasoning_of_both_answers_and_closes_it(page, written):
    """It is spoken, and a view or marked differences leave it as it is."""
    ready(page, written(with_first(packet_with(1), **THOUGHTS)))
    thoughts = page.locator("[data-thought]").locator("visible=true")

    page.keyboard.press("r")
    expect(thoughts).to_have_text(list(THOUGHTS.values()))
    expect(page.locator("#said")).to_have_text("The reasoning is open.")
    for key in "vd":
        page.keyboard.press(key)
        expect(thoughts).to_have_count(2)
    expect(page.locator("[data-thought] mark")).to_have_count(0)
    page.keyboard.press("r")

    expect(thoughts).to_have_count(0)
    expect(page.locator("#said")).to_have_text("The reasoning is closed.")


def test_a_packet_without_reasoning_shows_no_fold(page, written):
    """Nor does the key do anything but say so; an answer without it beside one that has it has no fold either."""
    ready(page, written(packet_with(1)))
    page.keyboard.press("r")
    expect(page.locator("#said")).to_have_text("No reasoning is shown here.")
    expect(page.locator("[data-reasoning]").locator("visible=true")).to_have_count(0)

    ready(page, written(with_first(packet_with(1, "reviewer-2"), reasoning_b="Hm.")))

    expect(page.locator("[data-reasoning]").locator("visible=true")).to_have_text(
        re.compile("Reasoning before answer B")
    )


def test_calls_are_blocks_with_their_arguments_laid_out(page, written):
    """Numbers as they are written, in every view; an answer or a turn that only calls is not called empty."""
    earlier = ToolCall(function=CalledFunction(name="list_orders", arguments='{"customer":"c-1"}'))
    packet = packet_of([("", "Done.")])
    turn = Message(role="assistant", content="", tool_calls=(earlier,))
    broken = Called(name="notify", arguments='{"to": "a')
    packet = with_first(packet, messages=(*packet.pairs[0].messages, turn), calls_a=(FIND, broken), calls_b=(FIND,))
    ready(page, written(packet))

    for view in ("Text", "Markdown", "JSON"):
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator("[data-view][aria-pressed=true]")).to_have_text(view)
        calls = page.locator("#answer-a .call")
        expect(calls.locator("b")).to_have_text(["find_order", "notify"])
        assert calls.locator("pre").all_text_contents() == [
            '{\n  "order": 7,\n  "since": 2024.0,\n  "fields": [\n    "state"\n  ]\n}',
            '{"to": "a',
        ]
        expect(calls.last).to_contain_text("not valid JSON")
        expect(page.locator("[data-answer=a]")).to_be_hidden()
        expect(page.locator("[data-answer=b]")).to_contain_text("Done.")

    expect(page.locator("#messages .call b")).to_have_text("list_orders")
    expect(page.locator("#messages, .answers").get_by_text("This answer is empty.")).to_have_count(0)


def test_differences_are_marked_inside_of_calls(page, written):
    """The words that differ, and a call that only one side makes; the same text beside other calls is not the same."""
    other = Called(name="find_order", arguments='{"order": 8, "since": 2024.0, "fields": ["state"]}')
    packet = with_first(
        packet_of([("Done.", "Done.")] * 2), calls_a=(FIND,), calls_b=(other, Called(name="x", arguments="{}"))
    )
    ready(page, written(packet))

    page.keyboard.press("d")

    expect(page.locator("#differences-note")).to_have_text("Words that differ are underlined.")
    expect(page.locator("[data-calls=a] mark")).to_have_text(["7"])
    expect(page.locator("[data-calls=b] mark")).to_have_text(["8", "x", "{}"])
    expect(page.locator("[data-answer] mark")).to_have_count(0)
    assert page.locator("[data-calls=b] .call").first.locator("pre").text_content() == (
        '{\n  "order": 8,\n  "since": 2024.0,\n  "fields": [\n    "state"\n  ]\n}'
    )
    page.keyboard.press("ArrowRight")
    expect(page.locator("#differences-note")).to_have_text("Word for word the same.")
    expect(page.locator("[data-calls=b]")).to_be_hidden()


@pytest.mark.parametrize(
    "calls",
    [
        (Called(name="save", arguments=json.dumps({"text": "x" * 1_000_000})),),
        (Called(name="save", arguments="[" * 150_000),),
        (Called(name="y" * 50_000, arguments="{}"),),
        (Called(name="save", arguments="{}"),) * 20_000,
    ],
    ids=["arguments", "nested", "name", "number"],
)
def test_calls_of_a_megabyte_are_cut_and_all_there_on_demand(page, written, calls):
    """As long answers are; so is reasoning, and differences say that they are too long to mark."""
    packet = packet_of([("Done.", "short")])
    ready(page, written(with_first(packet, calls_a=calls, reasoning_a="z" * 100_000)))
    page.keyboard.press("r")
    page.keyboard.press("d")

    expect(page.locator("#differences-note")).to_contain_text("too long")
    for place, whole in (("calls", sum(len(one.name + one.arguments) for one in calls)), ("thought", 100_000)):
        cut = page.locator(f"[data-{place}=a]")
        assert len(cut.text_content()) < 1.2 * LONG
        cut.get_by_role("button", name=re.compile("Show all")).click()
        expect(cut.locator(".more")).to_have_count(0, timeout=MOST_S * 1000)
        assert len(cut.text_content()) >= whole
    page.keyboard.press("1")
    expect(page.locator("#count")).to_have_text("1 of 1 voted")


def test_hostile_reasoning_and_calls_are_shown_and_never_run(page, written):
    """Names, arguments and thoughts, in every view, with and without differences; hidden characters are named."""
    bad = Called(name=f"{HOSTILE}\u202e", arguments=HOSTILE)
    quiet = Called(name="ok", arguments=json.dumps({HOSTILE: HOSTILE}))
    earlier = ToolCall(function=CalledFunction(name=HOSTILE, arguments=HOSTILE))
    packet = packet_of([("harmless", "")])
    turn = Message(role="assistant", content=HOSTILE, tool_calls=(earlier,))
    packet = with_first(
        packet,
        messages=(*packet.pairs[0].messages, turn),
        calls_a=(bad,),
        calls_b=(quiet, bad),
        reasoning_a=f"{HOSTILE}\u202e",
        reasoning_b=f"</script></details>{HOSTILE}",
    )
    ready(page, written(packet))
    page.keyboard.press("r")
    expect(page.locator("[data-thought=b]")).to_be_visible()
    headings = page.get_by_role("heading").count()

    for key in "vdvdvd":
        page.keyboard.press(key)
        expect(page.locator(f":is({RISKY}):not(.call-name b)")).to_have_count(0)
    expect(page.get_by_role("heading")).to_have_count(headings)
    expect(page.locator("[data-thought=a]")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("[data-thought=b]")).to_contain_text("</script></details><script>alert(1)</script>")
    expect(page.locator("[data-calls=a] .call-name b")).to_contain_text("onerror=alert(3)")
    for place in ("calls", "thought"):
        expect(page.locator(f"[data-{place}=a] .control").first).to_have_text("⟨RLO⟩")


@pytest.mark.parametrize("marks", ["", "d"], ids=["plain", "differences"])
def test_calls_and_open_reasoning_keep_to_wcag_aa(page, phone, axe, written, marks):
    """Wide and on a phone, in light and in dark."""
    packet = with_first(
        packet_of([("One moment.", "")]), calls_a=(FIND,), calls_b=(Called(name="x", arguments="{"),), **THOUGHTS
    )
    for one in (page, phone):
        ready(one, written(packet))
        one.keyboard.press("r")
        expect(one.locator("[data-thought=b]")).to_be_visible()
        for key in marks:
            one.keyboard.press(key)
            expect(one.locator("[data-calls=b] mark").first).to_be_visible()
        one.set_viewport_size({"width": one.viewport_size["width"], "height": 3_000})  # nothing under the sticky bar
        axe(one)


def test_on_a_phone_calls_and_reasoning_stay_within_the_screen(phone, written):
    """However long their words are; the fold is large enough for a finger."""
    call = Called(name="n" * 300, arguments=json.dumps({"k" * 300: "v" * 3_000}))
    packet = with_first(
        packet_of([("", "")]), calls_a=(call,), calls_b=(FIND,), reasoning_a="r" * 3_000, reasoning_b="x"
    )
    ready(phone, written(packet))

    fold = phone.get_by_text("Reasoning before answer A")
    assert fold.bounding_box()["height"] >= 40
    fold.tap()

    expect(phone.locator("[data-thought=a]")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


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
