"""Bets against a mean of all cases, from those asked so far."""

from itertools import permutations

import pytest

from harness.stats import betting_p_value


def test_a_bet_is_made_from_the_values_before_it() -> None:
    """The first two bets, by hand."""
    # Before the first value nothing is known, so nothing is bet. After a 1 of four the other three have a mean of 1/3,
    # if all have 1/2. Expected are (1/2 + 1) / 2 = 3/4, with a variance of (1/4 + 1/16) / 2, so the bet is 24/19.
    assert betting_p_value([1.0], 4, 0.5) == 1.0
    assert betting_p_value([1.0, 1.0], 4, 0.5) == pytest.approx(1 / (1 + 24 / 19 * (1 - 1 / 3)))


def test_a_sum_that_the_mean_does_not_allow_is_certain() -> None:
    """Two wins of ten are more than a mean of .19 allows, whatever follows."""
    assert betting_p_value([0.0, 1.0, 1.0], 10, 0.19) == 0.0
    assert betting_p_value([0.0, 1.0, 1.0], 10, 0.2) > 0.0


def test_what_was_once_won_counts_at_every_later_look() -> None:
    """The p value is that of the best moment, so that it never rises."""
    values = [0.9, 0.8, 0.9, 1.0, 0.9, 0.8]

    won = betting_p_value(values, 100, 0.4)

    assert betting_p_value([*values, 0.0, 0.1, 0.0], 100, 0.4) == won < 1


@pytest.mark.parametrize("values", [(0.0, 0.0, 1.0, 1.0, 1.0, 1.0), (0.2, 0.5, 0.5, 0.6, 0.9, 1.0)])
def test_of_all_orders_no_more_err_than_the_p_value_says(values: tuple[float, ...]) -> None:
    """Every order of a small suite is tried, which is all the chance that there is."""
    mean = sum(values) / len(values)

    ends = [betting_p_value(order, len(values), mean + 1e-12) for order in permutations(values)]

    for error in sorted(set(ends)):
        assert sum(end <= error for end in ends) <= error * len(ends) + 1e-6
    assert min(ends) < 0.9


def test_without_values_nothing_is_known() -> None:
    """Nothing is ruled out before the first case."""
    assert betting_p_value([], 10, 0.5) == 1.0


@pytest.mark.parametrize(("values", "of", "mean"), [([0.5] * 3, 2, 0.5), ([0.5], 2, 1.5), ([1.5], 2, 0.5)])
def test_impossible_values_are_refused(values: list[float], of: int, mean: float) -> None:
    """More values than cases, and what is outside the range, are mistakes of the caller."""
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        betting_p_value(values, of, mean)
