"""any_right, all_right and majority: pass@k by hand and by counting, votes, ties, and what can't be folded."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.scored import CaseScore, Score
from harness.scorers import all_right, any_right, exact_match, latency, majority, predicts_label
from harness.scorers.repeats import OverRepeats, fold_items, fold_scores
from harness.scorers.scoring import describe

EXACT = exact_match()


def answers_of(*values: float | None):
    """Return answers with these scores."""
    return [
        (Response(request_key=f"k{place}", text=str(value)), Score(value=value, reason="why", category="bad"))
        for place, value in enumerate(values)
    ]


def said(*texts: str, right: str):
    """Return answers with these texts, scored right or wrong."""
    return [
        (Response(request_key="k", text=text), Score(value=float(text.strip().casefold() == right), reason=text))
        for text in texts
    ]


@pytest.mark.parametrize(
    ("k", "any_of", "all_of"),
    [
        (1, 3 / 10, 3 / 10),
        (2, 1 - (7 * 6) / (10 * 9), (3 * 2) / (10 * 9)),
        (5, 1 - (7 * 6 * 5 * 4 * 3) / (10 * 9 * 8 * 7 * 6), 0.0),
        (8, 1.0, 0.0),
        (None, 1.0, 0.0),
    ],
)
def test_pass_at_k_of_three_right_answers_in_ten(k, any_of, all_of):
    """1 - C(7, k) / C(10, k), by hand; not 1 - (1 - 3/10) ** k, which is biased."""
    answers = answers_of(*[1.0] * 3, *[0.0] * 7)

    assert any_right(EXACT, k).score(answers).value == pytest.approx(any_of)
    assert all_right(EXACT, k).score(answers).value == pytest.approx(all_of)


@given(values=st.lists(st.sampled_from([0.0, 0.4, 0.5, 1.0]), min_size=1, max_size=7), data=st.data())
def test_the_estimates_are_the_shares_of_all_choices_of_k_answers(values, data):
    """Counted one by one."""
    k = data.draw(st.integers(1, len(values)))
    choices = list(itertools.combinations([value >= 0.5 for value in values], k))

    assert any_right(EXACT, k).score(answers_of(*values)).value == pytest.approx(sum(map(any, choices)) / len(choices))
    assert all_right(EXACT, k).score(answers_of(*values)).value == pytest.approx(sum(map(all, choices)) / len(choices))


def test_the_estimate_of_pass_at_k_is_unbiased():
    """Over all outcomes of five answers that are right with probability 0.3, its mean is 1 - 0.7 ** 2."""
    mean = math.fsum(
        math.comb(5, c)
        * 0.3**c
        * 0.7 ** (5 - c)
        * any_right(EXACT, 2).score(answers_of(*[1.0] * c, *[0.0] * (5 - c))).value
        for c in range(6)
    )

    assert mean == pytest.approx(1 - 0.7**2)


def test_a_score_over_repeats_says_how_many_are_right_and_what_was_wrong():
    """The category is that of the first wrong answer; a right case has none."""
    wrong = all_right(EXACT).score(answers_of(1.0, 0.0, 0.0))
    right = any_right(EXACT).score(answers_of(1.0, 0.0, 0.0))

    assert (wrong.value, wrong.reason, wrong.category) == (0.0, "1 of 3 answers are right", "bad")
    assert (right.value, right.reason, right.category) == (1.0, "1 of 3 answers are right", "")


@pytest.mark.parametrize("make", [any_right, all_right, majority])
def test_a_case_with_an_unscored_answer_is_unscored(make):
    """Its missing answer could change the score, so nobody knows it."""
    score = make(EXACT).score(answers_of(1.0, None, 1.0))

    assert (score.value, score.reason) == (None, "why")


def test_the_majority_is_scored():
    """Letters' case and white space don't make another answer."""
    won = majority(EXACT).score(said("bug", "billing", " Bug", right="bug"))
    lost = majority(EXACT).score(said("bug", "billing", "Billing", right="bug"))

    assert (won.value, won.reason) == (1.0, "bug")
    assert (lost.value, lost.reason) == (0.0, "billing")


def test_of_two_readings_with_as_many_votes_the_first_counts():
    """Repeats are drawn alike, so which came first is chance."""
    assert majority(EXACT).score(said("bug", "billing", "billing", "bug", right="bug")).value == 1
    assert majority(EXACT).score(said("billing", "bug", "bug", "billing", right="bug")).value == 0


def test_a_scorer_of_labels_votes_by_the_label_that_it_reads():
    """Three answers in other words name one label."""
    scorer = majority(predicts_label(("bug", "billing")))
    answers = [
        (Response(request_key="k", text=text), Score(value=value, classes=("bug", label)))
        for text, value, label in (("It is a bug", 1.0, "bug"), ("x", 0.0, "billing"), ("A bug.", 1.0, "bug"))
    ]

    assert scorer.score(answers).classes == ("bug", "bug")


def last_word(text: str) -> str:
    """Read the last word."""
    return text.rsplit(maxsplit=1)[-1]


def test_a_reader_says_which_part_of_an_answer_votes():
    """Two ways to the same number are one answer."""
    scores = [
        (Response(request_key="k", text=text), Score(value=float(text.endswith("18"))))
        for text in ("so it is 20", "thus 18", "we get 18")
    ]

    assert majority(EXACT, read=last_word).score(scores).value == 1
    assert majority(EXACT).score(scores).value == 0


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2"])
def test_k_is_a_positive_whole_number(k):
    """Refused when the test file is read."""
    with pytest.raises(ScorerError, match="k must be a whole number from 1 on"):
        any_right(EXACT, k)


@pytest.mark.parametrize("inner", [latency(), any_right(EXACT), "exact"])
def test_only_scorers_of_single_answers_are_folded(inner):
    """A quantity has no right or wrong, and a fold of folds means nothing."""
    with pytest.raises(ScorerError, match="give it a scorer of single answers"):
        all_right(inner)


def test_fewer_repeats_than_k_are_refused():
    """They can't show pass@k; one answer has no majority."""
    any_right(EXACT, 4).refuse_too_few(4)
    any_right(EXACT).refuse_too_few(1)

    with pytest.raises(ScorerError, match=r"needs 5 answers to each case, but the suite asks 4; write repeats=5"):
        any_right(EXACT, 5).refuse_too_few(4)
    with pytest.raises(ScorerError, match="needs 2 answers"):
        majority(EXACT).refuse_too_few(1)


def test_a_fold_names_itself_by_its_call_and_equals_its_like():
    """Both decide which scores belong together."""
    assert describe(any_right(EXACT, k=5)) == "any_right(exact_match(), k=5)"
    assert describe(majority(EXACT, read=last_word)) == "majority(exact_match(), read=last_word)"
    assert any_right(EXACT, 5) == any_right(exact_match(), 5)
    assert any_right(EXACT, 5) != all_right(EXACT, 5)
    assert isinstance(any_right(EXACT), OverRepeats)


def test_each_case_gets_one_score_at_its_first_answer():
    """With its group and tags; cases stay in order."""
    items = tuple(
        CaseScore(
            case_id=case, group="g", tags=("t",), repeat=repeat, request_key=f"{case}{repeat}", score=Score(value=value)
        )
        for case, values in (("b", (0.0, 1.0)), ("a", (0.0, 0.0)))
        for repeat, value in enumerate(values)
    )
    responses = [Response(request_key=item.request_key) for item in items]

    folded = fold_items(any_right(EXACT), items, responses)

    assert [(one.case_id, one.request_key, one.score.value) for one in folded] == [("b", "b0", 1.0), ("a", "a0", 0.0)]
    assert {(one.group, one.tags, one.repeat) for one in folded} == {("g", ("t",), 0)}
    pairs = [(item.case_id, response) for item, response in zip(items, responses, strict=True)]
    assert [
        (case, score.value) for case, score in fold_scores(all_right(EXACT), pairs, [item.score for item in items])
    ] == [("b", 0.0), ("a", 0.0)]
