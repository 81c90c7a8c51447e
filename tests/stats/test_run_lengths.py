"""Average run lengths against the published tables, and the limits that follow from them."""

import pytest

from harness.stats.run_lengths import average_run_length, half_width, width_for

SHIFTS = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4)
PUBLISHED = {
    (0.4, 3.054): (500, 224, 71.2, 28.4, 14.3, 5.9, 3.5, 2.5, 2.0, 1.4),
    (0.25, 2.998): (500, 170, 48.2, 20.1, 11.1, 5.5, 3.6, 2.7, 2.3, 1.7),
    (0.2, 2.962): (500, 150, 41.8, 18.2, 10.5, 5.5, 3.7, 2.9, 2.4, 1.9),
    (0.1, 2.814): (500, 106, 31.3, 15.9, 10.3, 6.1, 4.4, 3.4, 2.9, 2.2),
    (0.05, 2.615): (500, 84.1, 28.8, 16.4, 11.4, 7.1, 5.2, 4.2, 3.5, 2.7),
}
"""Lucas and Saccucci (1990), Technometrics 32:1, as in Montgomery, Introduction to Statistical Quality Control,
section 9.2.2: by weight of a day and width of the limits, for shifts of the mean in standard deviations."""


@pytest.mark.parametrize(("weight", "width"), PUBLISHED)
def test_run_lengths_are_those_of_lucas_and_saccucci(weight: float, width: float) -> None:
    """Within what their three digits leave open; their own are from a Markov chain."""
    found = [average_run_length(width, weight, shift) for shift in SHIFTS]

    assert found == pytest.approx(PUBLISHED[weight, width], rel=0.004, abs=0.06)


def test_a_weight_of_one_is_shewharts_chart() -> None:
    """No memory: three standard errors are left once in 1 / 0.0027 days, by chance."""
    assert average_run_length(3.0, 1.0) == pytest.approx(370.4, abs=0.1)


@pytest.mark.parametrize(("days", "weight"), [(370, 0.2), (370 * 12, 0.1), (100_000, 0.4)])
def test_limits_give_the_days_that_were_asked_for(days: float, weight: float) -> None:
    """Back and forth."""
    assert average_run_length(width_for(days, weight), weight) == pytest.approx(days, rel=1e-6)


def test_the_half_width_is_that_of_the_average_in_the_long_run() -> None:
    """By hand: 3 sqrt(.2 / 1.8) = 1."""
    assert half_width(3.0, 0.2) == pytest.approx(1.0)


@pytest.mark.parametrize(("days", "weight"), [(1, 0.2), (float("nan"), 0.2), (370, 0.0), (370, 1.5)])
def test_impossible_charts_are_refused(days: float, weight: float) -> None:
    """Each day alarms, or no day counts."""
    with pytest.raises(ValueError, match="must be from"):
        width_for(days, weight)
