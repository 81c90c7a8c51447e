"""How large a share or a mean really is: bounds against scipy, error rates by enumeration, and the cases needed."""

import math

import pytest
from scipy.stats import binom, binomtest

from harness import stats


def least_right(n: int, share: float) -> int:
    """The fewest of ``n`` whose lower bound reaches a share; n + 1 where none does."""
    return next((k for k in range(int(n * share), n + 1) if stats.exact_interval(k, n, 0.9)[0] >= share), n + 1)


def most_right(n: int, share: float) -> int:
    """The most of ``n`` whose upper bound is below a share; -1 where none is."""
    return next((k for k in range(int(n * share) + 1, -1, -1) if stats.exact_interval(k, n, 0.9)[1] < share), -1)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (17, 20), (110, 128), (3, 142), (940, 1000)])
def test_the_interval_is_that_of_clopper_and_pearson(k: int, n: int) -> None:
    """As scipy computes it, at two levels."""
    for level in (0.9, 0.95):
        known = binomtest(k, n).proportion_ci(level, method="exact")

        assert stats.exact_interval(k, n, level) == pytest.approx((known.low, known.high), abs=1e-9)


@pytest.mark.parametrize("n", [20, 25, 45, 52, 59, 100, 128, 300])
@pytest.mark.parametrize("share", [0.8, 0.85, 0.9, 0.95])
def test_neither_bound_is_wrong_in_more_than_one_in_twenty(n: int, share: float) -> None:
    """By enumeration at the bound itself."""
    passed = binom.sf(least_right(n, share) - 1, n, share)
    failed = binom.cdf(most_right(n, share), n, share)

    assert max(passed, failed) <= 0.05


def test_wilsons_bound_would_pass_too_often() -> None:
    """52 of 52 are right in .95 ** 52, which is 6.9 %, and Wilson's lower bound says .95 then."""
    assert stats.wilson_interval(52, 52, 0.9)[0] >= 0.95
    assert 0.95**52 > 0.069
    assert stats.exact_interval(52, 52, 0.9)[0] < 0.95 <= stats.exact_interval(59, 59, 0.9)[0]


@pytest.mark.parametrize(("k", "n", "share"), [(0, 5, 0.5), (3, 10, 0.3), (9, 10, 0.1), (900, 1000, 0.92), (5, 5, 0.2)])
def test_the_p_value_is_the_binomial_one(k: int, n: int, share: float) -> None:
    """Also far above and far below what is expected."""
    assert stats.share_p_value(k, n, share) == pytest.approx(binom.cdf(k, n, share), rel=1e-9)


def test_a_share_of_nothing_or_all_is_certain() -> None:
    """No case is right, or every one."""
    assert (stats.share_p_value(0, 5, 0.0), stats.share_p_value(4, 5, 1.0), stats.share_p_value(5, 5, 1.0)) == (1, 0, 1)


def test_the_p_value_of_a_mean_is_hoeffdings() -> None:
    """.6 of 50 cases against .8: exp(-2 * 50 * .04); ten groups of five count as ten; a mean above says nothing."""
    values = [1.0] * 30 + [0.0] * 20
    groups = [f"g{n // 5}" for n in range(50)]

    assert stats.mean_p_value(values, [None] * 50, 0.8) == pytest.approx(math.exp(-4))
    assert stats.mean_p_value(values, groups, 0.8) == pytest.approx(math.exp(-0.8))
    assert stats.mean_p_value(values, groups, 0.5) == 1


def test_no_bound_is_higher_than_all_right_can_show() -> None:
    """19 clusters at 1 come up in .854 ** 19 = 5 %; 59 of them show .95."""
    assert stats.highest_bound(19) == pytest.approx(stats.exact_interval(19, 19, 0.9)[0])
    assert stats.highest_bound(58) < 0.95 < stats.highest_bound(59)


def test_groups_of_copies_count_once_each_in_the_interval_of_their_share() -> None:
    """Where nothing moves together it is that of so many cases; 18 of 20 groups of five copies are 18 of 20 cases."""
    alone = [1.0] * 18 + [0.0] * 2
    copies = [value for value in alone for _ in range(5)]
    groups = [f"g{n // 5}" for n in range(100)]

    expected = pytest.approx(stats.exact_interval(18, 20, 0.9))

    assert stats.share_interval(alone, [None] * 20, 0.9) == expected
    assert stats.share_interval(copies, groups, 0.9) == expected
    assert stats.share_interval([1.0] * 100, groups, 0.9) == (pytest.approx(0.05 ** (1 / 20)), 1)
    assert stats.share_interval([0.0] * 100, groups, 0.9) == (0, pytest.approx(1 - 0.05 ** (1 / 20)))


@pytest.mark.parametrize(("bound", "truth"), [(0.85, 0.925), (0.85, 0.9), (0.95, 0.975), (0.9, 1.0), (0.15, 0.25)])
def test_the_cases_needed_give_their_power_from_there_on(bound: float, truth: float) -> None:
    """Each of the next numbers too, and the one before does not."""
    needed = stats.cases_needed_share(bound, truth)

    powers = [float(binom.sf(least_right(n, bound) - 1, n, truth)) for n in range(needed - 1, needed + 25)]

    assert powers[0] < 0.8 <= min(powers[1:])


def test_many_cases_needed_are_near_the_exact_number() -> None:
    """2,869 by enumeration of every number up to 6,000; one percent above .95 is hard to show."""
    assert stats.cases_needed_share(0.95, 0.96) == pytest.approx(2869, rel=0.02)


@pytest.mark.parametrize(("bound", "truth"), [(0.9, 0.9), (0.9, 0.8), (0.0, 0.5), (0.5, 1.1)])
def test_what_can_not_be_shown_is_refused(bound: float, truth: float) -> None:
    """A share that is not above the bound."""
    with pytest.raises(ValueError, match="needs 0 < bound < truth <= 1"):
        stats.cases_needed_share(bound, truth)
