"""How many cases a pilot asks for: suites of that size pass as often as was asked, whatever its kind of scores."""

import numpy as np
import pytest

from harness import stats
from tests.stats.simulated import Suite


def test_graded_scores_pass_as_often_as_was_asked() -> None:
    """A pilot of 300 cases, of which a share moves by a judge's levels; it may have been a worse candidate's."""
    pilot, equal = _levels(300, 1)[0], _levels(10_000, 2)[0]

    needed = stats.cases_needed_as_in([(pilot, [None] * 300)], 0.1)
    worse = stats.cases_needed_as_in([([max(value - 0.05, -1.0) for value in pilot], [None] * 300)], 0.1)

    assert 0.78 <= _power(equal, needed, 0.1) <= 0.93
    assert worse == pytest.approx(needed, abs=2)


def test_rare_large_losses_need_more_than_as_many_rare_gains() -> None:
    """A shift keeps the skew: samples that missed the losses trust too small a spread."""
    chance = np.random.default_rng(3)
    losses = (np.where(chance.random(200) < 0.06, -0.7, 0.04) + chance.normal(0, 0.02, 200)).tolist()

    lost, won = (stats.cases_needed_as_in([(values, [None] * 200)], 0.1) for values in (losses, [-x for x in losses]))

    assert lost > 1.3 * won


def test_flips_in_groups_stay_flips_and_move_together() -> None:
    """Groups that flip as one need more cases than groups of independent ones, whatever the pilot dropped."""
    alone, together = (next(Suite(120, 0.1, 0.04, size=4, shared=shared).draws(1, 5)) for shared in (0.0, 0.9))
    groups = Suite(120, 0.1, 0.04, size=4).groups

    few, many = (stats.cases_needed_as_in([(values, groups)], 0.2) for values in (alone, together))
    turned = stats.cases_needed_as_in([([-value for value in alone], groups)], 0.2)

    assert many > 1.5 * few
    assert turned == pytest.approx(few, rel=0.1)


def test_equal_scores_need_the_fewest_cases_that_can_pass() -> None:
    """Hardly any spread: 29 for a drop of .1, and as many groups where graded scores come in groups."""
    values, groups = [place / 5_000 for place in range(60)], [str(place // 3) for place in range(60)]

    assert stats.cases_needed_as_in([(values, [None] * 60)], 0.1) == 29
    assert stats.cases_needed_as_in([(values, groups)], 0.1) == 3 * 29


def test_the_same_pilots_need_the_same_number() -> None:
    """Chance is seeded; several runs are pooled."""
    one, other = ((values, [None] * 80) for values in _levels(80, 4, times=2))

    assert stats.cases_needed_as_in([one, other], 0.1) == stats.cases_needed_as_in([one, other], 0.1)


def test_one_cluster_is_refused() -> None:
    """It shows no spread."""
    with pytest.raises(ValueError, match="one cluster shows no spread"):
        stats.cases_needed_as_in([([0.2, 0.1], ["g", "g"])], 0.1)


def _levels(n: int, seed: int, times: int = 1) -> list[list[float]]:
    """Differences of a judge's levels for equal sides: 40 % of the cases move."""
    chance = np.random.default_rng(seed)
    steps = chance.choice([-0.5, -0.25, 0.25, 0.5], size=(times, n), p=[0.15, 0.35, 0.35, 0.15])
    values: list[list[float]] = (steps * (chance.random((times, n)) < 0.4)).tolist()
    return values


def _power(equal: list[float], n: int, margin: float) -> float:
    draws = np.random.default_rng(6).choice(equal, size=(800, n)).tolist()
    return sum(stats.margin_p_value(values, [None] * n, margin) <= 0.05 for values in draws) / 800
