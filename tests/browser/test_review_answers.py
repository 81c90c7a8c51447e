"""Answers on the page of a review: hostile and hidden text, long ones, Markdown, JSON, and what differs."""

import hashlib
import json
import random
import re
import unicodedata

import pytest
from playwright.sync_api import expect

from harness.text.hidden import IGNORABLE
from harness.text.shown import show
from tests.browser.packets import HOSTILE, LONG, PIECE, RISKY, ready, resealed, saved
from tests.review.made import packet_of, packet_with
from tests.waiting import MOST_S

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
