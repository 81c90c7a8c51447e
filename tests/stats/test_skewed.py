"""Hall's t: agreement with scipy where nothing is skewed, its written form, and what it is for."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import skew, t, ttest_1samp

from harness.stats.skewed import skewed_interval, skewed_p_value, spread_of

SINGLE = (None,)


def symmetric(n: int, seed: int) -> list[float]:
    """Values around .03, each with its mirror image."""
    half = np.random.default_rng(seed).uniform(-0.3, 0.3, n // 2)
    return [0.03 + value for value in (*half.tolist(), *(-half).tolist())]


def test_without_skew_it_is_the_plain_t_test() -> None:
    """Values that mirror each other have scipy's p value and interval."""
    values = symmetric(40, 1)
    spread = spread_of(values, SINGLE * 40)
    expected = ttest_1samp(values, -0.02, alternative="greater")

    assert skewed_p_value(spread, -0.02) == pytest.approx(expected.pvalue)
    assert skewed_interval(spread, 0.95) == pytest.approx(tuple(ttest_1samp(values, 0).confidence_interval(0.95)))


def test_skewed_values_have_the_written_form() -> None:
    """Hall (1992), written down again without rearranging, with scipy's skewness."""
    values = (-np.random.default_rng(2).exponential(0.1, 80)).tolist()
    statistic = (np.mean(values) + 0.15) / (np.std(values, ddof=1) / math.sqrt(80))
    a = skew(values) / math.sqrt(80)
    transformed = statistic + a * statistic**2 / 3 + a**2 * statistic**3 / 27 + a / 6

    p_value = skewed_p_value(spread_of(values, SINGLE * 80), -0.15)

    assert p_value == pytest.approx(t.sf(transformed, 79))


def test_a_group_is_one_observation() -> None:
    """Equal groups of three have the spread of their means."""
    means = np.random.default_rng(3).uniform(-0.6, 0.4, 15)
    values = [float(mean + shift) for mean in means for shift in (-0.1, 0.0, 0.1)]

    grouped = spread_of(values, [f"document {place // 3}" for place in range(45)])
    alone = spread_of(means.tolist(), SINGLE * 15)

    assert (grouped.mean, grouped.error, grouped.skewness) == pytest.approx((alone.mean, alone.error, alone.skewness))
    assert grouped.clusters == 15


def test_one_large_loss_counts_for_more_than_its_share() -> None:
    """Ninety-nine small differences and one loss of .8: a plain t would rule out a drop of .05, Hall's does not."""
    jitter = symmetric(100, 4)[1:]
    values = [0.1 * value for value in jitter] + [-0.8]
    plain = ttest_1samp(values, -0.05, alternative="greater").pvalue

    p_value = skewed_p_value(spread_of(values, SINGLE * 100), -0.05)

    assert plain < 0.001
    assert p_value > 0.05


@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=30),
    st.integers(1, 4),
    st.sampled_from([0.8, 0.95]),
)
def test_the_interval_holds_the_mean_and_is_what_the_test_does_not_rule_out(
    values: list[float], size: int, level: float
) -> None:
    """Its lower end is where the one-sided p value is half of what the level leaves."""
    groups: list[str | None] = [str(place // size) for place in range(len(values))]
    if len(set(groups)) < 2:
        return
    spread = spread_of(values, groups)

    low, high = skewed_interval(spread, level)

    assert low <= spread.mean <= high
    if spread.error > 1e-6:
        assert skewed_p_value(spread, low) == pytest.approx((1 - level) / 2, abs=1e-6)
