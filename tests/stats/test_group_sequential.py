"""Looks at a part of a suite, and how far away a result must be at each."""

import math

import numpy as np
import pytest

from harness.stats import errors_at_looks, looks, standard_errors


@pytest.mark.parametrize(("count", "bound"), [(1, 1.960), (2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)])
def test_bounds_are_those_of_pocock(count: int, bound: float) -> None:
    """The published constants."""
    # Jennison and Turnbull (2000), Group Sequential Methods, table 2.1, two-sided 5 %.
    assert standard_errors(range(1, count + 1), 0.025) == pytest.approx(bound, abs=6e-4)


def test_it_is_looked_at_a_third_and_at_two_thirds() -> None:
    """So that a clear result costs no more than that."""
    assert looks(300) == (100, 150, 200, 240)
    assert {1000, 2000} < set(looks(3000))
    assert looks(1_000_000)[0] == 122


def test_small_suites_are_not_looked_at_before_fifty_cases() -> None:
    """The score statistic needs some cases."""
    assert looks(142) == (71, 94, 113)
    assert looks(62) == ()
    assert looks(0) == ()


def test_parts_of_a_suite_err_at_any_look_as_seldom_as_promised() -> None:
    """The mean of a part strays from that of all in random orders as Pocock's bound says."""
    of, error, chance = 300, 0.05, np.random.default_rng(7)
    bound, values = errors_at_looks(of, error), chance.normal(size=of)
    values -= values.mean()
    orders = chance.permuted(np.tile(values, (4000, 1)), axis=1).cumsum(axis=1)

    beyond = [orders[:, n - 1] / n > bound * values.std() * math.sqrt(1 / n - 1 / of) for n in looks(of)]

    assert np.any(beyond, axis=0).mean() == pytest.approx(error, abs=0.009)


def test_information_that_does_not_grow_is_refused() -> None:
    """A look that adds nothing is a mistake of the caller."""
    with pytest.raises(ValueError, match="grows"):
        standard_errors([1.0, 1.0], 0.05)
    with pytest.raises(ValueError, match="at least one look"):
        standard_errors([], 0.05)
    with pytest.raises(ValueError, match="0 cases or more"):
        looks(-1)
