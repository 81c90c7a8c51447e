"""Whether answers that a model gives with probability p are right in a share p of the cases."""

from collections.abc import Sequence
from typing import NamedTuple

BINS = 10
DRAWS = 400


class Bin(NamedTuple):
    """The answers whose confidence is in one tenth of 0 to 1: their number, mean confidence, and the share right."""

    answers: int
    confidence: float
    right: float


class Calibration(NamedTuple):
    """The bins that hold answers, the expected calibration error, and what chance alone makes it in 95 % of draws."""

    bins: tuple[Bin, ...]
    error: float
    by_chance: float


def calibration(answers: Sequence[tuple[float, bool]]) -> Calibration:
    """Return how confidence and being right agree over (confidence, right) of at least one answer.

    The expected calibration error is the mean over the answers of |share right - mean confidence| of their bin, with
    ten bins of equal width (Naeini, Cooper and Hauskrecht 2015, AAAI 29:2901; Guo et al. 2017, ICML, equation 3). It
    is above 0 by chance even where the confidence is exactly right: ``by_chance`` is the 95th percentile of errors
    drawn for such a model with the same confidences (consistency resampling, Broecker and Smith 2007, Weather and
    Forecasting 22:651). Chance is seeded.

    >>> calibration([(0.95, True), (0.95, False)]).error
    0.45
    """
    import numpy as np

    confidence = np.array([each for each, _ in answers])
    right = np.array([each for _, each in answers], dtype=float)
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts, sure = np.bincount(places, minlength=BINS), np.bincount(places, confidence, BINS)
    seen = np.bincount(places, right, BINS)
    chance, drawn = np.random.default_rng(0), []
    for _ in range(DRAWS):
        won = chance.random(len(answers)) < confidence
        drawn.append(float(np.abs(np.bincount(places, won, BINS) - sure).sum()) / len(answers))
    return Calibration(
        bins=tuple(
            Bin(int(n), float(one / n), float(hit / n)) for n, one, hit in zip(counts, sure, seen, strict=True) if n
        ),
        error=round(float(np.abs(seen - sure).sum()) / len(answers), 12),
        by_chance=float(np.quantile(drawn, 0.95)),
    )
