"""Exact tests of counts: against the multinomial distribution written out, at their rates, and hostile counts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from harness.stats import exact
from harness.stats.exact import guaranteed_passfail_p_value, passfail_p_value
from harness.stats.passfail import null_variance, score_p_value, score_statistic


def outcomes(n: int) -> list[tuple[int, int]]:
    """All lost and won of n cases."""
    return [(lost, won) for lost in range(n + 1) for won in range(n + 1 - lost)]


def chance(n: int, lost: int, won: int, share: float, margin: float) -> float:
    """The probability of counts with this share of discordant cases and a drop of the margin."""
    return float(multinomial.pmf([lost, won, n - lost - won], n, shares_of(share, margin)))


def shares_of(share: float, margin: float) -> list[float]:
    """The shares of lost, won and equal cases with this share of discordant ones and a drop of the margin."""
    return [(share + margin) / 2, (share - margin) / 2, 1 - share]


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 0), (0, 2), (2, 1), (3, 5), (6, 0)])
def test_the_p_value_is_the_sum_over_all_outcomes_as_good(lost: int, won: int) -> None:
    """Written out over every outcome of 20 cases, at the estimated share of discordant ones."""
    n, margin = 20, 0.1
    seen = score_statistic(lost, won, n, -margin)
    share = null_variance(lost, won, n, -margin) + margin**2
    expected = sum(
        chance(n, b, c, share, margin) for b, c in outcomes(n) if score_statistic(b, c, n, -margin) >= seen - 1e-9
    )

    assert passfail_p_value(lost, won, n, margin) == pytest.approx(expected)


def false_passes(p_value: object, n: int, margin: float) -> float:
    """The worst chance, over all shares of discordant cases, that a candidate a margin worse has p of at most .05."""
    passing = [(lost, won, n - lost - won) for lost, won in outcomes(n) if p_value(lost, won, n, margin) <= 0.05]
    shares = margin + np.geomspace(1e-6, 1 - margin, 40)
    return max(float(multinomial.pmf(passing, n, shares_of(share, margin)).sum()) for share in shares)


@pytest.mark.parametrize(("n", "margin"), [(25, 0.1), (30, 0.1)])
def test_at_most_a_twentieth_passes_falsely(n: int, margin: float) -> None:
    """Where Tango's test errs in 7.2 %: the estimated p value stays below 5.5 %, the guaranteed one below 5 %."""
    normal = false_passes(lambda lost, won, n, margin: score_p_value(lost, won, n, -margin), n, margin)

    assert normal > 0.07
    assert false_passes(passfail_p_value, n, margin) <= 0.055
    assert false_passes(guaranteed_passfail_p_value, n, margin) <= 0.05


def test_no_flip_at_all_has_the_chance_of_none() -> None:
    """With a true loss of 5 % and no win, none of 59 is lost in 4.8 %, none of 52 in 6.9 %."""
    assert passfail_p_value(0, 0, 59, 0.05) == pytest.approx(0.95**59)
    assert passfail_p_value(0, 0, 52, 0.05) == pytest.approx(0.95**52)


MARGINS = (0.02, 0.05, 0.3, 1.0)


@given(st.integers(1, 400), st.integers(0, 60), st.integers(0, 60), st.sampled_from(MARGINS))
def test_a_p_value_is_a_probability_and_the_guarantee_costs(n: int, lost: int, won: int, margin: float) -> None:
    """The guaranteed one is never smaller than the estimated one."""
    lost = min(lost, n)
    won = min(won, n - lost)

    estimated, sure = passfail_p_value(lost, won, n, margin), guaranteed_passfail_p_value(lost, won, n, margin)

    assert 0 <= estimated <= 1 + 1e-12
    assert 0 <= sure <= 1
    assert sure >= estimated - 1e-9


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("n", [*range(1, 13), 20, 33])
def test_one_more_loss_turns_no_p_value_into_a_pass(n: int, margin: float) -> None:
    """Nor lowers it by more than .001 from five cases on: with fewer the estimate jumps, far above any decision."""
    found = {counts: passfail_p_value(*counts, n, margin) for counts in outcomes(n)}

    one_more = [(p, found[lost + 1, won]) for (lost, won), p in found.items() if lost + won < n]

    assert not [pair for pair in one_more if pair[0] > 0.05 >= pair[1]]
    assert n < 5 or min(after - before for before, after in one_more) >= -1e-3


def test_large_counts_take_no_more_than_their_spread() -> None:
    """A million cases: the normal p value and the exact one agree."""
    exact = passfail_p_value(10_100, 10_000, 1_000_000, 0.0003)

    assert exact == pytest.approx(score_p_value(10_100, 10_000, 1_000_000, -0.0003), abs=1e-4)
    assert not math.isnan(exact)


@pytest.mark.parametrize(
    ("lost", "won", "n", "margin"), [(-1, 0, 5, 0.1), (4, 4, 5, 0.1), (0, 0, 0, 0.1), (0, 0, 5, 0)]
)
def test_impossible_counts_are_refused(lost: int, won: int, n: int, margin: float) -> None:
    """Never a p value made up."""
    for test in (passfail_p_value, guaranteed_passfail_p_value):
        with pytest.raises(ValueError, match="must"):
            test(lost, won, n, margin)


@given(st.data())
def test_few_cases_have_the_p_value_that_numpy_gives(data: st.DataObject) -> None:
    """Added up without numpy and scipy, which take longer to load than a run of 100 stored cases."""
    n = data.draw(st.integers(1, exact.FEW))
    lost = data.draw(st.integers(0, n))
    won = data.draw(st.integers(0, n - lost))
    margin = data.draw(st.sampled_from([0.001, 0.02, 0.05, 0.1, 0.5, 1.0]))
    share = min(max(null_variance(lost, won, n, -margin) + margin**2, margin), 1.0)

    (expected,) = exact._tail(lost, won, n, margin, [share])
    assert passfail_p_value(lost, won, n, margin) == pytest.approx(expected, rel=1e-9, abs=1e-15)
