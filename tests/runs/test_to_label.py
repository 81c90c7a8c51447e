"""What a run suggests to label next, and which requests of logs."""

import msgspec

from harness.data.leaks.near import nearest_rows
from harness.records.compared import Row
from harness.records.leaked import NearCase, NearRow, NearRows
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.saved import Judgement
from harness.records.scored import CaseScore, Score
from harness.runs.log_picks import draw, pick
from harness.runs.to_label import Suggestion, in_turn, lost_cases, suggestions_of
from tests.data.made_rows import case, rows
from tests.sample_run import sample_run


def run_with(near=(), *, unit: str = ""):
    """Return a run with one comparison: of vip cases 2 of 2 are lost, of others 1 of 4; one vip case was wrong."""
    (verdict, *_) = sample_run().run.verdicts
    made = (
        Row(case_id="a", tags=("vip",), baseline=1, candidate=0),
        Row(case_id="b", tags=("vip",), baseline=1, candidate=0),
        Row(case_id="c", tags=("de",), baseline=1, candidate=0),
        *(Row(case_id=f"d{n}", tags=("de",), baseline=1, candidate=1) for n in range(3)),
        Row(case_id="e", tags=("vip",), baseline=0, candidate=0),
        Row(case_id="f", tags=("vip",), baseline=1, candidate=None, unscored="no answer"),
    )
    comparison = msgspec.structs.replace(
        verdict.comparison, rows=made, lost=("a", "b", "c"), won=(), unscored=("f",), tag="", unit=unit, key="k"
    )
    verdict = msgspec.structs.replace(verdict, test_id="s/test_s.py::test_it_holds", comparison=comparison)
    return msgspec.structs.replace(sample_run().run, verdicts=(verdict,), measures=(), near_rows=near)


def judged(side: str, case_id: str, category: str) -> Judgement:
    """Return a wrong answer of this category."""
    item = CaseScore(
        case_id=case_id, group=None, tags=(), repeat=0, request_key=case_id, score=Score(value=0, category=category)
    )
    return Judgement(comparison="k", scorer="s()", side=side, item=item)


def test_tags_are_told_that_lost_more_than_the_others():
    """Of the cases that were right and have a score; the other tag lost fewer."""
    (tag,) = suggestions_of(run_with(), ())["tag"]

    assert tag.place == "vip"
    assert tag.reason == (
        "2 of 2 cases with the tag that were right before are lost in “It holds”, of the others 1 of 4: "
        "label more of the kind"
    )


def test_categories_are_told_that_rose():
    """By two answers or more, what rose most first; with cases on which they are new."""
    seen = [judged("baseline", "a", "refused"), *(judged("candidate", one, "wrong field") for one in "abc")]
    seen += [judged("candidate", one, "refused") for one in "ab"]
    seen += [judged("candidate", one, "looped") for one in "de"]

    found = suggestions_of(run_with(), seen)["category"]

    assert [one.place for one in found] == ["wrong field", "looped"]
    assert "3 answers of the candidate are called this in “It holds”, 0 of the baseline (a, b, c)" in found[0].reason


def test_rows_to_correct_and_cases_without_a_row_near():
    """A row that is wrong for a case that is like it; a case whose nearest row is far is told without its text."""
    near = NearRows(
        comparison="k",
        lost=(
            NearCase(case="a", rows=(NearRow(place="t:7", similarity=0.8, is_right=False, is_repeated=True),)),
            NearCase(case="b", rows=(NearRow(place="t:8", similarity=0.1, is_right=False),)),
            NearCase(case="c", rows=(NearRow(place="t:9", similarity=0.4, is_right=False),)),
        ),
    )

    found = suggestions_of(run_with((near,)), ())

    assert [one.place for one in found["row"]] == ["t:7"]
    assert (
        "wrong for the lost case a of “It holds”, which it is 80 % like, and the candidate answered"
        in found["row"][0].reason
    )
    assert [one.place for one in found["case"]] == ["b"]
    assert "no training row is near it: the nearest is 10 % alike" in found["case"][0].reason
    assert {one.text for kind in found.values() for one in kind} == {""}


def test_without_rows_each_lost_case_says_that_they_are_not_known():
    """And a run of quantities suggests nothing."""
    found = suggestions_of(run_with(), ())

    assert [one.place for one in found["case"]] == ["a", "b", "c"] == list(lost_cases(run_with()))
    assert "which training rows are near is not known" in found["case"][0].reason
    assert not any(suggestions_of(run_with(unit="s"), ()).values())


def test_no_kind_crowds_out_another():
    """By turns, up to the number that is wanted."""
    many = [Suggestion(kind="case", place=f"{n}", reason="r") for n in range(9)]
    one = [Suggestion(kind="tag", place="t", reason="r")]

    assert [each.place for each in in_turn([many, [], one], 4)] == ["0", "t", "1", "2"]


def asked(place, text):
    """Return a request of somebody's."""
    return Logged(place=place, messages=(Message(role="user", content=text),))


LOGS = [
    asked("log:1", "my parcel has not arrived since last week"),
    asked("log:2", "my parcel has not arrived since last month, where is it"),
    asked("log:3", "how do i change the colour of the calendar"),
    asked("log:4", "my parcel is still not here since last week, what now"),
    asked("log:5", "i was charged twice for my order in may"),
    asked("log:6", "My parcel has not arrived since last month: where is it?"),
]
LOST = case("lost-1", "so my parcel has not arrived since last week")
TESTED = [LOST, case("other", "i was charged twice for my order in may")]


def trained(cases):
    """Return the nearest of two training rows."""
    some = rows(("my parcel is still not here since last week, what then", "x"), ("where is the door", "y"))
    return nearest_rows(some, cases, (), 1)


def test_requests_near_lost_cases_and_far_from_rows_come_first():
    """What is nearly a case would be a leak; what is nearly a row, or an earlier pick, teaches nothing new."""
    picked = pick(LOGS[:5], [LOST], TESTED, trained, 5)

    assert [one.place for one in picked] == ["log:2", "log:3"]
    assert "like the lost case lost-1; the nearest training row is" in picked[0].reason
    assert picked[1].reason.startswith("the nearest training row is") or picked[1].reason == "no training row is alike"
    assert picked[0].text == LOGS[1].asked


def test_without_rows_or_losses_requests_are_picked_all_the_same():
    """Those far from the rows; or at random, which is said."""
    assert [one.place for one in pick(LOGS[2:3], [], [], trained, 5)] == ["log:3"]
    (picked,) = pick(LOGS[2:3], [], [], None, 5)
    assert picked.reason == "drawn at random"
    assert len(pick(LOGS[:4], [], [], None, 2)) == 2
    assert pick([], [LOST], TESTED, trained, 5) == []


def test_drawing_is_seeded_and_takes_each_text_once():
    """The same seed draws the same, also where there are too many."""
    assert sorted(one.place for one in draw(LOGS, 0)) == [f"log:{n}" for n in range(1, 6)]
    assert draw(LOGS, 1, 3) == draw(iter(LOGS), 1, 3)
    assert len({tuple(one.place for one in draw(LOGS, seed, 3)) for seed in range(20)}) > 5
    assert draw([asked("x", "  ")], 0) == []
