"""Sums that are added are those of all values together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import skew

from harness.stats.summed import Averaged, Counted, added, averaged, check_summary

VALUES = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=12)


@given(VALUES, VALUES)
def test_adding_is_averaging_all_values(one: list[float], other: list[float]) -> None:
    """Mean, spread and skewness, in either order."""
    together, expected = added(averaged(one), averaged(other)), averaged(one + other)

    assert (together.mean, together.sd, together.skewness, together.n) == pytest.approx(
        (expected.mean, expected.sd, expected.skewness, expected.n), abs=1e-6
    )


def test_skewness_is_that_of_scipy() -> None:
    """The plain one, without a correction for few values."""
    values = [1.0, 2.0, 2.0, 9.0]

    assert averaged(values).skewness == pytest.approx(skew(values))


def test_shares_are_added_by_their_counts() -> None:
    """Not by their shares."""
    assert added(Counted(k=1, n=2), Counted(k=9, n=18)) == Counted(k=10, n=20)


def test_a_share_is_not_a_mean() -> None:
    """Two kinds of figures under one name are a mistake."""
    with pytest.raises(ValueError, match="a share and a mean"):
        added(Counted(k=1, n=2), averaged([1.0]))


@pytest.mark.parametrize(
    "impossible",
    [
        Counted(k=3, n=2),
        Counted(k=-1, n=2),
        Counted(k=0, n=0),
        Averaged(mean=math.nan, sd=1.0, n=3),
        Averaged(mean=0.0, sd=-1.0, n=3),
        Averaged(mean=0.0, sd=1.0, n=0),
    ],
)
def test_impossible_sums_are_refused(impossible: Counted | Averaged) -> None:
    """NaN never passes for a quiet day."""
    with pytest.raises(ValueError, match=r"must|needs"):
        check_summary(impossible)


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf]])
def test_values_must_be_finite(values: list[float]) -> None:
    """And there must be some."""
    with pytest.raises(ValueError, match="finite"):
        averaged(values)
