"""The page of a blinded review in a real browser: votes by keyboard, mouse and touch, and where the focus is."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.review.count.unblind import unblind
from harness.review.packets.folder import open_review
from harness.review.votes.ballots import read_ballots
from tests.browser.packets import BUTTONS, CHOICES, REFUSES, choices, pressed, ready, resealed, saved, vote_all
from tests.review.made import packet_of, packet_with
from tests.review.sample import review_of, write_all


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
