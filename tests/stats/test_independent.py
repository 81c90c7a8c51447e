"""Two independent samples: published intervals, scipy's tests, and what can't be told."""

import math

import numpy as np
import pytest
from scipy.stats import fisher_exact, ttest_ind

from harness.stats.independent import change_of, mean_change, share_change
from harness.stats.summed import Averaged, Counted, averaged

NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((10, 10), (0, 10), (0.6075, 1.0)),
]
"""Newcombe (1998), Statistics in Medicine 17:873, table II, method 10."""


@pytest.mark.parametrize(("one", "other", "interval"), NEWCOMBE)
def test_shares_have_the_published_intervals(one: tuple[int, int], other: tuple[int, int], interval: tuple) -> None:
    """The difference of the first less the second."""
    estimate = share_change(Counted(k=other[0], n=other[1]), Counted(k=one[0], n=one[1])).estimate

    assert (estimate.low, estimate.high) == pytest.approx(interval, abs=6e-5)


@pytest.mark.parametrize(("one", "other", "_"), NEWCOMBE)
def test_shares_have_fishers_exact_p_values(one: tuple[int, int], other: tuple[int, int], _: tuple) -> None:
    """Two-sided and each side, as scipy's."""
    change = share_change(Counted(k=other[0], n=other[1]), Counted(k=one[0], n=one[1]))

    table = [[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]]
    expected = [fisher_exact(table, alternative=side).pvalue for side in ("two-sided", "less", "greater")]
    assert (change.p_value, change.lower_p, change.higher_p) == pytest.approx(expected)


def test_means_without_skew_have_welchs_interval() -> None:
    """As scipy's, up to whole degrees of freedom."""
    before, now = np.linspace(-3, 3, 41), np.linspace(-1, 2, 30)

    change = mean_change(averaged(before.tolist()), averaged(now.tolist()))

    expected = ttest_ind(now, before, equal_var=False)
    assert change.p_value == pytest.approx(expected.pvalue, rel=0.01)
    assert change.estimate.low == pytest.approx(expected.confidence_interval().low, abs=0.002)
    assert change.higher_p == pytest.approx(change.p_value / 2)


@pytest.mark.parametrize("sizes", [(400, 40), (100, 100)])
def test_skewed_means_are_covered(sizes: tuple[int, int]) -> None:
    """Seconds, of which few are long, on unequal sides: within what 1,500 samples leave open."""
    chance = np.random.default_rng(11)

    held = [
        mean_change(*(averaged(chance.standard_exponential(n).tolist()) for n in sizes)).p_value > 0.05
        for _ in range(1_500)
    ]

    assert 0.93 <= np.mean(held) <= 0.97


def test_one_value_rules_nothing_out() -> None:
    """However far away it is."""
    change = mean_change(averaged([1.0, 2.0, 3.0]), averaged([100.0]))

    assert (change.estimate.low, change.estimate.high, change.p_value) == (-math.inf, math.inf, 1.0)


@pytest.mark.parametrize(("now", "p_values"), [(2.0, (1.0, 1.0, 1.0)), (1.0, (0.0, 0.0, 1.0)), (3.0, (0.0, 1.0, 0.0))])
def test_figures_that_never_vary_changed_or_did_not(now: float, p_values: tuple[float, float, float]) -> None:
    """Both sides constant: lower, and higher."""
    change = mean_change(averaged([2.0] * 5), averaged([now] * 5))

    assert (change.p_value, change.lower_p, change.higher_p) == p_values


def test_a_share_is_not_compared_with_a_mean() -> None:
    """Nor is an impossible one compared at all."""
    with pytest.raises(ValueError, match="a share and a mean"):
        change_of(Counted(k=1, n=2), averaged([1.0]))
    with pytest.raises(ValueError, match="counts must not"):
        change_of(Counted(k=3, n=2), Counted(k=1, n=2))
    with pytest.raises(ValueError, match="finite"):
        change_of(Averaged(mean=math.nan, sd=1.0, n=3), averaged([1.0]))
