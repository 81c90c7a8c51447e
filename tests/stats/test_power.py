"""Power: Miller's figures, simulated suites of the size asked for, and nonsense refused."""

import math

import numpy as np
import pytest

from harness import stats
from harness.stats.exact import guaranteed_passfail_p_value, passfail_p_value
from tests.stats.simulated import pass_rate, score_test

SINGLE = (None,)


@pytest.mark.parametrize(("n", "effect"), [(100, 0.140), (200, 0.099), (500, 0.063), (1000, 0.044), (2000, 0.031)])
def test_minimum_detectable_effect_gives_millers_figures(n: int, effect: float) -> None:
    """Standard deviation .5, power .8, two-sided .05."""
    assert stats.minimum_detectable_effect(n, 0.5) == pytest.approx(effect, abs=5e-4)


@pytest.mark.parametrize(("n", "sd"), [(0, 0.5), (10, -0.1), (10, math.nan), (10, math.inf)])
def test_detectable_effect_of_nothing_is_refused(n: int, sd: float) -> None:
    """No cases, or no spread that could be one."""
    with pytest.raises(ValueError, match="must be"):
        stats.minimum_detectable_effect(n, sd)


@pytest.mark.parametrize(("discordant", "needed"), [(0.0, 59), (0.02, 108), (0.06, 194), (0.2, 501), (0.5, 1256)])
def test_cases_needed_really_have_the_power(discordant: float, needed: int) -> None:
    """Simulated suites of that many pass-or-fail cases, and of a few more, pass at least 79 % of the time."""
    n = stats.cases_needed_passfail(discordant, 0.05)

    rates = [pass_rate(n + more, discordant / 2, discordant / 2, score_test) for more in (0, 7, 14, 21, 28)]

    assert n == needed
    assert min(rates) > 0.79


@pytest.mark.parametrize(("discordant", "margin"), [(0.06, 0.05), (0.03, 0.1), (0.06, 0.2)])
def test_the_exact_test_passes_as_often_as_planned(discordant: float, margin: float) -> None:
    """Of few cases it passes fewer than the score test: 71 % of equal sides at the 20 that the latter needs for .2."""
    n = stats.cases_needed_passfail(discordant, margin)
    draws = np.random.default_rng(1).multinomial(n, [discordant / 2, discordant / 2, 1 - discordant], 5_000)
    seen, times = np.unique(draws[:, :2], axis=0, return_counts=True)

    passed = [passfail_p_value(lost, won, n, margin) <= 0.05 for lost, won in seen.tolist()]

    assert 0.79 <= float(times @ passed) / 5_000 <= 0.93


def test_a_guarantee_needs_more_cases_and_has_the_power() -> None:
    """With pass or fail by Berger and Boos, with groups and grades by Gaffke's bound."""
    n = stats.guaranteed_cases_needed_passfail(0.06, 0.1)
    spread = stats.guaranteed_cases_needed(0.2, 0.1)
    draws = np.random.default_rng(8).uniform(-0.2 * math.sqrt(3), 0.2 * math.sqrt(3), (100, spread))

    proven = [
        stats.guaranteed_margin_p_value(values.round(2).tolist(), SINGLE * spread, 0.1) <= 0.05 for values in draws
    ]

    assert n >= stats.cases_needed_passfail(0.06, 0.1)
    assert pass_rate(n, 0.03, 0.03, _guaranteed_test) > 0.79
    assert spread > stats.cases_needed(0.2, 0.1)
    assert 0.78 <= sum(proven) / 100 <= 0.93


@pytest.mark.parametrize(("sd", "margin"), [(0.3, 0.05), (0.25, 0.1)])
def test_cases_needed_of_graded_scores_have_the_power(sd: float, margin: float) -> None:
    """A simulated suite of that many graded cases rules out the margin about 80 % of the time."""
    n = stats.cases_needed_like(np.linspace(-sd * math.sqrt(3), sd * math.sqrt(3), 999).tolist(), SINGLE * 999, margin)
    draws = np.random.default_rng(6).uniform(-sd * math.sqrt(3), sd * math.sqrt(3), (1_000, n or 0))

    passed = [stats.margin_p_value(values.tolist(), SINGLE * len(values), margin) <= 0.05 for values in draws]

    assert 0.78 <= sum(passed) / 1_000 <= 0.88


def test_large_rare_losses_need_more_cases_than_their_spread_alone() -> None:
    """3 % lose .8, and the rest gains a little: the normal formula gives 72 cases, of which 28 % pass."""
    n = stats.cases_needed(0.136, 0.05, skewness=-5.5)
    chance = np.random.default_rng(9)
    draws = np.where(chance.random((400, n)) < 0.03, -0.776, 0.024) + chance.normal(0, 0.01, (400, n))

    passed = [stats.margin_p_value(values.tolist(), SINGLE * n, 0.05) <= 0.05 for values in draws]

    assert n > 1.5 * stats.cases_needed(0.136, 0.05)
    assert 0.78 <= sum(passed) / 400 <= 0.93


def test_cases_needed_without_variance_are_those_that_pass() -> None:
    """For a drop of .02: 149 unchanged cases rule it out, 148 do not."""
    n = stats.cases_needed_like([0.0] * 10, SINGLE * 10, 0.02)

    p_values = [stats.margin_p_value([0.0] * count, SINGLE * count, 0.02) for count in (n - 1, n)]

    assert n == stats.cases_needed_passfail(0.0, 0.02) == stats.fewest_cases(0.02) == 149
    assert p_values[1] <= 0.05 < p_values[0]


def test_graded_scores_in_groups_need_as_many_groups_as_can_ever_pass() -> None:
    """Groups of two that differ by next to nothing: 59 groups for a drop of .05; one shows no spread."""
    values, groups = [place / 1_000 for place in range(20)], [str(place // 2) for place in range(20)]

    assert stats.cases_needed_like(values, groups, 0.05) in {2 * 59, 2 * 60}
    assert stats.cases_needed_like(values, ["one"] * 20, 0.05) is None
    assert stats.guaranteed_cases_needed_like(values, ["one"] * 20, 0.05) is None


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


def _guaranteed_test(lost: int, won: int, n: int, _margin: float) -> bool:
    return guaranteed_passfail_p_value(lost, won, n, 0.1) <= 0.05
