"""Totals and shares of all that a stratified sample was drawn from."""

from itertools import combinations

import pytest

from harness.stats.surveys import Stratum, weighted_share, weighted_total

SIZES = ((3.0, 1.0, 4.0), (1.0, 5.0, 9.0, 2.0))
VALUES = ((1.0, 0.0, 1.0), (0.0, 1.0, 1.0, 0.0))


def drawn(stratum: int, places: tuple[int, ...]) -> Stratum:
    """Return what is seen when these units of a stratum are drawn."""
    sizes, values = SIZES[stratum], VALUES[stratum]
    return Stratum(
        units=len(sizes), sizes=tuple(sizes[one] for one in places), values=tuple(values[one] for one in places)
    )


def test_over_all_samples_that_can_be_drawn_the_mean_of_the_totals_is_the_total():
    """Horvitz and Thompson: no bias, whatever the sizes and the shares of the strata are."""
    totals = [
        weighted_total([drawn(0, one), drawn(1, other)])
        for one in combinations(range(3), 2)
        for other in combinations(range(4), 1)
    ]

    assert sum(totals) / len(totals) == pytest.approx(3 + 4 + 5 + 9)


def test_a_share_counts_each_unit_by_its_weight_and_its_size():
    """By hand: 10 of 2 drawn and 4 of 2: (5 * 3 + 2 * 1) / (5 * (3 + 1) + 2 * (1 + 1)) = 17 / 24."""
    found = weighted_share(
        [Stratum(units=10, sizes=(3.0, 1.0), values=(1.0, 0.0)), Stratum(units=4, sizes=(1.0, 1.0), values=(1.0, 0.0))]
    )

    assert found.mean == pytest.approx(17 / 24)
    assert 0 <= found.low < found.mean < found.high <= 1
    assert found.n == 4


def test_of_one_stratum_of_many_units_the_interval_is_that_of_the_share():
    """With the finite size: half of 200 drawn makes it narrower by about the square root of a half."""
    values = (1.0,) * 30 + (0.0,) * 70

    many, half = (weighted_share([Stratum(units=units, sizes=(1.0,) * 100, values=values)]) for units in (100_000, 200))

    assert (round(many.low, 2), many.mean, round(many.high, 2)) == (0.22, pytest.approx(0.3), 0.4)
    assert (half.high - half.low) / (many.high - many.low) == pytest.approx(0.5**0.5, abs=0.02)


def test_where_all_was_drawn_the_share_is_known():
    """Nothing is left to chance."""
    found = weighted_share([drawn(0, (0, 1, 2)), drawn(1, (0, 1, 2, 3))])

    assert found.low == found.mean == found.high == pytest.approx(21 / 25)
    assert found.method == "census"


@pytest.mark.parametrize(("value", "end"), [(0.0, "low"), (1.0, "high")])
def test_what_was_never_or_always_seen_has_an_interval_too(value, end):
    """Of 20 that are all alike the 181st can be another one."""
    found = weighted_share([Stratum(units=200, sizes=(1.0, 5.0) * 10, values=(value,) * 20)])

    assert getattr(found, end) == found.mean == value
    assert found.high - found.low > 0.1


def test_single_units_of_strata_say_how_far_values_spread():
    """Else a stratum of which one was drawn would count as known."""
    singles = [Stratum(units=50, sizes=(1.0,), values=(float(place % 2),)) for place in range(10)]

    found = weighted_share(singles)

    assert found.mean == 0.5
    assert found.high - found.low > 0.4


def test_nothing_drawn_says_nothing_and_what_cant_be_is_refused():
    """No share of nothing."""
    assert weighted_share([]) is None
    with pytest.raises(ValueError, match="a stratum of 1 units has 2 drawn"):
        weighted_share([Stratum(units=1, sizes=(1.0, 1.0), values=(1.0, 1.0))])
