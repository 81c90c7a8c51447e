"""The classifier as a two-sample test: exact under no change, finds a change, and says what it could have missed."""

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from harness.stats import classifier
from harness.stats.classifier import classifier_change, classifier_change_at, classifier_score


def rows(seed: int, n: int, shift: float = 0.0, features: int = 4) -> np.ndarray:
    """Normal rows, moved in every feature."""
    return np.random.default_rng(seed).standard_normal((n, features)) + shift


def test_the_p_value_is_exact_where_nothing_changed() -> None:
    """At most 1/10 and 1/4 of the samples have one as small, for rows that are anything but normal."""
    chance, p_values = np.random.default_rng(21), []
    for seed in range(200):
        sides = [chance.integers(0, 3, (n, 3)) * chance.exponential(size=(n, 3)) for n in (40, 25)]
        p_values.append(classifier_change(*sides, seed, 19).p_value)

    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.055)
    assert np.mean(np.array(p_values) <= 0.25) == pytest.approx(0.25, abs=0.08)


def test_a_shift_of_all_features_is_found() -> None:
    """Half a standard deviation in four features: the best area is Phi(1 / sqrt 2) = .76."""
    change = classifier_change(rows(1, 300), rows(2, 200, 0.5), seed=0, repeats=199)

    assert change.p_value == change.least_p == 1 / 200
    assert change.estimate.low < ndtr(1 / np.sqrt(2)) < change.estimate.high
    assert change.estimate.low > 0.65


def test_folds_are_scored_as_a_ridge_classifier_of_the_others_scores_them() -> None:
    """As scikit-learn's on the rows of the four other folds, area by area."""
    features, labels = classifier._checked(rows(3, 60), rows(4, 50, 0.4))
    folds = classifier._folds(features, np.random.default_rng(5))
    centred = (labels - labels.mean())[:, None]

    fold = folds[2]
    found = classifier._scores(features, centred, fold, features.T @ centred)[:, 0]

    others = np.setdiff1d(np.arange(110), fold.rows)
    ridge = Ridge(alpha=4, fit_intercept=False).fit(features[others], centred[others, 0])
    assert found == pytest.approx(ridge.predict(features[fold.rows]))


def test_the_area_counts_pairs_within_folds_and_ties_as_halves() -> None:
    """As scikit-learn's of each fold, weighted by its pairs; a feature of two values ties most of them."""
    chance = np.random.default_rng(6)
    features, labels = classifier._checked(chance.integers(0, 2, (70, 1)), chance.integers(0, 2, (60, 1)))
    folds = classifier._folds(features, chance)
    centred = (labels - labels.mean())[:, None]

    found = classifier._areas(features, labels[:, None], folds)[0]

    areas, pairs = [], []
    for fold in folds:
        side = labels[fold.rows]
        areas.append(roc_auc_score(side, classifier._scores(features, centred, fold, features.T @ centred)[:, 0]))
        pairs.append(side.sum() * (1 - side).sum())
    assert found == pytest.approx(np.average(areas, weights=pairs))


def test_more_rows_than_features_are_needed_to_rule_a_change_out() -> None:
    """The same 120 rows a side: of two features a best area of .7 is ruled out, of 60 it is not."""
    few, many = (
        classifier_change(rows(7, 120, features=count), rows(8, 120, features=count), 0, 99).estimate
        for count in (2, 60)
    )

    assert few.high < 0.7 < many.high
    assert many.mean == pytest.approx(0.5, abs=0.1)


def test_rows_that_are_told_apart_always_leave_no_doubt() -> None:
    """The interval was from .07 to 1: by shuffled labels, whose areas vary as none near 1 does."""
    seen = classifier_change(rows(1, 200, features=20), rows(2, 120, 1.1, 20), 0, 99).estimate

    assert seen.mean > 0.995
    assert 0.95 < seen.low < seen.mean


@pytest.mark.parametrize(("features", "n", "apart"), [(5, 200, 0.5), (40, 250, 0.8)])
def test_the_best_area_is_found_from_that_of_a_trained_classifier(features: int, n: int, apart: float) -> None:
    """The formula against simulation: what 30 classifiers reach on average leads back to the best."""
    shift = apart / np.sqrt(features)
    areas = [
        classifier_change(rows(seed, n, features=features), rows(900 + seed, n, shift, features), 0, 1).estimate.mean
        for seed in range(30)
    ]

    best = classifier._best(float(np.mean(areas)), features, (0.8 * n, 0.8 * n))

    assert best == pytest.approx(ndtr(apart / np.sqrt(2)), abs=0.02)


def test_many_shuffles_are_made_only_where_a_few_leave_doubt() -> None:
    """A p value that is not low is one of 99 shuffles; a low one can be as low as wanted, and both say how low."""
    same, apart = (classifier_change_at(rows(1, 40), rows(2, 40, shift), 0, 0.002) for shift in (0.0, 1.5))

    assert same.p_value == classifier_change(rows(1, 40), rows(2, 40), 0, 99).p_value > 0.1
    assert apart.p_value == pytest.approx(1 / 501)
    assert same.least_p == apart.least_p == 1 / 501


def test_the_score_is_that_of_the_p_value_and_beyond_it_of_the_area() -> None:
    """199 shuffles say no more than 2.81; rows far apart are further."""
    same, apart = (classifier_score(rows(1, 100), rows(2, 80, shift), 0, 199) for shift in (0.0, 1.0))

    change = classifier_change(rows(1, 100), rows(2, 80), 0, 199)
    assert ndtr(-same) == pytest.approx(change.p_value - 0.5 / 200)
    assert 5 < apart <= 8


def test_quiet_scores_are_centred_and_finite() -> None:
    """With 19 shuffles the area is often below all of theirs: that is as far down as up, and no infinity."""
    scores = [classifier_score(rows(seed, 30), rows(500 + seed, 25), seed, 19) for seed in range(200)]

    assert np.mean(scores) == pytest.approx(0, abs=0.2)
    assert min(scores) == pytest.approx(-1.96, abs=0.01)
    assert max(scores) < 4.5
    assert classifier_score(np.ones((30, 2)), np.ones((30, 2)), 0, 19) == 0


def test_features_that_never_vary_say_nothing() -> None:
    """With them the result is the same; with nothing else the area is a half."""
    one, other = rows(1, 50), rows(2, 40, 0.3)
    padded = [np.column_stack([side, np.full(len(side), 7.0)]) for side in (one, other)]

    assert classifier_change(*padded, seed=0, repeats=49) == classifier_change(one, other, seed=0, repeats=49)
    constant = classifier_change(np.ones((30, 2)), np.ones((30, 2)), seed=0, repeats=49)
    assert (constant.estimate.mean, constant.p_value) == (0.5, 1.0)


@pytest.mark.parametrize(
    "sides",
    [
        (rows(1, 19), rows(2, 50)),
        (rows(1, 50), rows(2, 50, features=3)),
        (np.ones(50), np.ones(50)),
        (rows(1, 50), np.full((50, 4), np.nan)),
    ],
)
def test_tables_that_can_not_be_compared_are_refused(sides: tuple[np.ndarray, np.ndarray]) -> None:
    """Too few rows, other columns, no table, no numbers."""
    with pytest.raises(ValueError, match=r"needs two tables|finite"):
        classifier_change(*sides, seed=0)
