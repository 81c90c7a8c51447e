"""Judges whose verdicts are known, checked: a good one is trusted, and each fault is found by its figure."""

import datetime as dt
import itertools

import msgspec
import pytest

from harness.errors import RubricError
from harness.gating.judge_check import ask_about, ask_for_check, requests_of
from harness.judges.check import checked
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.judged import JudgeCheck
from harness.records.scored import Criterion, Rubric
from harness.scorers.judges.judge import judge_identity
from harness.scorers.judges.rubric import named_rubric
from tests.judges.made import (
    COMPLETENESS,
    HELPFULNESS,
    asking,
    better,
    by_chance,
    first,
    judge_of,
    longest,
    paired_evenly,
    perfect,
    rated,
    rated_evenly,
    worths,
)

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)


def check_of(verdict, rubric=COMPLETENESS, count=100) -> JudgeCheck:
    """Check a judge against labels."""
    labels = rated_evenly(count) if rubric is COMPLETENESS else paired_evenly(count)
    return checked(rubric, ask_for_check(judge_of(rubric), labels, asking(verdict)), NOW)


@pytest.mark.parametrize("rubric", [COMPLETENESS, HELPFULNESS])
def test_a_perfect_judge_is_trusted(rubric):
    """It agrees always, says the same each time, and prefers nothing."""
    check = check_of(perfect, rubric)

    assert (check.outcome, check.kappa.mean, check.agreement.mean) == ("trusted", 1.0, 1.0)
    assert (check.labels, check.independent, check.repeated.mean, check.unreadable.mean) == (100, 100, 1.0, 0.0)
    assert check.judge == judge_identity(judge_of(rubric))
    assert (check.digest, check.checked) == (rubric.digest, "2026-11-27T12:00:00+00:00")
    assert len(check.fixed) == 20
    assert sum(map(sum, check.table)) == sum(row[place] for place, row in enumerate(check.table)) == 100


def test_a_judge_by_chance_is_not_trusted():
    """Its kappa says so."""
    check = check_of(by_chance)

    assert check.outcome == "untrusted"
    assert abs(check.kappa.mean) < 0.25
    assert check.reasons[0].startswith("kappa ")
    assert check.reasons[0].endswith("is below 0.6")


def test_a_judge_of_length_is_found():
    """It prefers the longer answer, and people don't."""
    check = check_of(longest, HELPFULNESS)

    assert check.outcome == "untrusted"
    assert check.longer_wins.mean == 1.0
    assert check.beyond_people.mean == pytest.approx(0.5, abs=0.03)
    assert any(reason.startswith("it prefers longer answers more than people do: +0.") for reason in check.reasons)


def test_a_judge_of_length_is_found_on_a_scale_too():
    """There each of the shorter half of the answers meets one of the longer half."""
    check = check_of(longest)

    assert check.longer_wins.mean > 0.9
    assert check.beyond_people.low > 0.15


def test_a_judge_of_the_first_place_is_found():
    """Ties and near decisions go to what it reads first, so they change when the answers change places."""
    check = check_of(first, HELPFULNESS)

    assert check.outcome == "untrusted"
    assert check.first_place.mean == pytest.approx(0.33)
    assert any(reason.startswith("it prefers what it reads first: +0.3") for reason in check.reasons)


def test_too_few_labels_decide_nothing():
    """However well the judge does on them."""
    check = check_of(perfect, count=59)

    assert (check.outcome, check.kappa.mean) == ("too few labels", 1.0)
    assert check.reasons == ("59 labels, 59 independent cases: 60 are needed",)


def test_labels_of_one_group_count_as_one():
    """A hundred answers to ten questions are ten independent cases."""
    labels = [msgspec.structs.replace(one, group=f"g{place % 10}") for place, one in enumerate(rated_evenly(100))]

    check = checked(COMPLETENESS, ask_for_check(judge_of(), labels, asking(perfect)), NOW)

    assert (check.labels, check.independent, check.outcome) == (100, 10, "too few labels")


def test_a_judge_that_says_something_else_each_time_is_found():
    """Only the answers that are asked again show it."""
    turn = itertools.count()

    def fickle(request: Request) -> str:
        level = worths(request)[0]
        return f'{{"score": {level if not request.again or next(turn) % 2 else 6 - level}}}'

    check = check_of(fickle)

    assert check.outcome == "untrusted"
    assert check.kappa.mean == 1.0
    assert check.repeated.mean == 0.6  # level 3 is its own mirror image, and a label is asked twice more
    assert check.reasons[0].startswith("only ")


def test_what_cannot_be_read_is_counted_and_a_failed_call_is_not():
    """The one is a fault of the judge, the other none: it leaves the check open, whatever else it says."""

    def mumbles(request: Request) -> str:
        return "I like it." if worths(request)[0] == 1 else perfect(request)

    def fails(request: Request) -> str | Response:
        return Response(request_key=request.key, error="timed out") if worths(request)[0] == 1 else perfect(request)

    unread, failed = check_of(mumbles), check_of(fails)

    assert (unread.outcome, unread.unreadable.mean, unread.agreement.mean) == ("untrusted", 0.2, 1.0)
    assert (unread.agreement_of_all.mean, unread.independent) == (0.8, 100)
    assert (failed.outcome, failed.unreadable.mean, failed.labels) == ("too few labels", 0.0, 80)
    assert failed.reasons[0].startswith(
        "36 verdicts could not be had, the first: the judge gave no verdict: timed out; "
    )


def test_a_failed_call_of_a_further_asking_leaves_a_check_open_too():
    """Without a measure of repetition nobody could notice another model."""

    def fails(request: Request) -> str | Response:
        return Response(request_key=request.key, error="timed out") if request.again else perfect(request)

    check = check_of(fails)

    assert (check.outcome, check.kappa.mean, check.repeated) == ("too few labels", 1.0, None)


def test_what_needs_no_judge_tells_nothing_of_it():
    """An empty answer is level 1 without a call."""
    labels = [rated(1, 5), msgspec.structs.replace(rated(2, 1), answer=" ")]

    readings = ask_about(judge_of(), labels, asking(perfect))

    assert [one.label for one in readings] == labels[:1]
    assert len(requests_of(judge_of(), labels)) == 3


def test_a_rubric_with_an_expected_answer_needs_labels_with_one():
    """By the id of the case."""
    rubric = named_rubric("correctness")
    label = msgspec.structs.replace(rated(1, 5), rubric="correctness")

    with pytest.raises(RubricError, match="case-001"):
        ask_about(judge_of(rubric), [label], asking(perfect))


def test_a_pair_keeps_what_each_order_said():
    """The answer shown first is better in both: that is flipped."""
    [reading] = ask_about(judge_of(HELPFULNESS), paired_evenly(1), asking(lambda _request: better(1, 0)))

    assert (reading.value, reading.flipped, reading.orders) == (0.5, True, (1.0, 1.0))
    assert reading.words == ('{"better": "A"}',) * 2


def test_criteria_are_each_asked_by_their_own_scale():
    """A label of three levels stands on the finest scale where it is nearest; both criteria share one call."""
    rubric = Rubric(
        id="reply",
        version=1,
        kind="scale",
        question="Is it good?",
        prompt='{{ question }} {{ criteria }} {{ answer }} {"format": N, "tone": N}',
        criteria={
            "format": Criterion(question="Is it neat?", levels={"0": "no", "1": "partly", "2": "yes"}),
            "tone": Criterion(question="Is it kind?", levels={str(level): "x" for level in range(1, 6)}),
        },
    )
    labels = [
        msgspec.structs.replace(rated(1, level), rubric="reply", criterion=criterion)
        for criterion, level in (("format", 2), ("format", 1), ("tone", 2), ("tone", 4))
    ]

    check = checked(
        rubric, ask_for_check(judge_of(rubric), labels, asking(lambda _request: '{"format": 2, "tone": 4}')), NOW
    )

    assert check.levels == ("1", "2", "3", "4", "5")
    assert check.table == ((0,) * 5, (0, 0, 0, 1, 0), (0, 0, 0, 0, 1), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1))
    assert check.independent == 1


def test_five_verdicts_on_pairs_are_read_as_who_is_better():
    """By far or not; a judge that says the same each time has an order of each."""
    five = msgspec.structs.replace(HELPFULNESS, verdicts=5)
    pair = paired_evenly(1)

    [reading] = ask_about(
        judge_of(five), pair, asking(lambda request: f'{{"better": "{"A" if worths(request)[0] > 2 else "B by far"}"}}')
    )

    assert (reading.value, reading.flipped, reading.orders) == (0.75, False, (-1.0, 0.5))
