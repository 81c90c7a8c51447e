"""The bound that holds for any bounded values: known cases, what it guards against, and its properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.guaranteed import _below_zero, guaranteed_p_value


@pytest.mark.parametrize(("n", "margin"), [(20, 0.05), (59, 0.05), (149, 0.02), (300, 0.01)])
def test_without_any_difference_it_is_the_chance_to_have_seen_none(n: int, margin: float) -> None:
    """A model that loses a share of the margin loses none of n cases with (1 - margin) ** n."""
    assert guaranteed_p_value([0.0] * n, [None] * n, margin) == pytest.approx((1 - margin) ** n, rel=1e-6)


def test_the_chance_is_that_of_drawn_weights() -> None:
    """The integral agrees with 400,000 draws of exponential weights."""
    weights = [0.3, 0.2, -0.1, 0.05, 0.05, -0.9]
    drawn = np.random.default_rng(1).exponential(size=(400_000, len(weights))) @ weights

    assert _below_zero(weights) == pytest.approx((drawn <= 0).mean(), abs=3e-3)


def test_two_weights_have_a_closed_form() -> None:
    """P(2 E1 - E2 <= 0) = P(E2 >= 2 E1) = 1 / 3."""
    assert _below_zero([2.0, -1.0]) == pytest.approx(1 / 3, abs=1e-6)


def test_a_group_counts_once_and_may_be_lost_as_a_whole() -> None:
    """Sixty unchanged cases in thirty groups of two are as good as thirty cases."""
    groups = [str(place // 2) for place in range(60)]

    assert guaranteed_p_value([0.0] * 60, groups, 0.05) == pytest.approx(0.95**30, rel=1e-6)


@pytest.mark.parametrize("size", [0.5, 1.0])
def test_rare_large_losses_pass_at_most_at_the_rate(size: float) -> None:
    """Jitter and a rare loss, true drop = margin: at most 5 % of 400 suites of 60 cases, and some chance."""
    chance = np.random.default_rng(2)
    lost = chance.random((400, 60)) < 0.05 / size
    suites = np.where(lost, -size, chance.normal(0, 0.02, (400, 60)))

    passed = np.mean([guaranteed_p_value(suite.tolist(), [None] * 60, 0.05) <= 0.05 for suite in suites])

    assert passed <= 0.072


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(1, 3), st.sampled_from([0.02, 0.2, 0.9]))
def test_it_is_a_probability(values: list[float], size: int, margin: float) -> None:
    """Any values in any groups; a wider margin never makes it larger."""
    groups: list[str | None] = [str(place // size) for place in range(len(values))]

    p_value, wider = (
        guaranteed_p_value(values, groups, margin),
        guaranteed_p_value(values, groups, min(margin + 0.05, 0.99)),
    )

    assert 0 <= p_value <= 1
    assert wider <= p_value + 1e-6


@pytest.mark.parametrize(("values", "margin"), [([], 0.1), ([1.5], 0.1), ([0.0], 0.0), ([0.0], 1.0)])
def test_what_is_no_difference_or_margin_is_refused(values: list[float], margin: float) -> None:
    """Never a p value made up."""
    with pytest.raises(ValueError, match=r"must|value"):
        guaranteed_p_value(values, [None] * len(values), margin)
