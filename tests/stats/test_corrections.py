"""Holm: figures by hand, the definition written out, hostile values."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def closed_test(p_values: list[float], place: int) -> float:
    """The adjusted p value by the closure principle: the worst Bonferroni p of all sets that hold this one."""
    others = [value for index, value in enumerate(p_values) if index != place]
    sets = [
        (p_values[place], *rest) for size in range(len(others) + 1) for rest in itertools.combinations(others, size)
    ]
    return max(min(1.0, len(one) * min(one)) for one in sets)


def test_holm_by_hand() -> None:
    """4 x .005, 3 x .01, 2 x .03, then the largest so far; in the order given."""
    adjusted = stats.holm([0.01, 0.04, 0.03, 0.005])

    assert adjusted == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(P_VALUES)
def test_holm_is_the_closure_of_bonferroni(p_values: list[float]) -> None:
    """The short cut gives what all intersections give."""
    expected = [closed_test(p_values, place) for place in range(len(p_values))]

    assert stats.holm(p_values) == pytest.approx(expected)


@given(P_VALUES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_gets_smaller(p_values: list[float], chance) -> None:
    """Each value keeps its adjustment wherever it stands; p <= Holm <= 1."""
    places = list(range(len(p_values)))
    chance.shuffle(places)

    adjusted = stats.holm(p_values)

    assert stats.holm([p_values[place] for place in places]) == tuple(adjusted[place] for place in places)
    assert all(p_value <= strict + 1e-15 <= 1 + 1e-15 for p_value, strict in zip(p_values, adjusted, strict=True))


def test_none_and_one_need_no_correction() -> None:
    """No tests have no p values; one keeps its own."""
    assert (stats.holm([]), stats.holm([0.2])) == ((), (0.2,))


@pytest.mark.parametrize("hostile", [math.nan, -0.01, 1.01, math.inf])
def test_values_that_are_no_p_values_are_refused(hostile: float) -> None:
    """Not a number must never sort itself into a pass."""
    with pytest.raises(ValueError, match="p values must be in"):
        stats.holm([0.1, hostile])
