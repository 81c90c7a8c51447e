"""Percentiles and their intervals, against scipy's binomial distribution and drawn figures."""

import numpy as np
import pytest
from scipy.stats import binom

from harness.stats.quantiles import quantile


@pytest.mark.parametrize("n", [20, 100, 1000, 20_000])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.95])
def test_the_interval_has_the_ranks_of_the_binomial_distribution(n: int, share: float) -> None:
    """The largest rank with at most 2.5 % below it, and the smallest with at least 97.5 %."""
    found = quantile([float(place) for place in range(1, n + 1)], share)

    below = binom.cdf(np.arange(n), n, share)
    low = int((below <= 0.025).sum())
    high = int((below < 0.975).sum()) + 1
    assert found is not None
    assert found.value == pytest.approx(1 + (n - 1) * share)
    assert (found.low or 0, found.high or n + 1) == (low, high)


def test_the_interval_covers_the_true_percentile() -> None:
    """In at least 95 % of samples of a skewed distribution."""
    chance = np.random.default_rng(3)
    truth = -np.log(0.1)
    found = [quantile(sorted(chance.exponential(size=60).tolist()), 0.9) for _ in range(1000)]

    covered = sum((one.low or 0) <= truth <= (one.high or np.inf) for one in found if one)
    assert covered >= 940


@pytest.mark.parametrize(("n", "share"), [(0, 0.5), (1, 0.5), (19, 0.95), (99, 0.99), (9, 0.1)])
def test_too_few_figures_have_no_percentile(n: int, share: float) -> None:
    """The 99th percentile of 99 answers would only be their largest."""
    assert quantile([1.0] * n, share) is None
