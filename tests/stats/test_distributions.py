"""Order, shape and mix: scipy's tests, exact small tables, ties, and intervals that hold the truth."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstwobign, mannwhitneyu, norm

from harness.stats.distributions import mix_change, order_change, shape_change
from harness.stats.placements import area_interval, placements

TIED = [1, 1, 2, 2, 2, 3, 5, 8], [2, 3, 3, 5, 5, 8, 9, 9, 9, 12]


@pytest.mark.parametrize("sides", [TIED, ([0.1, 0.5, 2.5, 3.1], [1.0, 2.0, 3.0, 4.0, 0.2])])
def test_the_order_is_tested_by_mann_and_whitney_with_ties(sides: tuple[list[float], list[float]]) -> None:
    """As scipy's, with half a rank off and the variance that ties leave."""
    before, now = sides
    change = order_change(before, now)

    for found, side in ((change.p_value, "two-sided"), (change.lower_p, "less"), (change.higher_p, "greater")):
        expected = mannwhitneyu(now, before, alternative=side, method="asymptotic")
        assert found == pytest.approx(expected.pvalue)
    assert change.estimate.mean == pytest.approx(expected.statistic / (len(now) * len(before)))


def test_placements_are_the_shares_above_and_below() -> None:
    """By hand, with a tie as a half."""
    above, below = placements(np.array([1.0, 2.0]), np.array([2.0, 3.0, 0.0]))

    assert above.tolist() == pytest.approx([2 / 3, 1.5 / 3])
    assert below.tolist() == pytest.approx([0.75, 1.0, 0.0])


@pytest.mark.parametrize(("shift", "spread"), [(0.0, 1.0), (0.5, 1.0), (0.0, 4.0), (1.5, 1.0)])
def test_the_interval_of_an_area_covers_it(shift: float, spread: float) -> None:
    """Also where one side is spread far wider, which a variance under equality does not allow for."""
    chance, truth, held = np.random.default_rng(12), norm.cdf(shift / np.hypot(1, spread)), []
    for _ in range(600):
        estimate = order_change(chance.standard_normal(80), shift + spread * chance.standard_normal(50)).estimate
        held.append(estimate.low <= truth <= estimate.high)

    assert 0.925 <= np.mean(held) <= 0.975


def test_sides_without_any_overlap_have_an_interval_all_the_same() -> None:
    """And mirrored ones a mirrored interval; all values tied is 0.5 with an open interval."""
    low, high = area_interval(1.0, 0.0, (20, 30))

    assert (0.85 < low < 0.95, high) == (True, 1.0)
    assert area_interval(0.0, 0.0, (20, 30)) == pytest.approx((0.0, 1 - low))
    tied = order_change([1.0] * 20, [1.0] * 30)
    assert (tied.estimate.mean, tied.p_value) == (0.5, 1.0)
    assert tied.estimate.low == pytest.approx(1 - tied.estimate.high, abs=1e-6)


@pytest.mark.parametrize("sides", [TIED, (np.linspace(0, 1, 200).tolist(), (np.linspace(0, 1, 150) ** 2).tolist())])
def test_the_shape_is_tested_by_smirnov(sides: tuple[list[float], list[float]]) -> None:
    """The distance is scipy's; the p value the plain one for large samples."""
    change = shape_change(*sides)

    expected, (n, m) = ks_2samp(*sides).statistic, map(len, sides)
    assert change.estimate.mean == pytest.approx(expected)
    assert change.p_value == pytest.approx(kstwobign.sf(expected * (n * m / (n + m)) ** 0.5))


def test_a_wider_spread_is_a_change_of_shape_and_not_of_order() -> None:
    """Lengths that became both shorter and longer."""
    before, now = np.linspace(-1, 1, 400), np.linspace(-3, 3, 400)

    assert order_change(before, now).p_value > 0.9
    assert shape_change(before, now).p_value < 1e-6


def test_a_mix_is_tested_exactly_however_few_there_are() -> None:
    """Three of one kind before, three of another now: 2 of the 20 tables with these sums are as far apart."""
    change = mix_change({"a": 3}, {"b": 3}, seed=1)

    assert change.p_value == pytest.approx(0.1, abs=0.02)
    assert (change.estimate.mean, change.estimate.high, change.least_p) == (1.0, 1.0, 1 / 5000)


def test_the_total_variation_is_the_share_that_moved() -> None:
    """By hand: a tenth moved from a to a new one."""
    change = mix_change({"a": 500, "b": 500, "never": 0}, {"a": 400, "b": 500, "new": 100}, seed=1)

    assert change.estimate.mean == pytest.approx(0.1)
    assert 0 < change.estimate.low < 0.1 < change.estimate.high < 0.2
    assert change.p_value == change.least_p


@pytest.mark.parametrize("moved", [0.0, 0.1, 0.3])
def test_intervals_of_distances_hold_the_truth(moved: float) -> None:
    """At least 95 %, also where nothing changed and the distance is 0: the usual bootstrap fails there."""
    chance, held = np.random.default_rng(13), []
    shares = np.array([0.4, 0.3, 0.2, 0.05, 0.05])
    for _ in range(200):
        sides = [
            chance.multinomial(n, p) for n, p in ((400, shares), (200, shares + moved * np.array([-1, 0, 0, 1, 0])))
        ]
        mix = mix_change(*({str(place): int(k) for place, k in enumerate(side)} for side in sides), 1, 9).estimate
        shape = shape_change(chance.random(400), moved + chance.random(200)).estimate
        held.append((mix.low <= moved <= mix.high, shape.low <= moved <= shape.high))

    assert np.mean(held, axis=0).min() >= 0.93


def test_the_same_seed_gives_the_same_p_value() -> None:
    """And another seed a near one."""
    mixes = {"a": 50, "b": 50}, {"a": 40, "b": 60}

    assert mix_change(*mixes, seed=3) == mix_change(*mixes, seed=3)
    assert mix_change(*mixes, seed=3).p_value == pytest.approx(mix_change(*mixes, seed=4).p_value, abs=0.03)


@pytest.mark.parametrize("hostile", [[], [float("nan")], [1.0, float("inf")]])
def test_values_must_be_finite(hostile: list[float]) -> None:
    """And there must be some, on both sides."""
    for test in (order_change, shape_change):
        with pytest.raises(ValueError, match="finite"):
            test([1.0], hostile)


@pytest.mark.parametrize("sides", [({}, {"a": 1}), ({"a": 0}, {"a": 1}), ({"a": -1, "b": 2}, {"a": 1})])
def test_mixes_need_something_on_each_side(sides: tuple[dict[str, int], dict[str, int]]) -> None:
    """Nothing is no mix."""
    with pytest.raises(ValueError, match="each side needs"):
        mix_change(*sides, seed=0)
