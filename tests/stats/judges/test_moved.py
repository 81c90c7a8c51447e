"""A mean that is bet on day by day: right values, both directions, and an error rate that looking does not raise."""

import math

import numpy as np
import pytest

from harness.stats.judges.moved import (
    COST,
    SHARES,
    Span,
    divergence,
    log_bets,
    log_e_values,
    number,
    span_of_mean,
    tally,
    values_needed,
)

EVEN = np.full(len(SHARES), 1 / len(SHARES))


def test_the_interval_of_zeros_and_ones_is_exact_and_that_of_others_a_chernoff_bound():
    """9 of 10 at 95 %, by Clopper and Pearson; of halves, both ends are where n KL is log(2 / error)."""
    assert span_of_mean([1.0] * 9 + [0.0], 0.05) == pytest.approx((0.5550, 0.9975), abs=1e-4)
    low, high = span_of_mean([0.5] * 100, 0.05)
    assert 100 * divergence(0.5, low) == pytest.approx(math.log(40))
    assert low + high == pytest.approx(1.0)
    assert span_of_mean([], 0.05) == (0.0, 1.0)
    assert span_of_mean([0.5], 0.05).low == pytest.approx(1 / 6400, abs=1e-6)  # 4 m (1 - m) = (1 / 40) ** 2


def test_a_bet_grows_by_the_likelihood_ratio_of_each_value():
    """Two ones and a nought against a bound of 1/2: with q = .465 it is .93^2 * 1.07; a half is halfway."""
    bets = log_bets(tally([[1.0, 1.0, 0.0], [], [0.5]]), 0.5, falls=True)

    assert bets.shape == (3, len(SHARES))
    assert bets[0, 0] == pytest.approx(math.log(0.93 * 0.93 * 1.07))
    assert bets[1].tolist() == [0.0] * len(SHARES)
    assert bets[2].tolist() == pytest.approx([0.0] * len(SHARES))


def test_falling_and_rising_are_mirror_images():
    """What falls below .3 is what rises above .7, turned round."""
    days = [[1.0, 0.0, 0.2], [0.9]]
    turned = [[1 - value for value in day] for day in days]

    assert log_bets(tally(days), 0.3, falls=True) == pytest.approx(log_bets(tally(turned), 0.7, falls=False))


@pytest.mark.parametrize(("bound", "falls"), [(0.0, True), (1.0, False)])
def test_nothing_is_bet_beyond_the_ends(bound, falls):
    """A mean can't be below 0."""
    assert not log_bets(tally([[0.0, 1.0]]), bound, falls=falls).any()


def test_no_bet_grows_in_expectation_at_its_bound():
    """The mean of the factors over 0 and 1 with the bound's chances is 1."""
    for bound in (0.1, 0.5, 0.9):
        for falls in (True, False):
            of_one, of_nought = np.exp(log_bets(tally([[1.0], [0.0]]), bound, falls=falls))
            assert bound * of_one + (1 - bound) * of_nought == pytest.approx(1.0)


def test_the_money_is_split_over_the_days_on_which_a_change_can_begin():
    """One bet that doubles each day: 1/2 begins at once, 1/6 on day two, 1/12 on day three; the rest still waits."""
    logs = np.full((3, 1), math.log(2))
    one = np.array([1.0])

    late = [1 / 2 * 2 + 1 / 2, 1 / 2 * 4 + 1 / 6 * 2 + 1 / 3, 1 / 2 * 8 + 1 / 6 * 4 + 1 / 12 * 2 + 1 / 4]
    assert np.exp(log_e_values(logs, one)).tolist() == pytest.approx(late)
    chosen = [1 / 2 + late[0] / 2, 2 / 2 + late[1] / 2, 4 / 2 + late[2] / 2]
    assert np.exp(log_e_values(logs, one, 1)).tolist() == pytest.approx(chosen)
    waiting = [1 / 2 + each / 2 for each in late]
    assert np.exp(log_e_values(logs, one, 3)).tolist() == pytest.approx(waiting)


def test_an_e_value_is_a_number_however_large():
    """And no day gives none."""
    assert number(5000.0) == math.exp(700)
    assert log_e_values(np.empty((0, 1)), np.array([1.0])).tolist() == []


def test_a_value_outside_is_refused():
    """NaN too."""
    for value in (1.2, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
            tally([[0.5], [value]])


def test_how_many_values_it_takes():
    """More for a smaller change, and none are enough within the interval."""
    span = Span(0.8, 0.9)

    assert values_needed(span, 0.85, 80) is None
    assert values_needed(span, 0.5, 80) == math.ceil(math.log(80 * COST) / divergence(0.5, 0.8)) == 65
    assert values_needed(span, 0.7, 80) == 508
    assert values_needed(span, 1.0, 80) == math.ceil(math.log(80 * COST) / math.log(1 / 0.9))


def test_looking_every_day_raises_no_more_alarms_than_are_promised():
    """2,000 streams of 40 days at the bound itself, seeded: 1 / 20 is the promise, and a late change is found."""
    drawn = np.random.default_rng(7)
    quiet, late = 0, 0
    for _ in range(2000):
        logs = log_bets(tally(drawn.binomial(1, 0.8, (40, 3)).astype(float).tolist()), 0.8, falls=True)
        quiet += number(log_e_values(logs, EVEN).max()) >= 20
    for _ in range(20):
        days = [*drawn.binomial(1, 0.8, (30, 20)).tolist(), *drawn.binomial(1, 0.4, (10, 20)).tolist()]
        late += number(log_e_values(log_bets(tally(days), 0.8, falls=True), EVEN)[-1]) >= 20

    assert quiet <= 100
    assert late == 20
