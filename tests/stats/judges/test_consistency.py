"""How steady a judge is: published tables, known figures of public data, hostile input."""

import math

import pytest

from harness.stats.judges import (
    BothOrders,
    JudgedLengths,
    length_preference,
    stability,
    swap_consistency,
    unreadable_rate,
)


def test_gpt_4_flips_380_of_2400_pairs_of_mt_bench():
    """16 %, with Wilson's interval."""
    pairs = [BothOrders(1, -1)] * 2020 + [BothOrders(1, 1)] * 380

    flips = swap_consistency(pairs).flips

    assert (flips.mean, flips.low, flips.high) == pytest.approx((0.1583, 0.1443, 0.1735), abs=5e-5)


def test_a_judge_that_always_takes_the_first_is_seen():
    """It flips each time; one that takes the better answer wherever it is does not, and has no preference."""
    first = swap_consistency([BothOrders(1, 1)] * 20)
    fair = swap_consistency([BothOrders(1, -1), BothOrders(-1, 1), BothOrders(0, 0)] * 20)

    assert (first.flips.mean, first.first_place.mean) == (1, 1)
    assert first.first_place.low > 0.6
    assert (fair.flips.mean, fair.first_place.mean) == (0, 0)
    assert fair.first_place.low < 0 < fair.first_place.high


@pytest.mark.parametrize(
    ("straight", "swapped", "flipped"),
    [(1, -1, False), (-1, 1, False), (0, 0, False), (0.5, -1, False), (1, 0, True), (0, -0.5, True), (-1, -1, True)],
)
def test_a_flip_is_another_winner(straight, swapped, flipped):
    """Much better and better are the same winner; a tie in one order alone is a flip."""
    assert BothOrders(straight, swapped).flipped is flipped


def test_icc_of_its_inventors_table():
    """Shrout and Fleiss (1979), table 4: ICC(1, 1) .17 and ICC(1, 4) .44 of six targets by four judges."""
    scores = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

    found = stability(scores, [None] * 6)

    assert found.icc.mean == pytest.approx(0.166, abs=5e-4)
    assert found.reliability == pytest.approx(0.443, abs=5e-4)
    assert found.icc.low < 0 < found.icc.high


def test_the_mean_of_three_scores_is_as_reliable_as_the_oracle_says():
    """ICC(1) .851 of single scores of GPT-4 gives .945 for the mean of three; here by scores with that ICC."""
    spread = math.sqrt(2 / 3 * (1 / 0.851 - 1))
    scores = [[base + spread * step for step in (-1, 0, 1)] for base in (-1.0, 1.0) for _ in range(50)]
    within = 1.5 * spread**2 * 2 / 3

    found = stability(scores, [None] * 100)

    between = 100 / 99 - within / 3
    assert found.icc.mean == pytest.approx(between / (between + within), abs=1e-9)
    assert found.icc.mean == pytest.approx(0.851, abs=0.05)
    assert found.reliability == pytest.approx(3 * found.icc.mean / (1 + 2 * found.icc.mean))
    assert found.reliability == pytest.approx(0.945, abs=0.02)


def test_scores_that_never_change_are_no_proof():
    """20 answers, each judged twice the same: agreement in full, with room below; one level alone has no ICC."""
    steady = stability([[1, 1], [5, 5]] * 10, [None] * 20)
    flat = stability([[3, 3, 3]] * 20, [None] * 20)

    assert (steady.icc.mean, steady.full_agreement.mean, steady.repeats) == (1, 1, 2)
    assert 0.4 < steady.icc.low < 0.9
    assert 0.8 < steady.full_agreement.low < 0.9
    assert (flat.icc, flat.reliability) == (None, None)
    assert flat.full_agreement.mean == 1


def test_answers_with_one_score_say_nothing():
    """And none is no figure; unequal numbers are weighed."""
    found = stability([[1], [], [1, 2], [4, 4, 5]], [None] * 4)

    assert stability([[1], []], [None, None]) is None
    assert (found.full_agreement.n, found.repeats) == (2, 2.5)


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_a_score_that_is_none_is_refused(score):
    """Rather than made part of a mean."""
    with pytest.raises(ValueError, match="finite"):
        stability([[1, score], [2, 2]], [None, None])


def test_preferring_the_longer_is_a_fault_beyond_what_people_do():
    """People prefer it in 60 of 100, the judge in 80 of the same, of which 10 are against people."""
    pairs = (
        [JudgedLengths(1, 5, 1)] * 50 + [JudgedLengths(-1, -5, 1)] * 30
        + [JudgedLengths(-1, 5, 1)] * 10 + [JudgedLengths(1, -5, 1)] * 10
    )  # fmt: skip

    found = length_preference([*pairs, JudgedLengths(1, 0, 1), JudgedLengths(0, 3, 1), JudgedLengths(1, 3)])

    assert found.longer_wins.mean == pytest.approx(81 / 101)
    assert found.people.mean == pytest.approx(0.6)
    assert found.beyond_people.mean == pytest.approx(0.2)
    assert found.beyond_people.low > 0.05


def test_without_lengths_or_people_there_is_no_preference():
    """None, not 0."""
    assert length_preference([]).longer_wins is None
    alone = length_preference([JudgedLengths(1, 5)] * 3)
    assert (alone.longer_wins.mean, alone.people, alone.beyond_people) == (1, None, None)


def test_gpt_3_5_left_25_of_999_pairs_of_pandalm_unreadable():
    """2.5 %, with Wilson's interval."""
    rate = unreadable_rate(25, 999)

    assert (rate.mean, rate.low, rate.high) == pytest.approx((0.0250, 0.0170, 0.0367), abs=5e-5)
    assert unreadable_rate(0, 0) is None
    assert swap_consistency([]) is None


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3)])
def test_more_unreadable_than_verdicts_are_refused(counts):
    """As is less than none."""
    with pytest.raises(ValueError, match="unreadable <= verdicts"):
        unreadable_rate(*counts)
