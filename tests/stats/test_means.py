"""Means and their intervals: agreement with scipy, groups, degenerate and hostile values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from harness import stats

SINGLE = (None,)
FOUR_OF_GSM8K = [(64, 293), (88, 260), (209, 152), (76, 360)]
"""Lost and won of four pairs of the models in data/gsm8k, on the same 1,319 questions."""


def mirrored(n: int, seed: int) -> list[float]:
    """Values around -.05 without any skew."""
    half = np.random.default_rng(seed).uniform(-0.5, 0.5, n // 2)
    return [-0.05 + value for value in (*half.tolist(), *(-half).tolist())]


def test_ungrouped_mean_without_skew_has_the_plain_t_interval() -> None:
    """Values that mirror each other have scipy's t interval."""
    values = mirrored(40, 1)
    expected = ttest_1samp(values, 0).confidence_interval(0.95)

    result = stats.paired_mean_interval(values, SINGLE * 40)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert (result.n, result.method) == (40, "Hall's t, 40 clusters")


def test_grouped_mean_follows_the_clusters() -> None:
    """Equal groups of three have the interval of their means, and t with as many degrees less one."""
    means = mirrored(12, 2)
    values = [mean + shift for mean in means for shift in (-0.1, 0.0, 0.1)]
    groups = [f"document {place}" for place in range(12) for _ in range(3)]
    expected = ttest_1samp(means, 0).confidence_interval(0.95)

    result = stats.paired_mean_interval(values, groups)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert (result.n, result.method) == (36, "Hall's t, 12 clusters")


def test_copies_of_a_case_in_its_group_add_nothing() -> None:
    """Asking each case three times in one group leaves the interval as wide as it was."""
    values = np.random.default_rng(3).uniform(-0.6, 0.5, 30).tolist()
    groups = [str(place) for place in range(30)]

    once, thrice = stats.paired_mean_interval(values, groups), stats.paired_mean_interval(values * 3, groups * 3)

    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from([None, "a", "b", "c"])), min_size=1, max_size=40))
def test_mean_interval_holds_the_mean_and_turns_with_the_sides(cases: list[tuple[float, str | None]]) -> None:
    """Swapping the sides negates estimate and interval; the interval never leaves [-1, 1]."""
    values, groups = [value for value, _ in cases], [group for _, group in cases]

    result = stats.paired_mean_interval(values, groups)
    swapped = stats.paired_mean_interval([-value for value in values], groups)

    assert -1 <= result.low <= result.mean <= result.high <= 1
    assert (swapped.low, swapped.mean, swapped.high) == pytest.approx((-result.high, -result.mean, -result.low))


def test_one_cluster_leaves_everything_open() -> None:
    """One group, or one case, says nothing about other groups; the method says so."""
    group = stats.paired_mean_interval([0.1, 0.2, 0.3], ["a", "a", "a"])
    case = stats.mean_interval([0.7], [None])

    assert (group.low, group.high) == (-1, 1)
    assert (case.low, case.high) == (0, 1)
    assert "one cluster" in group.method


def test_no_variance_is_not_certainty() -> None:
    """20 equal graded cases leave as much open as Tango's interval without a flip, with rounding noise."""
    values = [1e-12 * (place % 2) for place in range(20)]

    result = stats.paired_mean_interval(values, SINGLE * 20)

    assert (result.low, result.high) == pytest.approx((-0.16113, 0.16113), abs=1e-5)
    assert result.method == "paired score (Tango) on 20 independent cases, since few differ"


def test_one_lost_case_never_narrows_the_interval() -> None:
    """With few changes the t interval alone would promise more than it does without any change."""
    lows = [
        stats.paired_mean_interval([-1.0] * lost + [0.0] * (60 - lost), SINGLE * 60, 0.90).low for lost in range(30)
    ]

    assert lows == sorted(lows, reverse=True)
    for lost in range(10):
        assert lows[lost] == pytest.approx(stats.paired_score_interval(lost, 0, 60, 0.90)[0])


def test_a_handful_of_scores_that_all_differ_is_not_widened() -> None:
    """Few clusters alone are no reason: t already allows for them."""
    values = [-0.05, 0.11, 0.02, -0.01, 0.07, 0.04]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)

    result = stats.paired_mean_interval(values, SINGLE * 6)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))


def test_equal_scores_of_one_side_leave_room_too() -> None:
    """Ten perfect graded scores have Wilson's interval, not one of no width."""
    result = stats.mean_interval([1.0] * 10, SINGLE * 10)

    assert (result.low, result.high) == pytest.approx(stats.wilson_interval(10, 10))


@pytest.mark.parametrize("values", [[], [math.nan, 0.0], [1.5, 0.0], [-1.5, 0.0], [math.inf, 0.0]])
def test_values_that_are_no_differences_are_refused(values: list[float]) -> None:
    """Nothing at all, not a number, or outside the range."""
    with pytest.raises(ValueError, match="value"):
        stats.paired_mean_interval(values, SINGLE * len(values))


def test_negative_score_of_one_side_is_refused() -> None:
    """Differences may be negative, scores may not."""
    with pytest.raises(ValueError, match=r"values must be in \[0, 1\], got -0.1"):
        stats.mean_interval([-0.1, 0.2], SINGLE * 2)


def test_effective_sd_counts_clusters() -> None:
    """Plain without groups, larger when the cases of a group move together, unknown for one cluster."""
    values = [0.4, 0.4, -0.4, -0.4]

    assert stats.effective_sd(values, SINGLE * 4) == pytest.approx(float(np.std(values, ddof=1)))
    assert stats.effective_sd(values, ["a", "a", "b", "b"]) == pytest.approx(0.8)
    assert stats.effective_sd(values, ["a"] * 4) is None


def test_paired_standard_errors_are_those_of_the_oracle() -> None:
    """The four fine-tuned models of GSM8K, pair by pair: .0135 to .0147; not paired they would reach .0189."""
    pairs = [[-1.0] * lost + [1.0] * won + [0.0] * (1319 - lost - won) for lost, won in FOUR_OF_GSM8K]

    errors = [stats.effective_sd(pair, SINGLE * 1319) / math.sqrt(1319) for pair in pairs]

    assert (min(errors), max(errors)) == pytest.approx((0.0135, 0.0147), abs=5e-5)


def test_few_flips_of_cases_that_only_share_a_group_count_almost_in_full() -> None:
    """Six flips in six groups of three leave a little more open than six flips of ungrouped cases, no more than two."""
    values = [-1.0 if place % 15 == 0 else 0.0 for place in range(90)]

    result = stats.paired_mean_interval(values, [str(place // 3) for place in range(90)])

    assert result.low < stats.paired_score_interval(6, 0, 90)[0]
    assert result.low > stats.paired_score_interval(2, 0, 30)[0]


def test_few_flips_of_copies_count_once() -> None:
    """Two groups of three that flip as one leave as much open as two flips of thirty cases."""
    values = [-1.0] * 6 + [0.0] * 84

    result = stats.paired_mean_interval(values, [str(place // 3) for place in range(90)])

    assert (result.low, result.high) == pytest.approx(stats.paired_score_interval(2, 0, 30))
    assert "30 independent cases" in result.method


def test_groups_without_any_flip_count_as_one_case_each() -> None:
    """Sixty unchanged cases in twenty groups leave as much open as twenty."""
    result = stats.paired_mean_interval([0.0] * 60, [str(place // 3) for place in range(60)])

    assert (result.low, result.high) == pytest.approx(stats.paired_score_interval(0, 0, 20))


def test_one_large_group_that_flips_is_hardly_more_than_one_case() -> None:
    """Half of all cases in one group: its flip says next to nothing, however many cases it has."""
    values, groups = [-1.0] * 50 + [0.0] * 50, ["all of one document"] * 50 + [None] * 50

    result = stats.paired_mean_interval(values, groups)

    assert result.mean == -0.5
    assert result.high > -0.1


@given(
    st.lists(st.sampled_from([0.0] * 12 + [1.0, -1.0, -0.5]), min_size=2, max_size=60),
    st.integers(1, 7),
    st.sampled_from([0.8, 0.95]),
)
def test_a_higher_level_never_narrows_the_interval(values: list[float], size: int, level: float) -> None:
    """Whatever method serves."""
    groups = [str(place // size) for place in range(len(values))]

    narrow, wide = stats.paired_mean_interval(values, groups, level), stats.paired_mean_interval(values, groups, 0.99)

    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


@given(st.lists(st.sampled_from([1.0] * 8 + [0.0, 0.5]), min_size=1, max_size=60), st.integers(1, 7))
def test_mean_of_one_side_lies_in_its_interval(values: list[float], size: int) -> None:
    """Scores of one side, grouped or not, mostly perfect: the interval lies in [0, 1] and holds the mean."""
    result = stats.mean_interval(values, [str(place // size) for place in range(len(values))])

    assert 0 <= result.low <= result.mean <= result.high <= 1
