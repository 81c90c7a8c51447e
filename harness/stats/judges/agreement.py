"""How far a judge agrees with people, and people with one another, each figure with its interval."""

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.agreement import (
    Label,
    Scale,
    Weights,
    alpha_of,
    coincidences,
    kappa_of,
    labels_of,
    level_distances,
    tables_of,
)
from harness.stats.classes import class_table
from harness.stats.judges.figures import Figure, figure_estimate
from harness.stats.means import mean_interval

if TYPE_CHECKING:
    from harness.stats.bca import Numbers


class LevelTable(Record, frozen=True, kw_only=True):
    """A judge against people: ``confusion[i][j]`` counts cases that people gave level i and the judge level j.

    ``accuracy`` is the share of all cases in which both gave the same; ``by_level`` that of the cases to which people
    gave each level, None where they gave it to none.
    """

    levels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: Estimate
    by_level: tuple[Estimate | None, ...]


def level_table(
    pairs: Sequence[tuple[str, str]], levels: Sequence[str], groups: Sequence[str | None]
) -> LevelTable | None:
    """Return how often the judge gave the level that people gave; None without any case.

    ``pairs`` are (people, judge), ``groups`` the group of each case. Intervals at 95 % are those of ``mean_interval``:
    Wilson's where each case is on its own.

    Raises:
        ScorerError: a pair holds something that is not one of the levels.
    """
    if not pairs:
        return None
    right = [float(people == judge) for people, judge in pairs]
    places = {level: [place for place, pair in enumerate(pairs) if pair[0] == level] for level in levels}
    return LevelTable(
        levels=tuple(levels),
        confusion=class_table(pairs, levels).confusion,
        accuracy=mean_interval(right, groups),
        by_level=tuple(
            mean_interval([right[place] for place in found], [groups[place] for place in found]) if found else None
            for found in places.values()
        ),
    )


def kappa_estimate(
    pairs: Sequence[tuple[Label, Label]],
    levels: Sequence[Label],
    groups: Sequence[str | None],
    weights: Weights = "none",
    seed: int = 0,
) -> Estimate | None:
    """Return Cohen's kappa of two readers, weighted or not, with its interval at 95 %; see ``weighted_kappa``.

    None where one of the readers gave the same level to every case. The interval is that of ``figure_estimate``.
    """
    if not pairs or min(len(set(reader)) for reader in zip(*pairs, strict=True)) < 2:
        return None
    size, distances = len(levels), level_distances(len(levels), weights)

    def value(sums: "Numbers") -> "Numbers":
        return kappa_of(sums.reshape(*sums.shape[:-1], size, size), distances)

    return figure_estimate(
        tables_of(pairs, levels).reshape(len(pairs), -1),
        [one != other for one, other in pairs],
        groups,
        Figure(value, lambda whole: _differing_by_chance(whole, size)),
        seed,
    )


def alpha_estimate(
    units: Sequence[Sequence[Label]], groups: Sequence[str | None], scale: Scale = "nominal", seed: int = 0
) -> Estimate | None:
    """Return Krippendorff's alpha with its interval at 95 %; see ``krippendorff_alpha``.

    Units with one label or none say nothing and are not counted in ``n``. None where alpha is undefined. The interval
    is that of ``figure_estimate``; Krippendorff's own bootstrap draws pairs of ratings as if they were independent.
    """
    read = [(unit, group) for unit, group in zip(units, groups, strict=True) if len(unit) > 1]
    labels = labels_of(units, scale)
    if len(labels) < 2:
        return None
    paired, size = [unit for unit, _ in read], len(labels)
    ratings = statistics.fmean(map(len, paired))

    def value(sums: "Numbers") -> "Numbers":
        return alpha_of(sums.reshape(*sums.shape[:-1], size, size), labels, scale)

    return figure_estimate(
        coincidences(paired, labels).reshape(len(paired), -1),
        [len(set(unit)) > 1 for unit in paired],
        [group for _, group in read],
        Figure(value, lambda whole: ratings * _differing_by_chance(whole, size)),
        seed,
    )


def _differing_by_chance(whole: "Numbers", size: int) -> "Numbers":
    """Return the table of a pair of labels that differ and are drawn by chance from both readers' own."""
    import numpy as np

    table = whole.reshape(size, size)
    met = table.sum(axis=1)[:, None] * table.sum(axis=0) * (1 - np.eye(size))
    return np.asarray((met / met.sum()).ravel())
