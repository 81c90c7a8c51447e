"""Which cases to label next: what a plan keeps, what it saves, and what it refuses."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.judge_labels import JUDGES, by_chance, by_plan
from harness.stats.judges import Doubt, plan_labels, uncertainty_of_difference

DOUBTS = st.lists(
    st.builds(Doubt, st.sampled_from([0.0, 0.1, 0.1, 0.5, 1.0, 40.0]), st.sampled_from([None, None, 0.0, 1.0, -0.5])),
    min_size=1,
    max_size=60,
)


@given(DOUBTS, st.integers(1, 70), st.integers(0, 5))
def test_a_plan_chooses_unlabelled_cases_once_and_counts_them(cases, labels, seed):
    """As many as asked for, or all that are left; every case is in a stratum, whose weights add up to all cases."""
    free = [place for place, case in enumerate(cases) if case.error is None]

    plan = plan_labels(cases, labels, seed)

    assert len(plan.chosen) == min(labels, len(free)) == sum(each.chosen for each in plan.strata)
    assert set(plan.chosen) <= set(free)
    assert len(set(plan.chosen)) == len(plan.chosen)
    assert Counter(plan.stratum_of) == {each.name: each.cases for each in plan.strata}
    by_name = Counter(plan.stratum_of[place] for place in plan.chosen)
    assert all(by_name[each.name] == each.chosen for each in plan.strata)
    if all(each.weight for each in plan.strata):
        weighed = sum(each.weight * (each.labelled + each.chosen) for each in plan.strata)
        assert weighed == pytest.approx(len(cases))


@given(DOUBTS, st.integers(1, 30))
def test_strata_follow_from_uncertainties_alone(cases, labels):
    """Neither labels, nor their number, nor the seed move a case: that keeps estimates unbiased over several rounds."""
    plan = plan_labels(cases, labels, 1)
    other = plan_labels([Doubt(case.uncertainty) for case in cases], 1, 2)

    assert plan.stratum_of == other.stratum_of
    together = {case.uncertainty: name for case, name in zip(cases, plan.stratum_of, strict=True)}
    assert all(together[case.uncertainty] == name for case, name in zip(cases, plan.stratum_of, strict=True))


def test_the_seed_decides_which():
    """And the same seed chooses the same."""
    cases = [Doubt(place % 7) for place in range(200)]

    assert plan_labels(cases, 50, 1) == plan_labels(cases, 50, 1)
    assert plan_labels(cases, 50, 1).chosen != plan_labels(cases, 50, 2).chosen


def test_doubtful_cases_are_asked_about_more_often_and_sure_ones_still():
    """A fifth of the cases is doubtful, and errors bear it out: it gets twice its share, the rest half of theirs."""
    cases = [
        Doubt(1.0 if place % 5 == 0 else 0.05, float(place % 3 == 0) * (place % 5 == 0) if place < 60 else None)
        for place in range(1_000)
    ]
    first = plan_labels([Doubt(case.uncertainty) for case in cases], 100, 0)

    sure, unsure = plan_labels(cases, 100, 0).strata

    assert (sure.cases, unsure.cases) == (800, 200)
    assert [stratum.chosen for stratum in first.strata] == [80, 20]
    assert unsure.labelled + unsure.chosen > 64
    assert sure.labelled + sure.chosen >= 64


def test_labels_teach_where_the_judge_errs():
    """It is sure and often wrong, unsure and always right: the next labels go where the errors are."""
    cases = [
        Doubt(0.1 if place < 500 else 1.0, (float(place % 3 == 0) if place < 500 else 0.0) if place % 5 == 0 else None)
        for place in range(1_000)
    ]

    taught = plan_labels(cases, 100, 0)

    assert taught.strata[0].chosen > 90


def test_a_judge_without_doubts_gets_one_stratum():
    """Pure chance then; a few odd cases are no stratum of their own."""
    flat = plan_labels([Doubt(0.0)] * 50, 10, 0)
    odd = plan_labels([*[Doubt(0.0)] * 50, *[Doubt(1.0)] * 3], 10, 0)

    assert [each.cases for each in flat.strata] == [50]
    assert [each.cases for each in odd.strata] == [53]


def test_a_plan_saves_labels_and_its_interval_holds():
    """100 labels: narrower than by chance where the judge knows its doubts; it costs little where it doesn't."""
    knows, knows_nothing = JUDGES[0], JUDGES[-1]

    by_luck, planned = by_chance(knows, 100, 40), by_plan(knows, 100, 40)
    useless = by_plan(knows_nothing, 100, 40)

    assert planned.width < 0.92 * by_luck.width
    assert planned.covered >= 0.92
    assert useless.width < 1.06 * by_chance(knows_nothing, 100, 40).width
    assert useless.covered >= 0.92


def test_doubts_of_both_sides_add_up_like_deviations():
    """As those of independent scores."""
    assert uncertainty_of_difference(0.3, 0.4) == pytest.approx(0.5)


@pytest.mark.parametrize("uncertainty", [-0.1, math.nan, math.inf])
def test_uncertainties_that_can_not_be_are_refused(uncertainty):
    """With the value."""
    with pytest.raises(ValueError, match="0 or more and finite"):
        plan_labels([Doubt(0.1), Doubt(uncertainty)], 1, 0)


def test_nothing_to_plan_is_refused():
    """No case, no label."""
    with pytest.raises(ValueError, match="at least one case and one label"):
        plan_labels([], 1, 0)
    with pytest.raises(ValueError, match="at least one case and one label"):
        plan_labels([Doubt(0.1)], 0, 0)
