"""The unblinded report of a review in a real browser: hostile answers do nothing, and it reads on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.config.whole import HarnessConfig
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.material import read_material
from harness.review.report import write_review_report
from harness.review.session import TallyPlan, examine
from tests.review.sample import SECRET, cases, cast, for_side, rewritten, says, write_all, write_sample

HOSTILE = (
    "</script><script>document.title='run'</script><img src=x onerror=alert(1)><a href='javascript:alert(2)'>x</a>"
)


def calls_and_reasons(answer, index) -> None:
    """Let every answer reason and call, all of it hostile or long."""
    calls = [{"name": "find", "arguments": f'{{"id": {index}}}'}, {"name": HOSTILE, "arguments": "x" * 5_000 + HOSTILE}]
    answer["response"] |= {"reasoning": f"Thinks of {index}. {HOSTILE}", "tool_calls": calls}


@pytest.fixture
def report(tmp_path: Path) -> str:
    """Write the report of a review of hostile answers, one of them a very long line; return its address."""
    run = write_sample(
        tmp_path / "runs" / "0007",
        cases(20),
        lambda side, index: f"{says(side, index)} {'x' * 100_000 if index == 3 else HOSTILE}",
        judged=[1.0, 0.0] * 10,
    )
    rewritten(run, calls_and_reasons)
    plan = ReviewPlan(cases=20, reviewers=3, seed=1, checks=2, by_tag="language", show_reasoning=True)
    review = build_review(read_material(run, None, tmp_path), plan, SECRET)
    ballots = [cast(review, number, lambda pair, _: for_side(pair, "candidate")) for number in range(3)]
    folder, key, paths = write_all(tmp_path, review, ballots)
    tally = TallyPlan(folders=(folder,), keys=(key,), ballots=tuple(paths), leave_out=(), run=None, until=None)
    write_review_report(tmp_path / "review.report.html", examine(tally, HarnessConfig(), tmp_path))
    return (tmp_path / "review.report.html").as_uri()


def test_nothing_in_an_answer_runs(page, report):
    """The page's title is its own, every pair is there, and the text of the answers is shown as it is."""
    page.goto(report)

    assert page.title() == "Review passed: mine-v7 against tiny"
    assert page.locator("article.pair").count() == 20
    assert page.locator("main img, main script, main a").count() == 0
    assert "onerror=alert(1)" in page.locator("article.pair").first.inner_text()


def test_it_meets_wcag_aa(page, phone, axe, report):
    """In light and dark, wide and narrow."""
    for one in (page, phone):
        one.goto(report)
        axe(one)


def test_it_reads_on_a_phone(phone, report):
    """Nothing but tables scrolls sideways."""
    phone.goto(report)

    assert phone.evaluate("document.documentElement.scrollWidth") == 360


def test_reasoning_is_folded_and_calls_are_shown(page, axe, report):
    """The fold opens by keyboard, and what is in it is text."""
    page.goto(report)
    first = page.locator("article.pair").first
    expect(first.locator(".answer").first.locator(".calls b")).to_contain_text(["find", "<img src=x onerror"])
    fold = first.get_by_text("Reasoning before the answer").first
    expect(first.locator(".thought .quote").first).to_be_hidden()

    fold.focus()
    page.keyboard.press("Enter")

    expect(first.locator(".thought .quote").first).to_be_visible()
    expect(first.locator(".thought .quote").first).to_contain_text("<img src=x onerror=alert(1)>")
    axe(page)
