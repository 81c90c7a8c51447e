"""How far several readers agree, beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number.

Both are 1 - observed / expected disagreement of a table that adds up over cases, so an interval draws thousands of
tables and computes them at once. scikit-learn's kappa takes 1.3 ms a table and 1.5 s to import; tests compare with it.
The package krippendorff is under the GPL, which this project can't depend on; NLTK's alpha knows no ordinal scale.
"""

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Label = TypeVar("Label", bound=Hashable)
Scale = Literal["nominal", "ordinal", "interval"]
"""What a difference of two labels means: that they differ; how many ratings are between them; its square."""
Weights = Literal["none", "linear", "quadratic"]
"""How much a pair of levels disagrees: 1 if they differ; how many levels they are apart; that squared."""


def cohen_kappa(pairs: Sequence[tuple[Label, Label]]) -> float | None:
    """Return Cohen's kappa of two readers' labels; None where one of them gave the same label to every case.

    Cohen (1960), Educational and Psychological Measurement 20:37: (po - pe) / (1 - pe), pe from both readers' own
    shares of each label.

    >>> cohen_kappa([("good", "good"), ("good", "bad"), ("bad", "bad"), ("bad", "bad")])
    0.5
    """
    return weighted_kappa(pairs, list(dict.fromkeys(label for pair in pairs for label in pair)), "none")


def weighted_kappa(pairs: Sequence[tuple[Label, Label]], levels: Sequence[Label], weights: Weights) -> float | None:
    """Return Cohen's kappa of two readers' levels of a scale; None where one of them gave all cases the same.

    Cohen (1968), Psychological Bulletin 70:213: 1 - sum w_ij o_ij / sum w_ij e_ij with w the distance of two levels in
    ``levels``, which are in order and name also those that nobody gave.
    """
    if not pairs or min(len(set(reader)) for reader in zip(*pairs, strict=True)) < 2:
        return None
    return float(kappa_of(tables_of(pairs, levels).sum(axis=0), level_distances(len(levels), weights)))


def krippendorff_alpha(units: Sequence[Sequence[Label]], scale: Scale = "nominal") -> float | None:
    """Return Krippendorff's alpha; each unit holds the labels that its readers gave, in any order, gaps left out.

    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sections C and E: 1 - (n - 1) sum o_ck d_ck /
    sum n_c n_k d_ck, where the labels of a unit of m make m (m - 1) ordered pairs that count 1 / (m - 1) each in o.
    Labels of an ordinal or interval scale are numbers. Units with fewer than two labels say nothing. None where no two
    labels differ at all, or no unit has two: agreement beyond chance is then undefined.

    >>> round(krippendorff_alpha(["aa", "bb", "ab", "aa"]), 3)
    0.533
    """
    labels = labels_of(units, scale)
    if len(labels) < 2:
        return None
    return float(alpha_of(coincidences(units, labels).sum(axis=0), labels, scale))


def labels_of(units: Sequence[Sequence[Label]], scale: Scale) -> list[Label]:
    """Return the labels of all units that have two or more, in the order of the scale.

    Raises:
        ValueError: a label of an ordinal or interval scale is not a finite number.
    """
    found = list(dict.fromkeys(label for unit in units if len(unit) > 1 for label in unit))
    if scale == "nominal":
        return found
    for label in found:
        if not isinstance(label, int | float) or not math.isfinite(label):
            raise ValueError(f"labels of an {scale} scale must be finite numbers, got {label!r}")
    return sorted(found)  # type: ignore[type-var]


def tables_of(pairs: Sequence[tuple[Label, Label]], levels: Sequence[Label]) -> "Numbers":
    """Return the table of each pair, (pairs, levels, levels): a 1 where the two readers' levels meet.

    Raises:
        ValueError: a pair holds something that is not one of the levels.
    """
    import numpy as np

    places = {level: place for place, level in enumerate(levels)}
    if strangers := [label for pair in pairs for label in pair if label not in places]:
        raise ValueError(f"{strangers[0]!r} is not one of the levels {list(levels)!r}")
    tables = np.zeros((len(pairs), len(levels), len(levels)))
    for table, (one, other) in zip(tables, pairs, strict=True):
        table[places[one], places[other]] = 1
    return tables


def coincidences(units: Sequence[Sequence[Label]], labels: Sequence[Label]) -> "Numbers":
    """Return what each unit adds to the matrix of coincidences, (units, labels, labels); one label adds nothing."""
    import numpy as np

    counts = np.array([[list(unit).count(label) for label in labels] for unit in units], dtype=float)
    made = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(labels))
    ratings = counts.sum(axis=1)
    return np.asarray(made / np.maximum(ratings - 1, 1)[:, None, None])


def level_distances(levels: int, weights: Weights) -> "Numbers":
    """Return how much each pair of levels disagrees, (levels, levels), at most 1."""
    import numpy as np

    places = np.arange(levels)
    apart = abs(places[:, None] - places) / max(levels - 1, 1)
    return np.asarray({"none": apart > 0, "linear": apart, "quadratic": apart**2}[weights], dtype=float)


def kappa_of(tables: "Numbers", distances: "Numbers") -> "Numbers":
    """Return kappa of each table, (..., levels, levels); NaN where all are of one level."""
    total = tables.sum(axis=(-2, -1))
    return _beyond_chance(tables, distances, total * total)


def alpha_of(tables: "Numbers", labels: Sequence[Label], scale: Scale) -> "Numbers":
    """Return alpha of each matrix of coincidences, (..., labels, labels); NaN where all are of one label."""
    total = tables.sum(axis=(-2, -1))
    return _beyond_chance(tables, _label_distances(tables, labels, scale), total * (total - 1))


def _beyond_chance(tables: "Numbers", distances: "Numbers", pairs: "Numbers") -> "Numbers":
    """Return 1 - observed / expected disagreement; ``pairs`` is how many pairs of labels chance can draw."""
    import numpy as np

    total = tables.sum(axis=(-2, -1))
    met = tables.sum(axis=-1)[..., :, None] * tables.sum(axis=-2)[..., None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (tables * distances).sum(axis=(-2, -1)) / total
        expected = (met * distances).sum(axis=(-2, -1)) / pairs
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _label_distances(tables: "Numbers", labels: Sequence[Label], scale: Scale) -> "Numbers":
    """Return the squared distance of each pair of labels; on an ordinal scale it follows from how many were given."""
    import numpy as np

    if scale == "nominal":
        return 1 - np.eye(len(labels))
    if scale == "interval":
        at = np.array(labels, dtype=float)
    else:
        counts = tables.sum(axis=-1)
        at = counts.cumsum(axis=-1) - counts / 2
    return np.asarray((at[..., :, None] - at[..., None, :]) ** 2)
