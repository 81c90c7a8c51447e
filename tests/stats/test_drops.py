"""The p value of a drop: agreement with scipy, groups, few changes, hostile values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from harness import stats
from tests.stats.simulated import Suite


def alone(*values: float) -> tuple[list[float], list[None]]:
    """Differences of cases without groups."""
    return list(values), [None] * len(values)


@pytest.mark.parametrize(("lost", "won", "same"), [(5, 0, 0), (209, 152, 958), (3, 9, 4), (1, 0, 0), (40, 12, 0)])
def test_pass_or_fail_is_the_exact_one_sided_mcnemar_test(lost: int, won: int, same: int) -> None:
    """As scipy's binomial test on the flips; cases that agree don't matter."""
    p_value = stats.drop_p_value(*alone(*[-1.0] * lost, *[1.0] * won, *[0.0] * same))

    assert p_value == pytest.approx(binomtest(lost, lost + won, 0.5, alternative="greater").pvalue)


def mirrored(n: int, seed: int) -> list[float]:
    """Values around -.1 without any skew."""
    half = np.random.default_rng(seed).uniform(-0.5, 0.5, n // 2)
    return [-0.1 + value for value in (*half.tolist(), *(-half).tolist())]


def test_graded_scores_without_skew_have_the_one_sided_t_test() -> None:
    """As scipy's, of cases alone and of the means of groups."""
    values = mirrored(60, 5)
    spread = [mean + shift for mean in values for shift in (-0.1, 0.0, 0.1)]
    expected = ttest_1samp(values, 0, alternative="less").pvalue

    alone_p = stats.drop_p_value(*alone(*values))
    grouped = stats.drop_p_value(spread, [f"document {place // 3}" for place in range(180)])

    assert (alone_p, grouped) == pytest.approx((expected, expected))


def test_losses_in_one_group_of_copies_are_hardly_evidence() -> None:
    """Thirty lost cases in three groups of ten, thirty kept in three others: far from 30 to 0."""
    assert stats.drop_p_value([-1.0] * 30 + [0.0] * 30, [f"document {place // 10}" for place in range(60)]) > 0.02


def test_small_drops_everywhere_may_be_made_up_by_a_gain_that_was_not_seen() -> None:
    """A loss of .1 in ten of ten cases: one gain of 1 in eleven makes up for it, and ten show none of it with .386."""
    few, many = (stats.drop_p_value(*alone(*[-0.1] * n)) for n in (10, 40))

    assert few == pytest.approx(1.1**-10)
    assert many == pytest.approx(1.1**-40)


@pytest.mark.parametrize("n", [20, 50])
def test_skewed_scores_raise_no_more_false_alarms_than_said(n: int) -> None:
    """Equal sides whose cases lose a little and rarely gain much: a plain t alarms in 10 to 30 %."""
    chance = np.random.default_rng(8)
    gains = chance.random((1000, n)) < 0.04
    drawn = np.where(gains, 0.48, -0.02) + np.clip(chance.normal(0, 0.005, (1000, n)), -0.01, 0.01)
    plain = np.mean([ttest_1samp(row, 0, alternative="less").pvalue <= 0.05 for row in drawn])

    alarms = np.mean([stats.drop_p_value(*alone(*row)) <= 0.05 for row in drawn.tolist()])

    assert plain > 0.1
    assert alarms <= 0.05


@pytest.mark.parametrize(("values", "groups"), [([0.0] * 5, [None] * 5), ([1.0], [None]), ([0.25] * 9, ["g"] * 9)])
def test_no_drop_is_no_alarm(values: list[float], groups: list[str | None]) -> None:
    """Nothing changed, or only gains."""
    assert stats.drop_p_value(values, groups) == 1.0


def test_one_group_is_no_evidence() -> None:
    """However many of its cases dropped."""
    assert stats.drop_p_value([-1.0] * 200, ["one"] * 200) == 0.5


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from([None, "a", "b", "c"])), min_size=1, max_size=40))
def test_a_p_value_is_a_probability(cases: list[tuple[float, str | None]]) -> None:
    """Always, and a drop and its mirror image are never both beyond chance."""
    values, groups = [value for value, _ in cases], [group for _, group in cases]

    down, up = stats.drop_p_value(values, groups), stats.drop_p_value([-value for value in values], groups)

    assert 0 <= down <= 1
    assert down + up >= 1 - 1e-9


def test_false_alarms_are_as_rare_as_said() -> None:
    """Among 2,000 comparisons of equal models at most 5 % and some chance lie below 0.05, by counts and by grades."""
    chance = np.random.default_rng(7)
    flips = chance.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=(2000, 60))
    grades = chance.choice([-0.5, -0.25, 0.0, 0.25, 0.5], size=(2000, 20))

    for drawn in (flips, grades):
        alarms = np.mean([stats.drop_p_value(*alone(*row)) < 0.05 for row in drawn.tolist()])

        assert 0.01 < alarms < 0.062


@pytest.mark.parametrize("values", [[], [math.nan], [-1.5], [0.0, math.inf]])
def test_what_is_no_difference_is_refused(values: list[float]) -> None:
    """Never a p value made up."""
    with pytest.raises(ValueError, match="value"):
        stats.drop_p_value(*alone(*values))


def test_the_fewest_cases_are_those_of_the_issue() -> None:
    """59 for .05, 149 for .02, 29 for .1."""
    assert [stats.fewest_cases(margin) for margin in (0.05, 0.02, 0.1, 1.0)] == [59, 149, 29, 1]
    assert stats.fewest_cases(5e-324) > 10**15


def test_a_drop_of_the_margin_is_ruled_out_by_the_method_of_each_kind() -> None:
    """No flip of 59; 60 graded equal cases; ten groups never; one group never."""
    flips = stats.margin_p_value([0.0] * 59, [None] * 59, 0.05)
    graded = stats.margin_p_value([0.0] * 30 + [1e-3, -1e-3] * 20, [None] * 70, 0.05)
    groups = stats.margin_p_value([0.0] * 100, [str(place // 10) for place in range(100)], 0.05)

    assert flips == pytest.approx(0.95**59)
    assert graded == pytest.approx(0.95**70)
    assert groups > 0.2
    assert stats.margin_p_value([0.0] * 500, ["one"] * 500, 0.05) == 1.0


@pytest.mark.parametrize("guaranteed", [False, True])
def test_groups_that_move_together_are_not_taken_for_independent_cases(guaranteed: bool) -> None:
    """300 cases in groups of ten, 5 % discordant, alike by .3: 15 % passed falsely before, now at most 5.5 %."""
    test = stats.guaranteed_margin_p_value if guaranteed else stats.margin_p_value
    suite = Suite(300, 0.05, 0.0, size=10, shared=0.3)

    passed = np.mean([test(values, suite.groups, 0.05) <= 0.05 for values in suite.draws(400, 31)])

    assert passed <= 0.055


def test_rare_large_losses_are_not_overlooked() -> None:
    """Jitter and a loss of .8 in one of sixteen cases, 100 cases: a plain t passes 11 %, now at most 5.5 %."""
    chance = np.random.default_rng(32)
    drawn = np.where(chance.random((600, 100)) < 0.05 / 0.8, -0.8, chance.normal(0, 0.02, (600, 100)))
    plain = np.mean([ttest_1samp(row, -0.05, alternative="greater").pvalue <= 0.05 for row in drawn])

    passed = np.mean([stats.margin_p_value(*alone(*row), 0.05) <= 0.05 for row in drawn.tolist()])

    assert plain > 0.07
    assert passed <= 0.055


def test_a_small_loss_everywhere_leaves_less_room_for_rare_ones() -> None:
    """A loss of .04 in all of 100 cases, and of everything in 1 %: a third would pass if only the margin counted."""
    chance = np.random.default_rng(33)
    jitter = -0.04 + np.clip(chance.normal(0, 0.02, (600, 100)), -0.06, 0.06)
    drawn = np.where(chance.random((600, 100)) < 0.01 / 0.96, -1.0, jitter)

    passed = np.mean([stats.margin_p_value(*alone(*row), 0.05) <= 0.05 for row in drawn.tolist()])

    assert passed <= 0.055


def test_groups_that_can_be_lost_as_a_whole_are_as_many_cases_as_they_are_groups() -> None:
    """Without any loss 52 groups of ten show what 52 cases do, and 59 rule out .05."""
    few, enough = (
        stats.margin_p_value([0.0] * (10 * groups), [str(place // 10) for place in range(10 * groups)], 0.05)
        for groups in (52, 59)
    )

    assert few == pytest.approx(0.95**52)
    assert enough == pytest.approx(0.95**59)


def test_large_groups_among_single_cases_are_not_counted_as_one_of_many() -> None:
    """Ten groups of 30 and 200 single graded cases weigh as evenly as 27 of one size: too few for .05."""
    groups = [str(place // 30) for place in range(300)] + [None] * 200
    values = np.clip(np.random.default_rng(34).normal(0, 0.02, 500), -0.06, 0.06).tolist()

    assert stats.effective_clusters(groups) == pytest.approx(500**2 / 9200)
    assert stats.margin_p_value(values, groups, 0.05) > 0.05


def test_a_guarantee_needs_a_case_more_where_a_part_of_the_error_is_used_up() -> None:
    """149 unchanged cases rule out .02; under the guarantee 150."""
    plain, few, enough = (
        test([0.0] * n, [None] * n, 0.02)
        for test, n in (
            (stats.margin_p_value, 149),
            (stats.guaranteed_margin_p_value, 149),
            (stats.guaranteed_margin_p_value, 150),
        )
    )

    assert plain <= 0.05 < few
    assert enough <= 0.05
    assert stats.guaranteed_fewest_cases(0.02) == 150
