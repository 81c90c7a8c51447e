"""Losses that concentrate are found at the rate that theory gives, and on equal sides hardly ever."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, hypergeom

from harness.stats.concentration import Flips, concentrations


def flips(lost: int, won: int, kept: int, size: int = 1) -> Flips:
    """Return the lost cases first, then the won ones, then those right on both sides; in groups where asked for."""
    changes = (-1,) * lost + (1,) * won + (0,) * kept
    groups = tuple(None if size == 1 else f"group {place // size}" for place in range(len(changes)))
    return Flips(changes=changes, groups=groups)


def first_and_last(first: int, last: int, cases: int) -> list[int]:
    """Return the places of so many cases from each end."""
    return [*range(first), *range(cases - last, cases)]


def test_excess_is_half_the_likelihood_ratio_statistic_of_the_table():
    """11 of 14 lost cases meet the condition, and 27 of 142 in all: as scipy has it."""
    (found,) = concentrations(flips(14, 0, 128), [first_and_last(11, 16, 142)], seed=1)

    table = [[11, 16], [3, 112]]
    expected = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic / 2
    assert found.excess == pytest.approx(expected, rel=1e-6)
    assert found.p_value < 0.01


def test_where_losses_fall_has_the_p_value_of_a_draw_without_replacement():
    """One condition alone, where the direction is beyond doubt: the hypergeometric tail."""
    (found,) = concentrations(flips(40, 0, 360), [first_and_last(10, 35, 400)], seed=2)

    assert found.p_value == pytest.approx(hypergeom.sf(9, 400, 45, 40), abs=0.006)
    assert found.p_value > 0.003


def test_which_way_cases_flip_has_the_p_value_of_a_fair_coin():
    """Six of six flips are lost, all in 12 of 106 cases: twice 1/64, as the whole or the condition would do."""
    (found,) = concentrations(flips(6, 0, 100), [first_and_last(6, 6, 106)], seed=3)

    assert found.p_value == pytest.approx(2 / 64, abs=0.015)


def test_a_slice_is_found_where_the_whole_did_not_drop():
    """Twelve lost in 30 cases, and twelve won elsewhere."""
    (found,) = concentrations(flips(12, 12, 176), [first_and_last(12, 18, 200)], seed=4)

    assert found.p_value < 0.01


def test_cases_that_flip_both_ways_are_not_named():
    """The whole dropped, and half of the lost cases meet the condition, but so do as many won ones."""
    unsteady = [*range(10), *range(20, 30), *range(180, 200)]
    steady = list(range(10, 30))
    found = concentrations(flips(20, 10, 170), [unsteady, steady], seed=5)

    assert found[0].excess > 5
    assert found[0].p_value == 1


def test_cases_that_flip_often_are_not_named_where_the_whole_dropped():
    """60 of 200 lost and 40 won, where elsewhere 24 of 200 are lost and 4 won: both parts drop by a tenth."""
    unsteady = [*range(60), *range(84, 124), *range(128, 228)]
    found = concentrations(flips(84, 44, 272), [unsteady], seed=5)

    assert found[0].excess > 8
    assert found[0].p_value == 1


def test_groups_count_once():
    """Seven of eight lost groups meet a condition that ten of twenty meet; as single cases, 35 of 40 and 50 of 100."""
    places = first_and_last(35, 15, 100)
    (grouped,) = concentrations(flips(40, 0, 60, size=5), [places], seed=6)
    (single,) = concentrations(flips(40, 0, 60), [places], seed=6)

    assert grouped.excess == single.excess
    assert grouped.p_value == pytest.approx(hypergeom.sf(6, 20, 10, 8), abs=0.007)
    assert single.p_value < 0.003


def test_one_group_of_copies_proves_nothing():
    """All that lost cases share is their group."""
    changes = (-1,) * 7 + (0,) * 93
    groups = ("copies",) * 7 + (None,) * 93
    (found,) = concentrations(Flips(changes=changes, groups=groups), [list(range(7))], seed=7)

    assert found.p_value == 1


def test_searches_that_share_the_error_rate_are_corrected_for():
    """Three searches: three times the p value. Ten would make it more than 0.05, which is given as 1."""
    places = [first_and_last(10, 35, 400)]
    (alone,) = concentrations(flips(40, 0, 360), places, seed=2)
    (third,) = concentrations(flips(40, 0, 360), places, seed=2, comparisons=3)
    (tenth,) = concentrations(flips(40, 0, 360), places, seed=2, comparisons=10)

    assert third.p_value == pytest.approx(3 * alone.p_value)
    assert tenth.p_value == 1


@pytest.mark.parametrize(("lost", "won"), [(4, 10), (5, 0), (0, 20)])
def test_few_losses_or_flips_name_nothing(lost, won):
    """Whatever they have in common."""
    (found,) = concentrations(flips(lost, won, 100), [list(range(lost + 1))], seed=8)

    assert found.p_value == 1


def test_the_same_seed_gives_the_same_p_values():
    """And another seed others."""
    places = [first_and_last(10, 35, 400)]
    first, again, other = (concentrations(flips(40, 0, 360), places, seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_a_condition_that_is_met_by_all_or_none_has_no_excess():
    """There is no outside, or no inside, to compare with."""
    found = concentrations(flips(10, 0, 90), [list(range(100)), []], seed=9)

    assert [one.excess for one in found] == [0, 0]
    assert [one.p_value for one in found] == [1, 1]


def test_each_case_needs_a_group():
    """Or None."""
    with pytest.raises(ValueError, match="needs a group for each case, got 1 for 2"):
        concentrations(Flips(changes=(-1, 0), groups=(None,)), [], seed=1)


def false_alarms(chance: np.random.Generator, size: int, hard: float, times: int) -> int:
    """Return in how many suites of 120 cases and equal sides something is found, with cases that flip often.

    A fifth of the groups flips as often as ``hard`` says, all cases of a group alike, and the rest at 4 %. One
    condition is just that fifth, 24 others are met at random.
    """
    alarms = 0
    for seed in range(times):
        groups = np.repeat(np.arange(120 // size), size)
        is_hard = np.arange(len(groups)) // size % 5 == 0
        flipped = chance.random(120 // size)[groups] < np.where(is_hard, hard, 0.04)
        ways = np.where(chance.random(120 // size)[groups] < 0.5, -1, 1)
        matching = [np.flatnonzero(is_hard)]
        matching += [np.flatnonzero(chance.random(120 // size)[groups] < share) for share in np.linspace(0.05, 0.6, 24)]
        cases = Flips(
            changes=tuple(np.where(flipped, ways, 0).tolist()),
            groups=tuple(None if size == 1 else str(group) for group in groups),
        )
        found = concentrations(cases, [places.tolist() for places in matching], seed)
        alarms += any(one.p_value <= 0.05 for one in found)
    return alarms


@pytest.mark.parametrize(("size", "hard"), [(1, 0.7), (5, 0.7)])
def test_equal_sides_are_found_guilty_at_most_once_in_twenty_runs(size, hard):
    """Also where flips concentrate in hard cases and come in groups. Thousands of runs gave 0 to 2 % everywhere."""
    assert false_alarms(np.random.default_rng(11), size, hard, times=40) <= 2
