"""What lost cases have in common, as the report says it: a sentence for each kind of condition, mostly none."""

import re

import msgspec
import pytest

from harness.records.asked import Case
from harness.records.compared import Gate, Verdict
from harness.records.messages import Message
from harness.records.scored import Score
from harness.report import render
from harness.report.evidence.evidence import Evidence, Wanted
from harness.report.view.page import page_of
from harness.report.view.shared import SharedView, searches_of, sentence
from harness.verdicts.concentration import Shared
from harness.verdicts.conditions import Condition
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices
from tests.sample_run import Asked, SampleRun, ask, sample_run

HOSTILE = "<b>x</b>\u202e"


def shared(condition: Condition, lost: int = 11, won: int = 0) -> Shared:
    """Return a finding: so many of 14 lost cases, and 27 of the 142 that were right before."""
    return Shared(condition=condition, lost=lost, all_lost=14, right=27, all_right=142, won=won, p_value=0.01)


def said(one: SharedView) -> str:
    """Return the whole sentence."""
    return f"{one.before}{one.value}{one.after}"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(kind="word", value="refund"), "mention “refund” (27 of the 142 that were right before do)"),
        (Condition(kind="phrase", value="gift card"), "mention “gift card” (27 of the 142 that were right before do)"),
        (Condition(kind="tag", value="vip"), "have the tag “vip” (27 of the 142 that were right before do)"),
        (Condition(kind="label", value="bug"), "expect “bug” (27 of the 142 that were right before do)"),
        (
            Condition(kind="label", field="queue", value="bug"),
            "expect queue “bug” (27 of the 142 that were right before do)",
        ),
        (
            Condition(kind="unlike rows", value="0.20"),
            "have no training row that is 20 % alike (27 of the 142 that were right before do)",
        ),
        (
            Condition(kind="like rows", value="0.62"),
            "have a training row that is 62 % alike or more (27 of the 142 that were right before do)",
        ),
        (Condition(kind="language", value="de"), "are in German (27 of the 142 that were right before are)"),
        (Condition(kind="language", value="qu"), "are in the language qu (27 of the 142 that were right before are)"),
        (
            Condition(kind="longer", value="1210"),
            "have more than 1,210 characters of user messages (27 of the 142 that were right before do)",
        ),
        (
            Condition(kind="shorter", value="40"),
            "have at most 40 characters of user messages (27 of the 142 that were right before do)",
        ),
        (Condition(kind="turns", value="3"), "have 3 user messages or more (27 of the 142 that were right before do)"),
        (Condition(kind="one turn"), "have one user message (27 of the 142 that were right before do)"),
        (
            Condition(kind="system", value="You\nsort", field="d1"),
            "have the system message that starts with “You sort” (27 of the 142 that were right before do)",
        ),
    ],
)
def test_each_kind_of_condition_has_its_sentence(condition, words):
    """With how many other cases are like the lost ones."""
    assert said(sentence(shared(condition))) == f"11 of the 14 lost cases {words}"


def test_won_cases_of_the_condition_are_told():
    """So that a reader sees when it is not losses alone."""
    assert said(sentence(shared(Condition(kind="language", value="de"), won=2))) == (
        "11 of the 14 lost cases are in German (27 of the 142 that were right before are; so are 2 won)"
    )


def test_all_lost_cases_are_said_so():
    """Not 14 of the 14."""
    assert said(sentence(shared(Condition(kind="word", value="refund"), lost=14))).startswith(
        "All 14 lost cases mention"
    )


def test_a_long_text_is_cut():
    """After sixty characters."""
    assert sentence(shared(Condition(kind="tag", value="x" * 500))).value == f"“{'x' * 60}…”"


def shop(word: str, lost_here: int, lost_there: int, won_here: int = 0) -> Asked:
    """Return 142 cases, of which the first 27 mention a word; so many of them are lost, and of the others."""
    cases = [
        Case(
            id=f"shop-{place}",
            messages=(Message(role="user", content=f"ticket {place:03} about {word if place < 27 else 'it'}"),),
            tags=(f"half-{place % 2}",),
        )
        for place in range(142)
    ]
    lost = {*range(lost_here), *range(27, 27 + lost_there)}
    won = set(range(lost_here, lost_here + won_here))

    def texts(side: str, place: int, _repeat: int) -> str:
        return "wrong" if place in (won if side == "baseline" else lost) else "right"

    return ask(cases, "is_right()", texts, lambda _case, text: Score(value=float(text == "right")))


def run_of(asked: Asked, *verdicts: Verdict) -> SampleRun:
    """Return a run with nothing but these gates."""
    run = msgspec.structs.replace(sample_run().run, verdicts=verdicts, measures=(), pinned=())
    return SampleRun(run=run, answers=asked.answers, judgements=asked.judgements)


def sentences(sample: SampleRun) -> list[list[str]]:
    """Return what is said of each gate."""
    page = page_of(sample.run, sample.answers, sample.judgements)
    return [[said(one) for one in block.shared] for block in page.gates]


def test_the_report_says_what_lost_cases_have_in_common():
    """Above them, in the section of their gate."""
    asked = shop("refund", 11, 3)
    sample = run_of(asked, decide("suites/shop/test_shop.py::test_shop", asked.comparison, Gate(max_drop=0.05)))
    html = render(sample.run, sample.answers, sample.judgements)
    text = re.sub(r"<[^>]+>", "", html)

    words = "11 of the 14 lost cases mention “refund” (27 of the 142 that were right before do)"
    assert sentences(sample) == [[words]]
    assert text.count(words) == 1
    assert text.index("What the lost cases have in common") < text.index(words) < text.index("right before, wrong now")


def test_the_report_says_nothing_where_there_is_nothing():
    """Losses that fall anywhere, and cases that flip both ways."""
    for asked in (shop("refund", 3, 12), shop("refund", 10, 1, won_here=10)):
        sample = run_of(asked, decide("suites/shop/test_shop.py::test_shop", asked.comparison, Gate(max_drop=0.05)))

        assert sentences(sample) == [[]]
        assert "have in common" not in render(sample.run, sample.answers, sample.judgements)


def test_slices_are_searched_together():
    """The gate as a whole says it once, on the cases of all slices."""
    asked = shop("refund", 11, 3)
    slices = decide_slices("suites/shop/test_shop.py::test_shop", asked.comparison.by_tag("half"), Gate(max_drop=0.05))
    sample = run_of(asked, *slices)

    assert sentences(sample) == [["11 of the 14 lost cases mention “refund” (27 of the 142 that were right before do)"]]


def test_foreign_words_are_escaped():
    """A tag of markup, with a character that turns text around."""
    asked = shop("refund", 11, 3)
    hostile = msgspec.structs.replace
    answers = tuple(
        hostile(one, case=hostile(one.case, tags=(HOSTILE,) if "refund" in one.case.messages[0].content else ()))
        for one in asked.answers
    )
    verdict = decide("suites/shop/test_shop.py::test_shop", asked.comparison, Gate(max_drop=0.05))
    html = render(run_of(asked, verdict).run, answers, asked.judgements)

    assert "have the tag <bdi>“&lt;b&gt;x&lt;/b&gt;⟨RLO⟩”</bdi> (27 of the 142" in html
    assert HOSTILE not in html


def test_without_recorded_questions_nothing_is_said():
    """As in a run whose answers were removed."""
    asked = shop("refund", 11, 3)
    sample = run_of(asked, decide("suites/shop/test_shop.py::test_shop", asked.comparison, Gate(max_drop=0.05)))
    page = page_of(sample.run, (), sample.judgements)

    assert [block.shared for block in page.gates] == [()]


def test_each_test_is_searched_in_what_it_asked():
    """Two tests ask other questions under the same ids; where neither is named by a score, no one is sure."""
    first, second = shop("refund", 11, 3), shop("parcel", 11, 3)
    ids = frozenset(row.case_id for row in first.comparison.rows)
    wanted = Wanted(full=frozenset(), short=frozenset(), short_bytes=100, searched=ids)
    answers = (*first.answers, *second.answers)
    evidence = Evidence(answers, (*first.judgements, *second.judgements), wanted)
    found = [evidence.traits(one.comparison, one.comparison.rows[:1]) for one in (first, second)]

    assert [traits["shop-0"].said for traits in found if traits] == [
        "ticket 000 about refund",
        "ticket 000 about parcel",
    ]
    assert Evidence(answers, (), wanted).traits(first.comparison, first.comparison.rows) is None
    assert Evidence(first.answers, (), wanted).traits(first.comparison, first.comparison.rows)


def test_few_flips_and_quantities_are_not_searched():
    """So their questions need not be read."""
    few = shop("refund", 3, 2).comparison
    quantity = msgspec.structs.replace(shop("refund", 11, 3).comparison, unit="s")

    assert searches_of([("few", few), ("quantity", quantity)]) == {}
