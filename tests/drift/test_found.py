"""Verdicts of figures and questions: what is beyond a margin, what is within it, and what nobody can tell."""

import pytest

from harness.drift.apart import by_kind, by_size, by_words, told_apart, words_of
from harness.drift.decided import Limits, question_of
from harness.drift.found import Figure, worst
from harness.drift.unpaired import beyond_p_value, change_at, share_at

LIMITS = Limits(margin=0.05, alpha=0.00135)


def question(now: tuple[int, int], then: tuple[int, int], worse: str = "lower"):
    """Return a question of one figure: so many of so many in the logs, and at release."""
    figure = Figure(name="valid_json()", against="release", worse=worse)
    return question_of("answers", [(figure, change_at(share_at(*now), share_at(*then)))], LIMITS)


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


def test_the_interval_of_a_change_is_newcombes():
    """Method 10 of Newcombe (1998), table II: 56/70 and 48/80."""
    change = change_at(share_at(56, 70), share_at(48, 80))(0.95)

    assert (change.mean, change.low, change.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_p_value_is_the_rate_at_which_the_interval_leaves_the_margin():
    """A margin at the end of the one-sided 95 % interval has p = 0.05."""
    change = change_at(share_at(56, 70), share_at(48, 80))

    assert beyond_p_value(change, change(0.9).low, "higher") == pytest.approx(0.05)
    assert beyond_p_value(change, 0.25, "higher") == 1.0


def test_p_values_are_corrected_for_the_figures_of_a_question():
    """Of ten that are alike, each has ten times its own (Holm)."""
    one = change_at(share_at(880, 1000), share_at(980, 1000))
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
    bills, bugs = (
        [words_of(f"the invoice {n} is wrong") for n in range(60)],
        [words_of(f"no page {n}") for n in range(60)],
    )

    assert told_apart(short, long, by_size, 0)(0.95).mean == 1.0
    assert told_apart(long, short, by_size, 0)(0.95).mean == 1.0
    assert abs(told_apart(short, short, by_size, 0)(0.95).mean) < 0.15
    assert told_apart(["en"] * 100, ["en"] * 50 + ["es"] * 50, by_kind, 0)(0.95).mean == pytest.approx(0.5)
    assert told_apart(bills, bugs, by_words, 0)(0.95).mean == 1.0
    assert told_apart(bills, bugs[:5], by_words, 0) is None
