"""The p value of a drop: agreement with scipy, groups, few changes, hostile values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from harness import stats


def alone(*values: float) -> tuple[list[float], list[None]]:
    """Differences of cases without groups."""
    return list(values), [None] * len(values)


@pytest.mark.parametrize(("lost", "won", "same"), [(5, 0, 0), (209, 152, 958), (3, 9, 4), (1, 0, 0), (40, 12, 0)])
def test_pass_or_fail_is_the_exact_one_sided_mcnemar_test(lost: int, won: int, same: int) -> None:
    """As scipy's binomial test on the flips; cases that agree don't matter."""
    p_value = stats.drop_p_value(*alone(*[-1.0] * lost, *[1.0] * won, *[0.0] * same))

    assert p_value == pytest.approx(binomtest(lost, lost + won, 0.5, alternative="greater").pvalue)


def test_graded_scores_are_the_one_sided_t_test() -> None:
    """Without groups the cluster-robust t is scipy's."""
    values = np.random.default_rng(5).uniform(-0.7, 0.5, 30).tolist()

    p_value = stats.drop_p_value(*alone(*values))

    assert p_value == pytest.approx(ttest_1samp(values, 0, alternative="less").pvalue)


def test_groups_count_once() -> None:
    """Equal groups of three have the p value of their means; losses in one group of copies are one loss."""
    means = np.random.default_rng(6).uniform(-0.6, 0.4, 15)
    spread = [float(mean + shift) for mean in means for shift in (-0.1, 0.0, 0.1)]
    groups = [f"document {place}" for place in range(15) for _ in range(3)]

    graded = stats.drop_p_value(spread, groups)
    flips = stats.drop_p_value([-1.0] * 30 + [0.0] * 30, [f"document {place // 10}" for place in range(60)])

    assert graded == pytest.approx(ttest_1samp(means, 0, alternative="less").pvalue)
    assert flips > 0.02


def test_few_graded_changes_are_counted_by_sign() -> None:
    """Three small drops among fifty equal cases are three of three, whatever their size; equal drops need no spread."""
    few = stats.drop_p_value(*alone(-0.1, -0.2, -0.01, *[0.0] * 47))
    every = stats.drop_p_value(*alone(*[-0.1] * 10))

    assert few == pytest.approx(1 / 8)
    assert every == pytest.approx(1 / 1024)


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
