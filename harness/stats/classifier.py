"""Whether a classifier can tell the rows of now from those of before, by any of their features together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import structs

from harness.records.estimate import Estimate
from harness.stats.passfail import wilson_interval
from harness.stats.placements import placements
from harness.stats.self_starting import FARTHEST
from harness.stats.two_sample import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Rows: TypeAlias = "Sequence[Sequence[float]] | Numbers"
"""One row of numbers for each request, one column for each feature."""

FOLDS = 5
REPEATS = 999
LEAST = 20
"""Rows of each side, so that each fold holds some of both."""
FIRST_LOOK, DOUBT = 99, 0.1
"""Shuffles of the first of two looks, and the p value up to which there is a second."""
BATCH = 100
HALVINGS = 60
ROUNDING = 1e-12


class _Fold(NamedTuple):
    """The rows left out, and what gives the direction for them from the sum of the other rows: its labels alone."""

    rows: "NDArray[np.int64]"
    inverse: "Numbers"


class _Tested(NamedTuple):
    """The area found, those with shuffled labels, and what they were made from."""

    features: "Numbers"
    labels: "Numbers"
    folds: list[_Fold]
    area: float
    by_chance: "Numbers"
    p_value: float


def classifier_change(before: Rows, now: Rows, seed: int, repeats: int = REPEATS) -> Change:
    """Return how well rows of now are told from rows before: 0.5 by chance, 1 always (area under the ROC curve).

    Lopez-Paz and Oquab (2017), arXiv:1610.06545, with the area in place of the accuracy, since it needs no threshold
    and no equal sizes. The classifier is linear: ridge regression of the labels on standardised features, which is
    Fisher's discriminant with a shrunk covariance. Rows are split by chance into five folds; each fold is scored by the
    direction that the others give, and compared within itself.

    The p value is exact: the labels are shuffled ``repeats`` times, and all is done again. Neither the folds nor the
    matrix that is inverted depend on the labels, so each time costs two matrix products and a sort.

    The interval: its lower end is that of the area found, by the influence of each row (LeDell, Petersen and van der
    Laan 2015, Electronic J. Statistics 9:1583), as Wilson's of a share. Its upper end is that of the area which the
    best linear classifier could have (``_best``), since a classifier of few rows and many features misses some of it.

    Args:
        before: rows of finite numbers, one column for each feature; now has the same columns.
        now: as before.
        seed: of folds and shuffles.
        repeats: of the shuffles.

    Raises:
        ValueError: fewer than 20 rows on a side, different columns, or values that are not finite.
    """
    found = _tested(before, now, seed, repeats)
    area, low, high = _interval(found)
    method = "ridge classifier in 5 folds; permutations"
    estimate = Estimate(mean=area, low=low, high=high, n=len(found.labels), method=method)
    return Change(estimate=estimate, same=0.5, p_value=found.p_value, least_p=1 / (1 + repeats))


def classifier_change_at(before: Rows, now: Rows, seed: int, alpha: float) -> Change:
    """Return ``classifier_change`` with shuffles enough for a p value of at most ``alpha``, where it could be that low.

    There are ``FIRST_LOOK`` at first, and all only where these leave doubt. A p value of the second look counts only
    where the first was at most ``DOUBT``, so it is right for every ``alpha`` below that.
    """
    import math

    repeats = math.ceil(1 / alpha)
    found = classifier_change(before, now, seed, min(FIRST_LOOK, repeats))
    if found.p_value <= DOUBT and repeats > FIRST_LOOK:
        return classifier_change(before, now, seed, repeats)
    return structs.replace(found, least_p=1 / (1 + repeats))


def classifier_score(before: Rows, now: Rows, seed: int, repeats: int = REPEATS) -> float:
    """Return the mid-p value of ``classifier_change`` as a normal score, large where rows can be told apart.

    For a control chart (``scored_chart``): ``now`` is a day, ``before`` all rows before it, or a sample of them that is
    drawn anew. Shuffles as good as the rows count as halves; where none is, it is the score of the area among theirs.
    """
    import numpy as np
    from scipy.special import ndtri

    found = _tested(before, now, seed, repeats)
    above = float(np.sum(found.by_chance > found.area + ROUNDING))
    equal = float(np.sum(found.by_chance >= found.area - ROUNDING)) - above
    score = -float(ndtri((above + (equal + 1) / 2) / (1 + repeats)))
    if above + equal > 0:
        return score
    beyond = (found.area - float(found.by_chance.mean())) / max(float(found.by_chance.std()), ROUNDING)
    return min(max(score, beyond), FARTHEST)


def _tested(before: Rows, now: Rows, seed: int, repeats: int) -> _Tested:
    import numpy as np

    features, labels = _checked(before, now)
    chance = np.random.default_rng(seed)
    folds = _folds(features, chance)
    area = float(_areas(features, labels[:, None], folds)[0])
    by_chance = np.concatenate(
        [
            _areas(features, chance.permuted(np.tile(labels, (min(BATCH, repeats - start), 1)), axis=1).T, folds)
            for start in range(0, repeats, BATCH)
        ]
    )
    p_value = float(1 + np.sum(by_chance >= area - ROUNDING)) / (1 + repeats)
    return _Tested(features, labels, folds, area, by_chance, p_value)


def _checked(before: Rows, now: Rows) -> "tuple[Numbers, Numbers]":
    """Return standardised features without those that never vary, and labels, 1 for now."""
    import numpy as np

    sides = [np.asarray(side, dtype=float) for side in (before, now)]
    if any(side.ndim != 2 or len(side) < LEAST for side in sides) or sides[0].shape[1] != sides[1].shape[1]:
        raise ValueError(f"needs two tables of the same columns with at least {LEAST} rows each")
    features = np.concatenate(sides)
    if not np.isfinite(features).all():
        raise ValueError("features must be finite numbers")
    features -= features.mean(axis=0)
    spread = features.std(axis=0)
    features = features[:, spread > 0] / spread[spread > 0]
    return features, np.repeat([0.0, 1.0], [len(side) for side in sides])


def _folds(features: "Numbers", chance: "np.random.Generator") -> list[_Fold]:
    import numpy as np

    rows, columns = features.shape
    whole = features.T @ features
    # As much shrinkage as if all features together said as much as chance.
    ridge = columns * np.eye(columns)
    parts = np.array_split(chance.permutation(rows), FOLDS)
    return [_Fold(part, np.linalg.inv(whole - features[part].T @ features[part] + ridge)) for part in parts]


def _scores(features: "Numbers", labels: "Numbers", fold: _Fold, whole: "Numbers") -> "Numbers":
    """Return the scores of a fold's rows for each column of labels, by the direction of all other rows."""
    part = features[fold.rows]
    return part @ (fold.inverse @ (whole - part.T @ labels[fold.rows]))


def _areas(features: "Numbers", labels: "Numbers", folds: Sequence[_Fold]) -> "Numbers":
    """Return the area for each column of labels: pairs in order over pairs, of all folds."""
    import numpy as np

    centred = labels - labels.mean(axis=0)
    whole = features.T @ centred
    wins, pairs = np.zeros(labels.shape[1]), np.zeros(labels.shape[1])
    for fold in folds:
        ranks = _ranks(_scores(features, centred, fold, whole))
        is_now = labels[fold.rows]
        news = is_now.sum(axis=0)
        wins += (ranks * is_now).sum(axis=0) - news * (news + 1) / 2
        pairs += news * (len(fold.rows) - news)
    return wins / pairs


def _ranks(scores: "Numbers") -> "Numbers":
    """Return the ranks in each column, from 1, ties in the middle."""
    import numpy as np

    order = np.argsort(scores, axis=0)
    ranks = np.empty_like(scores)
    np.put_along_axis(ranks, order, np.arange(1.0, len(scores) + 1)[:, None], axis=0)
    ordered = np.take_along_axis(scores, order, axis=0)
    for column in np.flatnonzero((np.diff(ordered, axis=0) == 0).any(axis=0)):
        _, same, counts = np.unique(scores[:, column], return_inverse=True, return_counts=True)
        ranks[:, column] = (np.cumsum(counts) - (counts - 1) / 2)[same]
    return ranks


def _interval(found: _Tested) -> tuple[float, float, float]:
    """Return the area, its lower end, and the upper end of what the best linear classifier could have."""
    import numpy as np

    features, labels = found.features, found.labels
    centred = (labels - labels.mean())[:, None]
    whole = features.T @ centred
    above, below, weights = [], [], []
    for fold in found.folds:
        scores, is_now = _scores(features, centred, fold, whole)[:, 0], labels[fold.rows] == 1
        if 0 < is_now.sum() < len(is_now):
            one, other = placements(scores[~is_now], scores[is_now])
            above.append(one)
            below.append(other)
            weights.append(len(one) * len(other))
    area = float(np.average([part.mean() for part in below], weights=weights))
    olds, news = np.concatenate(above), np.concatenate(below)
    # Both variances as shares of a (1 - a). The rows' influences leave out that the classifier itself was trained by
    # chance; shuffled labels show that, at an area of a half. Their interval is Wilson's, of as many independent rows
    # as would have that variance: on the logit scale an area near 1 would have an interval from 0 to 1.
    influences = float(olds.var(ddof=1) / len(olds) + news.var(ddof=1) / len(news))
    spread = max(influences / (area * (1 - area)) if 0 < area < 1 else 0.0, 4 * float(found.by_chance.var()))
    rows = 1 / spread if spread else float(min(len(olds), len(news)))
    low, high = wilson_interval(area * rows, rows)
    trained = (FOLDS - 1) / FOLDS
    return area, min(low, area), max(_best(high, features.shape[1], (trained * len(olds), trained * len(news))), area)


def _best(area: float, columns: int, rows: tuple[float, float]) -> float:
    """Return the area of the best linear classifier where one of so many rows has ``area`` on new rows.

    Normal rows whose means are D standard deviations apart: the best has Phi(D / sqrt(2)); one from n and m rows
    has on average about Phi(D^2 sqrt(1 - p / (n + m)) / sqrt(2 (D^2 + p (1 / n + 1 / m)))) with p columns (Fujikoshi
    and Seo 1998, Random Operators and Stochastic Equations 6:269, of Fisher's discriminant). It is solved for D.
    """
    import math

    from scipy.special import ndtr, ndtri

    if area <= 0.5 or columns == 0:
        return max(area, 0.5)
    wanted, noise = float(ndtri(min(area, 1 - 1e-12))), columns * (1 / rows[0] + 1 / rows[1])
    left = math.sqrt(max(1 - columns / sum(rows), 0.0))
    low, high = 0.0, 20.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle**2 * left / math.sqrt(2 * (middle**2 + noise)) < wanted:
            low = middle
        else:
            high = middle
    return float(ndtr(high / math.sqrt(2)))
