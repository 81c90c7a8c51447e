"""How likely chance loses cases again that were lost once: held against scipy's binomial distribution."""

import pytest
from scipy.stats import binom

from harness import stats


@pytest.mark.parametrize(("lost_again", "split", "askings"), [(1, 1, 2), (2, 3, 2), (5, 12, 2), (40, 60, 2), (3, 9, 3)])
def test_the_p_value_is_the_upper_tail_of_a_binomial_distribution(lost_again, split, askings):
    """Each split case is lost again in every asking with a chance of 1/2 for each."""
    expected = binom.sf(lost_again - 1, split, 0.5**askings)

    assert stats.repeated_flips_p_value(lost_again, split, askings) == pytest.approx(expected, rel=1e-9)


def test_nothing_lost_again_is_certain():
    """No evidence against chance."""
    assert stats.repeated_flips_p_value(0, 0, 2) == 1
    assert stats.repeated_flips_p_value(0, 7, 2) == pytest.approx(1)


@pytest.mark.parametrize(("lost_again", "split", "askings"), [(-1, 3, 2), (4, 3, 2), (1, 3, 0)])
def test_impossible_counts_are_refused(lost_again, split, askings):
    """They are a mistake of the caller."""
    with pytest.raises(ValueError, match="expected 0 <= lost_again <= split"):
        stats.repeated_flips_p_value(lost_again, split, askings)
