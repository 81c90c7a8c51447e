"""Figures of a judge, corrected by labels: the written formula, no bias, coverage, and too few labels."""

import math
from itertools import combinations, product

import numpy as np
import pytest

from bench.judge_coverage import coverage, differences, passes
from harness.records.judged import Corrected, TooFewLabels
from harness.stats.judges import (
    FEWEST_LABELS,
    Judged,
    corrected_difference,
    corrected_mean,
    missing_labels,
)
from harness.stats.judges.rectified import rectified, sampled


def drawn(seed, cases=600, labels=100, right=0.8):
    """Return cases that people pass in 60 %, and a judge that is right in a share of them, else says that they pass."""
    chance = np.random.default_rng(seed)
    people = (chance.random(cases) < 0.6).astype(float)
    judge = np.where(chance.random(cases) < right, people, 1.0)
    return [
        Judged(float(said), float(known) if place < labels else None)
        for place, (said, known) in enumerate(zip(judge, people, strict=True))
    ]


def test_one_stratum_is_the_formula_of_the_paper():
    """Estimate, lam, and standard error as shared/oracles has them; the interval is a little wider than theirs."""
    cases = drawn(1)
    f = np.array([case.judge for case in cases[:100]])
    y = np.array([case.people for case in cases[:100]])
    others = np.array([case.judge for case in cases[100:]])
    variance = np.concatenate([f, others]).var(ddof=1)
    lam = np.cov(y, f)[0, 1] / ((1 + 100 / 500) * variance)
    error = math.sqrt(lam**2 * others.var(ddof=1) / 500 + (y - lam * f).var(ddof=1) / 100)

    found = corrected_mean(cases)

    assert found.lam == pytest.approx(lam)
    assert found.correlation == pytest.approx(np.corrcoef(y, f)[0, 1])
    assert found.corrected.mean == pytest.approx(lam * others.mean() + (y - lam * f).mean())
    assert 1.96 * error < found.corrected.high - found.corrected.mean < 1.15 * 1.96 * error
    assert found.effective_labels == pytest.approx(y.var(ddof=1) / error**2)
    assert found.effective_labels > found.labels == 100
    assert found.corrected.high - found.corrected.low < found.people.high - found.people.low


@pytest.mark.parametrize(
    "judge", [passes(0.5, 0.9, 0.6), differences(0.1, 0.1, 0.8)], ids=["pass or fail", "differences"]
)
def test_a_judge_of_known_bias_is_corrected(judge):
    """The raw interval covers the truth in less than half of the samples, the corrected one in 93 % or more."""
    raw, _, corrected = coverage(judge, 100, 300)

    assert raw < 0.5
    assert corrected >= 0.93


@pytest.mark.parametrize("lam", [0.0, 0.7, 1.0])
def test_strata_with_unequal_shares_leave_no_bias(lam):
    """The mean over every sample that could have been drawn is the truth, exactly, for any lam."""
    people, judge = (1, 0, 0.5, 1, 0, 1, 0, 0, 1), (1, 1, 1, 0.5, 0, 1, 1, 0.5, 0)
    strata = ["sure"] * 6 + ["unsure"] * 3
    estimates = []
    for sure, unsure in product(combinations(range(6), 2), combinations(range(6, 9), 2)):
        known = [float(said) if place in {*sure, *unsure} else math.nan for place, said in enumerate(people)]
        estimates.append(rectified(sampled(judge, known, [None] * 9, strata), lam).mean)

    assert np.mean(estimates) == pytest.approx(sum(people) / 9)
    assert np.std(estimates) > 0.05


def test_a_paired_difference_is_that_of_the_differences():
    """Labelled where both sides are; swapping the sides swaps the sign."""
    before, after = drawn(2), drawn(3)
    after[7] = after[7]._replace(people=None)

    found = corrected_difference(before, after)
    back = corrected_difference(after, before)

    assert found.labels == 99
    assert found.raw.mean == pytest.approx(np.mean([b.judge - a.judge for a, b in zip(before, after, strict=True)]))
    assert back.corrected.mean == pytest.approx(-found.corrected.mean)
    assert (back.corrected.low, back.lam) == pytest.approx((-found.corrected.high, found.lam))
    wider = corrected_difference(before, after, level=0.99)
    assert wider.corrected.low < found.corrected.low < found.corrected.high < wider.corrected.high


def test_a_judge_that_means_nothing_is_not_believed():
    """A constant one, and one that says the opposite, get a lam of 0: what is left are the labels."""
    cases = drawn(4)
    constant = corrected_mean([case._replace(judge=0.5) for case in cases])
    opposite = corrected_mean([case._replace(judge=1 - case.judge) for case in cases])

    assert (constant.lam, constant.correlation) == (0, None)
    assert opposite.lam == 0
    assert opposite.correlation < -0.5
    for found in (constant, opposite):
        assert found.corrected.mean == pytest.approx(found.people.mean)
        assert found.effective_labels == pytest.approx(100)


def test_labels_that_all_agree_with_the_judge_are_no_certainty():
    """60 of them can miss errors in 5 % of the cases."""
    cases = [Judged(float(place % 2), float(place % 2) if place < 60 else None) for place in range(2_000)]

    found = corrected_mean(cases)

    assert found.correlation == pytest.approx(1)
    assert found.corrected.high - found.corrected.mean > 0.03
    assert found.effective_labels <= 2_000


def test_groups_are_clusters_labelled_or_not():
    """Three copies of each case in a group are worth no more than the case; apart they would seem so."""
    once = drawn(5, cases=400, labels=100)
    copies = [case._replace(group=str(place)) for place, case in enumerate(once)]

    alone, grouped = corrected_mean(once), corrected_mean(copies * 3)
    apart = corrected_mean(once * 3)

    assert grouped.corrected.mean == pytest.approx(alone.corrected.mean, abs=0.002)
    width, of_copies, of_apart = (each.corrected.high - each.corrected.low for each in (alone, grouped, apart))
    assert of_copies == pytest.approx(width, rel=0.02)
    assert of_apart < 0.65 * width


def test_too_few_labels_say_so():
    """In all, counted by group; and in a stratum by name. All cases labelled are enough, however few they are."""
    few = drawn(6, labels=FEWEST_LABELS - 1)
    copies = [case._replace(group="same" if place < 2 else None) for place, case in enumerate(drawn(6, labels=60))]
    strata = [case._replace(stratum="rest" if place >= 99 else "first") for place, case in enumerate(drawn(6))]
    all_labelled = drawn(6, cases=20, labels=20)

    assert corrected_mean(few) == TooFewLabels(labels=59, needed=60)
    assert corrected_mean(copies) == TooFewLabels(labels=59, needed=60)
    assert corrected_mean(strata) == TooFewLabels(labels=1, needed=2, stratum="rest")
    assert missing_labels(drawn(6)) is None
    found = corrected_mean(all_labelled)
    assert isinstance(found, Corrected)
    assert found.corrected == found.people


def test_a_stratum_that_is_labelled_in_full_needs_no_judge():
    """Its labels are its mean; the other stratum is corrected."""
    cases = [case._replace(stratum="all" if place < 30 else "") for place, case in enumerate(drawn(7))]

    found = corrected_mean(cases)

    assert found.labels == 100
    assert found.people.method == "labels alone, weighted, t"
    assert found.corrected.low < 0.6 < found.corrected.high


def test_what_is_settled_is_no_label_and_makes_nothing_surer():
    """Cases whose value is known thin the difference out, and leave the interval as wide for what is not known."""
    open_ones = drawn(7, cases=300, labels=80)
    settled = [Judged(0.5, 0.5, None, "same", settled=True)] * 300

    alone, both = corrected_mean(open_ones), corrected_mean([*open_ones, *settled])
    few = missing_labels([*drawn(7, cases=300, labels=59), *settled])

    assert isinstance(alone, Corrected)
    assert isinstance(both, Corrected)
    assert both.labels == alone.labels == 80
    assert both.corrected.mean == pytest.approx((alone.corrected.mean + 0.5) / 2)
    assert few == TooFewLabels(labels=59, needed=60)
    within = [(one.corrected.high - one.corrected.low) / 2 for one in (alone, both)]
    assert within[1] >= within[0] / 2


@pytest.mark.parametrize("value", [math.nan, -0.1, 1.1, math.inf])
def test_values_outside_the_range_are_refused(value):
    """Of the judge as of people."""
    for bad in (Judged(value), Judged(0.5, value)):
        with pytest.raises(ValueError, match=r"values must be in \[0, 1\]"):
            corrected_mean([*drawn(8), bad])
        with pytest.raises(ValueError, match=r"values must be in \[0, 1\]"):
            corrected_difference([*drawn(8), bad], [*drawn(8), bad])


def test_sides_of_other_cases_are_refused():
    """Another number, or another group; and no case, or a level of 1."""
    cases = drawn(9)

    with pytest.raises(ValueError, match="same cases in the same order"):
        corrected_difference(cases, cases[1:])
    with pytest.raises(ValueError, match="same cases in the same order"):
        corrected_difference(cases, [case._replace(group="g") for case in cases])
    with pytest.raises(ValueError, match="at least one judged case"):
        corrected_mean([])
    with pytest.raises(ValueError, match="level"):
        corrected_mean(cases, level=1)
