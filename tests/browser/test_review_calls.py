"""Reasoning and calls of tools on the page of a review."""

import json
import re

import msgspec
import pytest
from playwright.sync_api import expect

from harness.records.messages import Called, CalledFunction, Message, ToolCall
from tests.browser.packets import HOSTILE, LONG, RISKY, ready, resealed
from tests.review.made import packet_of, packet_with, with_first
from tests.waiting import MOST_S

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
