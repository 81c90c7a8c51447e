"""Scores of days: exact where theory is, standard normal in control however small the window."""

import math

import numpy as np
import pytest
from scipy.stats import hypergeom, kstest, norm, t

from harness.stats.self_starting import FARTHEST, Past, mean_scores, normal_of_t, score, share_scores
from harness.stats.summed import Averaged, Counted


@pytest.mark.parametrize(
    ("k", "n", "old_k", "old_n"),
    [
        (3, 20, 30, 1000),
        (0, 20, 15, 1000),
        (1020, 2000, 5000, 10_000),
        (20, 20, 900, 1000),
        (5, 10, 0, 10),
        (0, 5, 0, 5),
    ],
)
def test_a_share_is_scored_by_the_exact_hypergeometric_distribution(k: int, n: int, old_k: int, old_n: int) -> None:
    """As scipy's mid-p value: what is below, and half of what is equal."""
    chances = hypergeom(n + old_n, k + old_k, n)
    expected = norm.ppf(chances.cdf(k - 1) + chances.pmf(k) / 2)

    assert score(Counted(k=k, n=n), Counted(k=old_k, n=old_n)) == pytest.approx(expected, abs=1e-6)


def test_a_share_and_what_is_left_of_it_have_opposite_scores() -> None:
    """Valid answers that fall are invalid ones that rise."""
    ks = np.arange(21.0)

    assert share_scores(ks, 20, 970, 1000) == pytest.approx(-share_scores(20 - ks, 20, 30, 1000))


def test_a_mean_without_skew_is_scored_by_students_t() -> None:
    """10 values of a mean of 1 after 50 of mean 0, both with the standard deviation of those before."""
    expected = norm.ppf(t.cdf(1 / math.sqrt(1 / 10 + 1 / 50), 49))

    found = score(Averaged(mean=1.0, sd=3.0, n=10), Averaged(mean=0.0, sd=1.0, n=50))

    assert found == pytest.approx(expected)


def test_scores_are_cut_where_tails_mean_nothing() -> None:
    """No infinity, no NaN: a mean far away, and shares that were never seen."""
    far = score(Averaged(mean=1e9, sd=1.0, n=10), Averaged(mean=0.0, sd=1.0, n=50))
    new = score(Counted(k=0, n=2000), Counted(k=2000, n=2000))

    assert (far, new) == (FARTHEST, -FARTHEST)


def test_a_figure_that_never_varied_has_no_score_until_it_does() -> None:
    """Always the same cost: 0; then another: as far as can be."""
    before = Averaged(mean=2.0, sd=0.0, n=50)

    assert score(Averaged(mean=2.0, sd=0.0, n=9), before) == 0.0
    assert score(Averaged(mean=1.9, sd=0.0, n=9), before) == -FARTHEST


@pytest.mark.parametrize("skewness", [0.0, 0.4, -0.4, 1.0])
def test_larger_means_never_score_lower(skewness: float) -> None:
    """The correction for skewness keeps the order, on both tails and across 0."""
    means = np.linspace(-1.5, 1.5, 400)

    scores = mean_scores(means, 1.0, Past(0.0, 0.2, skewness, 1e6))

    assert (np.diff(scores) >= 0).all()


def test_skewed_values_have_normal_scores() -> None:
    """Means of 20 exponential values have a skewness of .45; their scores have hardly any."""
    chance = np.random.default_rng(3)
    means = chance.gamma(20, 1 / 20, 4_000)

    corrected, plain = (mean_scores(means, 20, Past(1.0, 1.0, skewness, 1e9)) for skewness in (2.0, 0.0))

    assert kstest(corrected, "norm").pvalue > 0.1
    assert kstest(plain, "norm").pvalue < 0.001


def test_scores_of_a_small_window_are_as_normal_as_of_a_large_one() -> None:
    """Each of 2,000 windows of 100 is off in its own way; the score allows for that."""
    chance = np.random.default_rng(4)
    windows = chance.binomial(100, 0.5, 2_000)
    days = chance.binomial(2_000, 0.5, 2_000)

    scores = share_scores(days, 2_000, windows, 100)

    assert kstest(scores, "norm").pvalue > 0.1
    assert np.std((days - 20 * windows) / math.sqrt(500)) > 4


def test_a_t_value_becomes_a_normal_score_with_its_sign() -> None:
    """With few degrees of freedom a large one says less."""
    assert normal_of_t(-2.447, 6) == pytest.approx(-1.96, abs=0.001)
    assert normal_of_t(1e6, 6) == -normal_of_t(-1e6, 6) == FARTHEST


def test_a_share_is_not_compared_with_a_mean() -> None:
    """Two kinds of figures under one name are a mistake."""
    with pytest.raises(ValueError, match="a share and a mean"):
        score(Counted(k=1, n=2), Averaged(mean=0.5, sd=0.1, n=2))
