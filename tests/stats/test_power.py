"""Power: Miller's figures, simulated suites of the size asked for, and nonsense refused."""

import math

import numpy as np
import pytest

from harness import stats
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
