"""Verdicts of figures and questions: what is beyond a margin, what is within it, and what nobody can tell."""

import pytest

from harness.drift.decided import Limits, question_of
from harness.drift.found import Figure, worst
from harness.drift.words import words_apart
from harness.stats.held_out import by_kind, by_size, told_apart
from harness.stats.independent import share_change
from harness.stats.summed import Counted

LIMITS = Limits(margin=0.05, alpha=0.00135)


def question(now: tuple[int, int], then: tuple[int, int], worse: str = "lower"):
    """Return a question of one figure: so many of so many in the logs, and at release."""
    figure = Figure(name="valid_json()", against="release", worse=worse)
    return question_of("answers", [(figure, changed(now, then))], LIMITS)


def changed(now: tuple[int, int], then: tuple[int, int]):
    """Return how a share changed: so many of so many."""
    return share_change(Counted(k=then[0], n=then[1]), Counted(k=now[0], n=now[1]))


@pytest.mark.parametrize(
    ("now", "then", "worse", "verdict"),
    [
        ((700, 1000), (980, 1000), "lower", "drifted"),
        ((980, 1000), (980, 1000), "lower", "steady"),
        ((1000, 1000), (700, 1000), "lower", "steady"),
        ((45, 50), (49, 50), "lower", "too little to tell"),
        ((700, 1000), (980, 1000), "higher", "steady"),
        ((300, 1000), (20, 1000), "higher", "drifted"),
        ((300, 1000), (20, 1000), "either", "drifted"),
        ((20, 1000), (300, 1000), "either", "drifted"),
    ],
)
def test_a_share_is_held_against_its_margin_in_the_direction_that_is_worse(now, then, worse, verdict):
    """What became better is no drift, and few requests decide nothing."""
    assert question(now, then, worse).verdict == verdict


def test_p_values_are_corrected_for_the_figures_of_a_question():
    """Of ten that are alike, each has ten times its own (Holm)."""
    one = changed((880, 1000), (980, 1000))
    figure = Figure(name="f", against="release", worse="lower")

    alone = question_of("answers", [(figure, one)], LIMITS).figures[0]
    among = question_of("answers", [(figure, one)] * 10, LIMITS).figures[0]

    assert among.p_value == pytest.approx(10 * alone.p_value)


def test_nothing_compared_is_never_steady():
    """Neither a question without figures, nor one whose figures can't be told."""
    assert question_of("inputs", [], LIMITS).verdict == "too little to tell"
    assert (
        question_of("inputs", [(Figure(name="words", against="suite"), None)], LIMITS).verdict == "too little to tell"
    )
    assert worst([]) == "too little to tell"


def test_groups_are_told_apart_by_size_kind_and_words_and_not_where_they_are_the_same():
    """The figure is near 1 where a rule is always right, and near 0 where there is none."""
    short, long = [float(n % 50) for n in range(200)], [float(60 + n % 50) for n in range(200)]
    bills, bugs = [f"invoice {n % 7} of {n % 5}" for n in range(60)], [f"no page {n % 7} loads" for n in range(60)]

    assert told_apart(short, long, by_size, 0).estimate.mean == 1.0
    assert told_apart(long, short, by_size, 0).estimate.mean == 1.0
    assert abs(told_apart(short, short, by_size, 0).estimate.mean) < 0.15
    assert told_apart(["en"] * 100, ["en"] * 50 + ["es"] * 50, by_kind, 0).estimate.mean == pytest.approx(0.5)
    assert words_apart(bills, bugs, 0, 0.01).estimate.mean == 1.0
    assert words_apart(bills, bugs, 0, 0.01).p_value < 0.01 / 5
    assert words_apart(bills[:30], bills[30:], 0, 0.01).p_value > 0.05
    assert told_apart(short, long[:5], by_size, 0) is words_apart(bills, bugs[:5], 0, 0.01) is None


def test_a_figure_without_a_value_says_why_beside_one_that_drifted():
    """Such as that of a judge whom nobody trusts: somebody asked for it."""
    judge = Figure(name="judge: tidy", against="release", reason="tidy was never checked")
    worse = Figure(name="valid_json()", against="release", worse="lower")
    little = changed((45, 50), (49, 50))
    found = [(judge, None), (worse, changed((700, 1000), (980, 1000))), (worse, little)]

    reasons = question_of("answers", found, LIMITS).reasons

    assert [one.partition(" (")[0] for one in reasons] == ["valid_json()", "judge: tidy"]
    assert reasons[1].endswith("tidy was never checked")
