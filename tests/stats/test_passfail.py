"""Tests and intervals from counts: figures of the oracle, properties, hostile counts, agreement with scipy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness import stats
from harness.stats.exact import passfail_p_value
from harness.stats.passfail import score_statistic
from tests.stats.simulated import pass_rate, score_test


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Lost, won, and a number of cases that holds both."""
    lost, won = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    return lost, won, draw(st.integers(max(lost + won, 1), 1500))


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

    statistic = score_statistic(lost, won, n, delta)

    assert statistic == pytest.approx((won - lost - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta))))


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

    strict, loose = (stats.score_p_value(*case, -margin) for margin in (narrow, wide))

    assert loose <= strict + 1e-12


@given(counts(), st.floats(0.001, 0.99))
def test_the_test_agrees_with_the_interval(case: tuple[int, int, int], margin: float) -> None:
    """The one-sided test passes just when the two-sided 90 % interval lies above the margin."""
    low, _ = stats.paired_score_interval(*case, level=0.90)

    passed = score_test(*case, margin)

    assert passed == (low > -margin) or low == pytest.approx(-margin, abs=1e-9)


def test_no_flips_at_all_pass_only_with_enough_cases() -> None:
    """51 unchanged cases can't exclude a drop of .05; 52 can."""
    few, enough = (score_test(0, 0, n, 0.05) for n in (51, 52))

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
    assert stats.score_p_value(0, 0, 1, -1.0) == 0
    assert stats.score_p_value(1, 0, 1, -1.0) == 0.5


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
        passfail_p_value(lost, won, n, margin)


@pytest.mark.parametrize("level", [0, 1, -1, 95, math.nan])
def test_impossible_levels_are_refused(level: float) -> None:
    """A level is a probability, not a percentage."""
    with pytest.raises(ValueError, match="level must be"):
        stats.paired_score_interval(1, 2, 10, level)
    with pytest.raises(ValueError, match="level must be"):
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


@given(counts(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_ends_of_the_interval_solve_the_score_equation(case: tuple[int, int, int], level: float) -> None:
    """At the lower end inside (-1, 1) the test that the candidate is no worse has just the p value of the level."""
    lost, won, n = case
    low, _ = stats.paired_score_interval(lost, won, n, level)

    p_value = stats.score_p_value(lost, won, n, low) if -1 < low < -1e-6 else None

    assert p_value is None or p_value == pytest.approx((1 - level) / 2, rel=1e-5)


@given(counts(), st.integers(2, 9))
def test_fractions_of_counts_scale(case: tuple[int, int, int], parts: int) -> None:
    """Counts divided by a design effect give a wider interval around the same difference."""
    lost, won, n = case
    whole = stats.paired_score_interval(lost * parts, won * parts, n * parts)

    part = stats.paired_score_interval(lost * parts / parts, won * parts / parts, n)

    assert part[0] <= whole[0] + 1e-12
    assert part[1] >= whole[1] - 1e-12


def test_mcnemar_of_many_flips_keeps_its_figures() -> None:
    """A hundred thousand flips neither overflow nor take long; every case lost is certain."""
    even, uneven = stats.mcnemar_exact(50_000, 50_000), stats.mcnemar_exact(49_000, 51_000)

    assert even == 1
    assert uneven == pytest.approx(binomtest(49_000, 100_000).pvalue, rel=1e-6)
    assert stats.mcnemar_exact(2000, 0) == pytest.approx(0, abs=1e-300)
