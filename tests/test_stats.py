"""The statistics: figures of the oracle, properties, degenerate input, agreement with scipy."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from harness import stats

SINGLE = (None,)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Lost, won, and a number of cases that holds both."""
    lost, won = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    return lost, won, draw(st.integers(max(lost + won, 1), 1500))


def pass_rate(n: int, lost: float, won: float, test: Callable[[int, int, int, float], bool]) -> float:
    """The share of 20,000 simulated suites that pass at a margin of .05; the same each time."""
    draws = np.random.default_rng(20261122).multinomial(n, [lost, won, 1 - lost - won], 20_000)
    seen, times = np.unique(draws[:, :2], axis=0, return_counts=True)
    return sum(int(k) for (b, c), k in zip(seen, times, strict=True) if test(int(b), int(c), n, 0.05)) / 20_000


def score_test(lost: int, won: int, n: int, margin: float) -> bool:
    """Whether the product's test passes."""
    return stats.noninferiority_score(lost, won, n, margin).passed


def wald_test(lost: int, won: int, n: int, margin: float) -> bool:
    """Whether the test that the product avoids would pass."""
    mean = (won - lost) / n
    return mean - 1.645 * math.sqrt((lost + won) / n - mean**2) / math.sqrt(n) > -margin


def test_gsm8k_comparison_gives_the_oracle_figures() -> None:
    """209 lost and 152 won of 1,319: exact McNemar p and Tango's interval as computed elsewhere."""
    p_value = stats.mcnemar_exact(209, 152)
    low, high = stats.paired_score_interval(209, 152, 1319)

    assert p_value == pytest.approx(0.00315, abs=5e-6)
    assert (low, high) == pytest.approx((-0.0715, -0.0151), abs=5e-5)


def test_score_statistic_has_its_written_form() -> None:
    """The statistic equals the oracle's formulas, written down again without rearranging."""
    lost, won, n, delta = 12, 7, 200, -0.05
    a, b, c = 2 * n, -(lost + won) + (2 * n - won + lost) * delta, -lost * delta * (1 - delta)
    q = (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)

    result = stats.noninferiority_score(lost, won, n, 0.05)

    assert result.statistic == pytest.approx((won - lost - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta))))


@pytest.mark.parametrize(
    ("n", "discordant", "power"),
    [(100, 0.06, 0.55), (100, 0.2, 0.29), (300, 0.06, 0.95), (300, 0.2, 0.60), (1000, 0.06, 1.0), (1000, 0.2, 0.97)],
)
def test_noninferiority_has_the_power_of_the_oracle(n: int, discordant: float, power: float) -> None:
    """Two equal sides pass as often as the table says."""
    rate = pass_rate(n, discordant / 2, discordant / 2, score_test)

    assert rate == pytest.approx(power, abs=0.015)


@pytest.mark.parametrize("n", [50, 100, 300, 1000])
@pytest.mark.parametrize("discordant", [0.06, 0.2])
def test_a_drop_of_the_margin_passes_at_most_at_the_nominal_rate(n: int, discordant: float) -> None:
    """The false-pass rate lies between .01 and .05, up to the noise of the simulation."""
    rate = pass_rate(n, (discordant + 0.05) / 2, (discordant - 0.05) / 2, score_test)

    assert 0.01 < rate < 0.055


@pytest.mark.parametrize("n", [50, 100])
def test_a_wald_interval_would_pass_too_often(n: int) -> None:
    """The simulation can tell a bad test: the Wald interval lets nearly 10 % pass."""
    rate = pass_rate(n, 0.055, 0.005, wald_test)

    assert 0.08 < rate < 0.11


@pytest.mark.parametrize(("n", "lost", "won"), [(30, 0.1, 0.1), (100, 0.06, 0.03), (300, 0.1, 0.05), (300, 0.02, 0.02)])
def test_tango_interval_covers_at_its_rate(n: int, lost: float, won: float) -> None:
    """In 2,000 simulated suites the interval holds the true difference about 95 % of the time."""
    draws = np.random.default_rng(4).multinomial(n, [lost, won, 1 - lost - won], 2_000)

    inside = [
        low <= won - lost <= high for low, high in (stats.paired_score_interval(int(b), int(c), n) for b, c, _ in draws)
    ]

    assert sum(inside) / len(inside) == pytest.approx(0.95, abs=0.03 if n == 30 else 0.015)


@given(counts())
def test_swapping_sides_negates_the_interval(case: tuple[int, int, int]) -> None:
    """What is lost one way is won the other way."""
    lost, won, n = case

    low, high = stats.paired_score_interval(lost, won, n)

    assert stats.paired_score_interval(won, lost, n) == (-high, -low)


@given(counts(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_tango_interval_holds_the_estimate(case: tuple[int, int, int], level: float) -> None:
    """The interval lies in [-1, 1], holds the difference seen, and has a width."""
    lost, won, n = case

    low, high = stats.paired_score_interval(lost, won, n, level)

    assert -1 <= low <= (won - lost) / n <= high <= 1
    assert low < high


@given(counts(), st.floats(0.001, 0.99), st.floats(0.001, 0.99))
def test_a_wider_margin_is_easier_to_pass(case: tuple[int, int, int], one: float, other: float) -> None:
    """The p value falls as the margin grows."""
    narrow, wide = sorted((one, other))

    strict, loose = (stats.noninferiority_score(*case, margin).p_value for margin in (narrow, wide))

    assert loose <= strict + 1e-12


@given(counts(), st.floats(0.001, 0.99))
def test_the_test_agrees_with_the_interval(case: tuple[int, int, int], margin: float) -> None:
    """The one-sided test passes just when the two-sided 90 % interval lies above the margin."""
    low, _ = stats.paired_score_interval(*case, level=0.90)

    passed = stats.noninferiority_score(*case, margin).passed

    assert passed == (low > -margin) or low == pytest.approx(-margin, abs=1e-9)


def test_no_flips_at_all_pass_only_with_enough_cases() -> None:
    """51 unchanged cases can't exclude a drop of .05; 52 can."""
    few, enough = (stats.noninferiority_score(0, 0, n, 0.05).passed for n in (51, 52))

    assert (few, enough) == (False, True)


@pytest.mark.parametrize(
    ("lost", "won", "n", "low", "high"),
    [(0, 0, 20, -0.16113, 0.16113), (5, 0, 5, -1.0, -0.13104), (0, 5, 5, 0.13104, 1.0), (0, 0, 1, -0.79346, 0.79346)],
)
def test_tango_interval_of_extreme_counts(lost: int, won: int, n: int, low: float, high: float) -> None:
    """No flips: z^2 / (n + z^2); all lost: up to (z^2 - n) / (z^2 + n)."""
    interval = stats.paired_score_interval(lost, won, n)

    assert interval == pytest.approx((low, high), abs=1e-5)


def test_tango_interval_of_a_million_cases() -> None:
    """Large counts keep their figures: the score interval meets the normal one."""
    low, high = stats.paired_score_interval(20_000, 20_000, 1_000_000)

    assert (low, high) == pytest.approx((-0.000392, 0.000392), abs=1e-6)


def test_margin_of_one_needs_one_case_that_holds() -> None:
    """A drop of everything is excluded by a case that was kept, and not when all were lost."""
    kept, gone = stats.noninferiority_score(0, 0, 1, 1.0), stats.noninferiority_score(1, 0, 1, 1.0)

    assert kept.passed
    assert kept.p_value == 0
    assert not gone.passed


@pytest.mark.parametrize(
    ("lost", "won", "n", "margin"),
    [
        (0, 0, 0, 0.1),
        (-1, 0, 5, 0.1),
        (3, 3, 5, 0.1),
        (0, 0, 5, 0),
        (0, 0, 5, -0.1),
        (0, 0, 5, 1.1),
        (0, 0, 5, math.nan),
    ],
)
def test_impossible_counts_and_margins_are_refused(lost: int, won: int, n: int, margin: float) -> None:
    """No case, negative counts, more flips than cases, a margin outside (0, 1]."""
    with pytest.raises(ValueError, match="must"):
        stats.noninferiority_score(lost, won, n, margin)


@pytest.mark.parametrize("level", [0, 1, -1, 95, math.nan])
def test_impossible_levels_are_refused(level: float) -> None:
    """A level is a probability, not a percentage."""
    with pytest.raises(ValueError, match="level must lie"):
        stats.paired_score_interval(1, 2, 10, level)
    with pytest.raises(ValueError, match="level must lie"):
        stats.paired_mean_interval([0.1, 0.2], [None, None], level)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_same_both_ways_and_agrees_with_scipy(lost: int, won: int) -> None:
    """Two-sided: swapping changes nothing; without flips the p value is 1."""
    p_value = stats.mcnemar_exact(lost, won)

    assert p_value == pytest.approx(stats.mcnemar_exact(won, lost))
    assert p_value == pytest.approx(binomtest(lost, lost + won).pvalue if lost + won else 1.0)


@given(st.integers(1, 500), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_scipy(n: int, share: float, level: float) -> None:
    """The same interval as scipy's, also at none and all."""
    k = round(n * share)
    expected = binomtest(k, n).proportion_ci(level, method="wilson")

    low, high = stats.wilson_interval(k, n, level)

    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert low <= k / n <= high


def test_ungrouped_mean_is_the_plain_t_interval() -> None:
    """Without groups the cluster-robust interval is scipy's t interval."""
    values = np.random.default_rng(1).uniform(-0.6, 0.5, 40).tolist()
    expected = ttest_1samp(values, 0).confidence_interval(0.95)

    result = stats.paired_mean_interval(values, SINGLE * 40)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert (result.n, result.method) == (40, "cluster-robust t, 40 clusters")


def test_grouped_mean_follows_the_clusters() -> None:
    """Equal groups of three have the interval of their means, and t with as many degrees less one."""
    means = np.random.default_rng(2).uniform(-0.6, 0.5, 12)
    values = [float(mean + shift) for mean in means for shift in (-0.1, 0.0, 0.1)]
    groups = [f"document {place}" for place in range(12) for _ in range(3)]
    expected = ttest_1samp(means, 0).confidence_interval(0.95)

    result = stats.paired_mean_interval(values, groups)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert (result.n, result.method) == (36, "cluster-robust t, 12 clusters")


def test_copies_of_a_case_in_its_group_add_nothing() -> None:
    """Asking each case three times in one group leaves the interval as wide as it was."""
    values = np.random.default_rng(3).uniform(-0.6, 0.5, 30).tolist()
    groups = [str(place) for place in range(30)]

    once, thrice = stats.paired_mean_interval(values, groups), stats.paired_mean_interval(values * 3, groups * 3)

    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize(("n", "slack"), [(30, 0.03), (100, 0.015), (300, 0.015)])
def test_t_interval_covers_at_its_rate(n: int, slack: float) -> None:
    """In 2,000 simulated suites of graded scores in pairs of cases, it holds the truth about 95 % of the time."""
    chance = np.random.default_rng(5)
    groups = [str(place // 2) for place in range(n)]
    inside = 0
    for _ in range(2_000):
        shared = np.repeat(chance.normal(0, 0.15, n // 2), 2)
        values = np.clip(shared + chance.normal(0.02, 0.1, n), -1, 1).tolist()
        result = stats.paired_mean_interval(values, groups)
        inside += result.low <= 0.02 <= result.high

    assert inside / 2_000 == pytest.approx(0.95, abs=slack)


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


@pytest.mark.parametrize("jitter", [0.0, 1e-12])
def test_no_variance_is_not_certainty(jitter: float) -> None:
    """20 equal cases leave as much open as Tango's interval without a flip, with or without rounding noise."""
    values = [jitter * (place % 2) for place in range(20)]

    result = stats.paired_mean_interval(values, SINGLE * 20)

    assert (result.low, result.high) == pytest.approx((-0.16113, 0.16113), abs=1e-5)
    assert "widened" in result.method


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
    values = [-0.05, 0.1, 0.02, -0.01, 0.07, 0.04]
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
    with pytest.raises(ValueError, match=r"values must lie in \[0, 1\], got -0.1"):
        stats.mean_interval([-0.1, 0.2], SINGLE * 2)


@pytest.mark.parametrize(("n", "effect"), [(100, 0.140), (200, 0.099), (500, 0.063), (1000, 0.044), (2000, 0.031)])
def test_minimum_detectable_effect_gives_millers_figures(n: int, effect: float) -> None:
    """Standard deviation .5, power .8, two-sided .05."""
    assert stats.minimum_detectable_effect(n, 0.5) == pytest.approx(effect, abs=5e-4)


@pytest.mark.parametrize(("n", "sd"), [(0, 0.5), (10, -0.1), (10, math.nan), (10, math.inf)])
def test_detectable_effect_of_nothing_is_refused(n: int, sd: float) -> None:
    """No cases, or no spread that could be one."""
    with pytest.raises(ValueError, match="n must be at least 1"):
        stats.minimum_detectable_effect(n, sd)


def test_effective_sd_counts_clusters() -> None:
    """Plain without groups, larger when the cases of a group move together, unknown for one cluster."""
    values = [0.4, 0.4, -0.4, -0.4]

    assert stats.effective_sd(values, SINGLE * 4) == pytest.approx(float(np.std(values, ddof=1)))
    assert stats.effective_sd(values, ["a", "a", "b", "b"]) == pytest.approx(0.8)
    assert stats.effective_sd(values, ["a"] * 4) is None


@pytest.mark.parametrize("discordant", [0.02, 0.06, 0.2, 0.5])
def test_cases_needed_really_have_the_power(discordant: float) -> None:
    """A simulated suite of that many pass-or-fail cases passes about 80 % of the time."""
    n = stats.cases_needed_passfail(discordant, 0.05)

    rate = pass_rate(n, discordant / 2, discordant / 2, score_test)

    assert rate == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("sd", "margin"), [(0.3, 0.05), (0.2, 0.1)])
def test_cases_needed_of_graded_scores_have_the_power(sd: float, margin: float) -> None:
    """A simulated suite of that many graded cases excludes the margin about 80 % of the time."""
    n = stats.cases_needed(sd, margin)
    draws = np.random.default_rng(6).uniform(-sd * math.sqrt(3), sd * math.sqrt(3), (1_000, n))

    passed = [stats.paired_mean_interval(values.tolist(), SINGLE * n, 0.90).low > -margin for values in draws]

    assert sum(passed) / 1_000 == pytest.approx(0.8, abs=0.04)


def test_cases_needed_without_variance_are_those_that_pass() -> None:
    """For a drop of .02: 133 unchanged cases exclude it, 132 do not."""
    n = stats.cases_needed(0.0, 0.02)

    lows = [stats.paired_mean_interval([0.0] * count, SINGLE * count, 0.90).low for count in (n - 1, n)]

    assert n == stats.cases_needed_passfail(0.0, 0.02) == 133
    assert lows[0] < -0.02 < lows[1]


@pytest.mark.parametrize(
    ("spread", "margin", "power"), [(0.1, 0, 0.8), (0.1, 1.5, 0.8), (-0.1, 0.1, 0.8), (0.1, 0.1, 1)]
)
def test_cases_needed_for_nonsense_are_refused(spread: float, margin: float, power: float) -> None:
    """A margin outside (0, 1], a negative spread, certain power."""
    with pytest.raises(ValueError, match="must"):
        stats.cases_needed(spread, margin, power)
    with pytest.raises(ValueError, match="must"):
        stats.cases_needed_passfail(spread, margin, power)


def test_noise_floor_is_what_two_askings_of_one_model_differ_by():
    """1.645 standard errors of a mean of differences with the measured spread."""
    assert stats.noise_floor(0.05, 100) == pytest.approx(1.6449 * (0.05 / 100) ** 0.5, abs=1e-4)
    assert stats.noise_floor(0.0, 1) == 0.0


@pytest.mark.parametrize(("spread", "n"), [(-0.1, 5), (1.1, 5), (0.5, 0)])
def test_noise_floor_refuses_what_can_not_be(spread, n):
    """A wrong argument is an error, not a figure."""
    with pytest.raises(ValueError, match="spread"):
        stats.noise_floor(spread, n)
