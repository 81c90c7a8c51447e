"""Means and percentiles of two sides without an upper end, and their ratio."""

import numpy as np
import pytest
from scipy.stats import sem, t

from harness import stats
from harness.stats.ratios import _percentile_of, fieller_interval


def times(n: int, seed: int, slow: float = 0.0) -> tuple[list[float], list[float]]:
    """Two sides' skewed times of the same cases, alike in distribution and correlated; some are five times as long."""
    chance = np.random.default_rng(seed)
    shared, own = chance.standard_normal((1, n)), chance.standard_normal((2, n))
    both = np.exp(0.5 * (0.8 * shared + 0.6 * own)) * np.where(chance.random((2, n)) < slow, 5, 1)
    return both[0].tolist(), both[1].tolist()


def test_the_percentile_of_a_resample_is_that_of_its_values():
    """As numpy has it, with each value as often as it was drawn."""
    chance = np.random.default_rng(1)
    values = np.sort(chance.random(40))
    drawn = chance.multinomial(40, [1 / 40] * 40, size=50)

    for percentile in (1, 50, 95, 99.9):
        found = _percentile_of(values, drawn, percentile)
        expected = [np.percentile(np.repeat(values, one), percentile) for one in drawn]
        assert found == pytest.approx(expected)


def test_figures_are_those_of_the_sample():
    """Both sides' mean or percentile, the difference, and the ratio, each inside its interval."""
    before, after = times(100, 2)

    for percentile in (None, 50, 95):
        found = stats.paired_figures(before, after, [None] * 100, percentile, 1)
        old, new = (np.mean(one) if percentile is None else np.percentile(one, percentile) for one in (before, after))
        assert found is not None
        assert found.baseline.mean == pytest.approx(old)
        assert found.candidate.mean == pytest.approx(new)
        assert found.delta.mean == pytest.approx(new - old)
        assert found.ratio.mean == pytest.approx(new / old)
        for one in (found.baseline, found.candidate, found.delta, found.ratio):
            assert one.low < one.mean < one.high
        assert found.ratio.mean < found.ratio_bound < found.ratio.high


def test_swapping_the_sides_turns_the_ratio_over():
    """And negates the difference."""
    before, after = times(100, 3)

    one = stats.paired_figures(before, after, [None] * 100, 95, 1)
    other = stats.paired_figures(after, before, [None] * 100, 95, 1)

    assert one is not None
    assert other is not None
    assert one.ratio.mean == pytest.approx(1 / other.ratio.mean)
    assert one.delta.mean == pytest.approx(-other.delta.mean)
    assert one.delta.low == pytest.approx(-other.delta.high)


def test_cases_of_one_group_are_drawn_together():
    """Copies add no evidence: the interval is as wide as that of one of each."""
    before, after = times(60, 4)
    groups = [str(n // 3) for n in range(180)]
    copied = [[value for value in side for _ in range(3)] for side in (before, after)]

    alone = stats.paired_figures(before, after, [None] * 60, None, 1)
    grouped = stats.paired_figures(*copied, groups, None, 1)

    assert alone is not None
    assert grouped is not None
    assert (grouped.ratio.low, grouped.ratio.high) == pytest.approx((alone.ratio.low, alone.ratio.high))


@pytest.mark.parametrize("percentile", [None, 50, 95])
def test_a_baseline_of_nothing_has_no_ratio(percentile):
    """Nor one that is nothing in some resample."""
    assert stats.paired_figures([0.0] * 30, [1.0] * 30, [None] * 30, percentile, 1) is None
    assert stats.paired_figures([0.0] * 29 + [1.0], [1.0] * 30, [None] * 30, percentile, 1) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [([], []), ([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, -1.0], [1.0] * 2), ([1.0, np.nan], [1.0] * 2)],
)
def test_what_is_no_paired_measurement_is_refused(before, after):
    """Nothing, one case, unequal sides, and values that can't be."""
    with pytest.raises(ValueError, match=r"needs|finite"):
        stats.paired_figures(before, after, [None] * len(before), None, 1)


@pytest.mark.parametrize(("n", "slow"), [(30, 0.0), (60, 0.0), (150, 0.05)])
def test_the_interval_of_a_ratio_of_means_holds_it_as_often_as_it_says(n, slow):
    """95 % of 2,000 intervals of skewed times, and 5 % of the bounds on each side beyond the truth, and some chance."""
    found = [fieller_interval(np.array(times(n, seed, slow)).T, 0.90) for seed in range(2_000)]

    assert None not in found
    above = np.mean([low > 1 for low, _ in found])
    below = np.mean([high < 1 for _, high in found])
    assert (above, below) == pytest.approx((0.05, 0.05), abs=0.02)


def test_heavy_tails_pass_a_rise_that_is_there_no_more_often_than_said():
    """Both sides as a Pareto of 1.5, whose variance is infinite: at most 5 % of bounds are below the true 1.2."""
    chance = np.random.default_rng(9)
    sides = (1 - chance.random((2_000, 100, 2))) ** (-1 / 1.5) * np.array([1.0, 1.2])

    ends = [fieller_interval(rows, 0.90) for rows in sides]

    assert np.mean([end is not None and end[1] < 1.2 for end in ends]) <= 0.05


def test_the_interval_of_a_ratio_is_where_the_difference_is_within_t():
    """At each end the mean of after - r before is t standard errors from 0, by scipy."""
    before, after = (np.array(side) for side in times(40, 3))
    reach = t.ppf(0.975, 39)

    for end in fieller_interval(np.stack([before, after], axis=1), 0.95):
        away = after - end * before
        assert abs(away.mean()) / sem(away) == pytest.approx(reach)


def test_a_divisor_that_may_be_zero_gives_no_ratio():
    """One large amount among zeros."""
    assert fieller_interval(np.array([[0.0, 1.0]] * 20 + [[5.0, 1.0]]), 0.95) is None


@pytest.mark.parametrize(("n", "percentile", "slow"), [(60, 95, 0.0), (150, 50, 0.05)])
def test_intervals_cover_the_true_ratio(monkeypatch, n, percentile, slow):
    """About 95 % of the intervals hold 1, and about 5 % of the one-sided bounds lie below it: times are skewed."""
    monkeypatch.setattr(stats.bca.draws, "__defaults__", (500,))
    monkeypatch.setattr(stats.ratios, "RESAMPLES", 500)
    monkeypatch.setattr(stats.bca, "RESAMPLES", 500)
    found = [stats.paired_figures(*times(n, seed, slow), [None] * n, percentile, seed) for seed in range(300)]

    held = sum(one.ratio.low <= 1 <= one.ratio.high for one in found) / 300
    missed = sum(one.ratio_bound < 1 for one in found) / 300
    assert held >= 0.93
    assert missed <= 0.08
