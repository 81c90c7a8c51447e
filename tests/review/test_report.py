"""The unblinded report: every pair, vote and note is there; hostile text is shown and does nothing."""

import re

import msgspec
import pytest

from harness.config.whole import HarnessConfig
from harness.review.packets.build import ReviewPlan, build_review
from harness.review.packets.material import read_material
from harness.review.packets.records import Vote
from harness.review.report import render_review
from harness.review.session import TallyPlan, examine
from harness.review.wording import wording
from tests.review.sample import (
    SECRET,
    attentive,
    cases,
    cast,
    for_side,
    rewritten,
    says,
    vote,
    write_all,
    write_sample,
)

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x1b[2J"


@pytest.fixture
def findings(tmp_path):
    """Let three reviewers vote on a run whose answers are hostile: for the candidate, for either, by one key."""
    asked = cases(20, lambda index: f"<b>{index}</b>")
    folder = write_sample(
        tmp_path / "runs" / "0007", asked, lambda side, index: f"{says(side, index)} {HOSTILE}", judged=[1.0, 0.0] * 10
    )
    plan = ReviewPlan(cases=15, reviewers=3, seed=1, checks=2, by_tag="language", show_expected=True)
    review = build_review(read_material(folder, None, tmp_path), plan, SECRET)

    def prefers(pair, _seen) -> Vote:
        return msgspec.structs.replace(for_side(pair, "candidate"), note=f"note {HOSTILE}", reasons_a=("too long",))

    def wavers(pair, _seen) -> Vote:
        return for_side(pair, "candidate" if int(pair.case_id[-3:]) % 3 else "baseline")

    ballots = [
        cast(review, 0, attentive(prefers)),
        cast(review, 1, attentive(wavers)),
        cast(review, 2, lambda *_: vote("tie", ship_a=None, ship_b=False)),
    ]
    packets, key, paths = write_all(tmp_path, review, ballots)
    return examine(
        TallyPlan(folders=(packets,), keys=(key,), ballots=tuple(paths), leave_out=(), run=None, until=None),
        HarnessConfig(),
        tmp_path,
    )


def test_every_case_with_its_answers_votes_and_notes_is_there(findings):
    """Once each."""
    page = render_review(findings)

    for case in findings.reviews[0].key.cases:
        assert page.count(f"<h3>{case.case_id}</h3>") == 1
        index = int(case.case_id[-3:])
        assert f"{says('baseline', index)} " in page
        assert f"{says('candidate', index)} " in page
    assert page.count('<th scope="row">reviewer-2</th>') == 15 + 1
    assert page.count("note &lt;/script&gt;") == 15
    assert "mine-v7" in page
    assert "prefer(&#39;helpfulness&#39; v1 by tiny)" in page
    assert "Win rate where de" in page
    assert "failed" in page


def test_hostile_text_is_shown_and_does_nothing(findings):
    """No script, no handler, no address; hidden characters are named."""
    page = render_review(findings)

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "⟨RLO⟩" in page
    assert not re.findall(r"\son\w+=\"", page)
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)


def test_the_page_s_policy_allows_its_style_alone(findings):
    """By digest; nothing from anywhere else."""
    page = render_review(findings)

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert " style=" not in page


def test_the_terminal_gets_the_figures_and_nothing_it_obeys(findings):
    """One line each."""
    told = wording(findings)

    assert told.startswith(
        "failed: mine-v7 against tiny, by 45 votes on 15 cases\n  4.3 of 20 of the candidate's answers"
    )
    assert "agreement of 3 reviewers: Krippendorff's alpha " in told
    assert "prefer('helpfulness' v1 by tiny) agrees with people on " in told
    assert "reviewer-3: missed 2 of 2 planted answers" in told
    assert "or leave this reviewer out with --leave-out reviewer-3" in told
    assert "reasons, baseline and candidate: too long " in told
    assert "\x1b" not in told


def test_the_same_findings_make_the_same_page(findings):
    """Byte for byte."""
    assert render_review(findings) == render_review(findings)


CALL = {"name": "find", "arguments": '{"id":7.0,"tags":["a"]}'}


def calls_and_reasons(answer, index) -> None:
    """Let the baseline say something and the candidate only call, nine times in case 1, each with its reasoning."""
    side = answer["side"]
    answer["response"] |= {"reasoning": f"{side} thinks of {index} {HOSTILE}"}
    if side == "candidate":
        calls = [CALL] * 9 if index == 1 else [{"name": HOSTILE, "arguments": f"{HOSTILE}{index}"}, CALL]
        answer["response"] |= {"text": "", "tool_calls": calls}
    asked = {"id": "1", "type": "function", "function": {"name": "look", "arguments": {"deep": {"at": index}}}}
    answer["case"]["messages"] += [{"role": "assistant", "content": None, "tool_calls": [asked]}]


def page_of_calls(tmp_path, *, show_reasoning: bool) -> str:
    """Return the report of a review of answers that call and reason."""
    folder = write_sample(tmp_path / "runs" / "0007", cases(10))
    rewritten(folder, calls_and_reasons)
    plan = ReviewPlan(cases=10, reviewers=2, seed=1, checks=2, show_reasoning=show_reasoning)
    review = build_review(read_material(folder, None, tmp_path), plan, SECRET)
    ballots = [cast(review, number, lambda pair, _: for_side(pair, "candidate")) for number in range(2)]
    packets, key, paths = write_all(tmp_path, review, ballots)
    tally = TallyPlan(folders=(packets,), keys=(key,), ballots=tuple(paths), leave_out=(), run=None, until=None)
    return render_review(examine(tally, HarnessConfig(), tmp_path))


def test_calls_are_blocks_and_reasoning_is_folded_at_the_side_that_it_belongs_to(tmp_path):
    """Arguments are laid out as they are written; what is not JSON stays as it is; nothing of it is markup."""
    page = page_of_calls(tmp_path, show_reasoning=True)

    laid_out = "{\n  &#34;id&#34;: 7.0,\n  &#34;tags&#34;: [\n    &#34;a&#34;\n  ]\n}"
    assert (
        page.count(
            f'<li><span class="label">Tool call</span> <b>find</b><div class="quote" dir="auto">{laid_out}</div></li>'
        )
        == 9 + 8
    )
    assert page.count("1 more call is left out here") == 1
    assert (
        page.count(
            '<li><span class="label">Tool call</span> <b>look</b><div class="quote" dir="auto">{\n  &#34;deep&#34;: {\n'
        )
        == 10
    )
    assert page.count('<details class="thought"><summary>Reasoning before the answer</summary>') == 20
    for pair in page.split('<article class="pair">')[1:]:
        baseline, candidate = pair.split('<span class="who">')[1:]
        assert "baseline thinks of" in baseline
        assert "A short answer to" in baseline
        assert "candidate thinks of" in candidate
        assert '<div class="quote" dir="auto"></div>' not in candidate
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page


def test_a_review_without_reasoning_has_none_in_its_report(tmp_path):
    """Only what reviewers saw is there."""
    page = page_of_calls(tmp_path, show_reasoning=False)

    assert "thinks of" not in page
    assert "<details" not in page
