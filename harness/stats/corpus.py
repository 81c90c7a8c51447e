"""Figures of all answers together, computed from counts that were added up over them: macro F1 and BLEU."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.records.record import Record
from harness.records.scored import FigureName

if TYPE_CHECKING:
    from harness.stats.bca import Numbers

FROM_COUNTS = Callable[["Numbers"], "Numbers"]
ORDERS = 4
"""BLEU counts n-grams of one to four words."""


class CorpusFigure(Record, frozen=True, kw_only=True):
    """How a figure is computed from ``Counts.sums``; both functions take any number of rows of them.

    ``value`` maps rows of sums to figures in [0, 1]. ``lost`` maps rows to what they would be if the answers in them
    were worth nothing.
    """

    value: FROM_COUNTS
    lost: FROM_COUNTS


def corpus_figure(name: FigureName) -> CorpusFigure:
    """Return how the figure of this name is computed."""
    if name == "BLEU":
        return CorpusFigure(value=_bleu, lost=_unmatched)
    return CorpusFigure(value=_macro_f1, lost=_missed)


def _macro_f1(sums: "Numbers") -> "Numbers":
    """Return the mean of the labels' F1 = 2 tp / (2 tp + fp + fn), over the labels that some case expects.

    It is scikit-learn's f1_score(average="macro") with those labels. A label that no case expects has no F1: it is left
    out, as with ``zero_division=nan``, also where it was predicted; the case that it was predicted for is a miss.
    """
    import numpy as np

    hits, alarms, misses = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    expected = hits + misses > 0
    values = np.where(expected, 2 * hits, 0) / np.where(expected, 2 * hits + alarms + misses, 1)
    return np.asarray(values.sum(axis=-1) / np.maximum(expected.sum(axis=-1), 1))


def _missed(sums: "Numbers") -> "Numbers":
    import numpy as np

    hits, alarms, misses = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    return np.stack([0 * hits, alarms, misses + hits], axis=-1).reshape(sums.shape)


def _bleu(sums: "Numbers") -> "Numbers":
    """Return BLEU (Papineni et al. 2002) as sacrebleu's ``corpus_bleu``, with its smoothing "exp".

    Smoothing: Chen and Cherry (2014), method 3: of the orders without a match the first counts as 1/2, the next as 1/4.
    """
    import numpy as np

    matched, total = sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS]
    length, reference = sums[..., -2], sums[..., -1]
    smooth = 0.5 ** (matched <= 0).cumsum(axis=-1)
    shares = np.where(matched > 0, matched, smooth) / np.maximum(total, smooth)
    shares = np.where(total > 0, shares, 1.0)
    brevity = np.exp(np.minimum(1 - reference / np.where(length > 0, length, 1), 0.0))
    scored = (total > 0).all(axis=-1) & (matched > 0).any(axis=-1)
    return np.asarray(np.where(scored, brevity * np.exp(np.log(shares).mean(axis=-1)), 0.0))


def _unmatched(sums: "Numbers") -> "Numbers":
    import numpy as np

    return np.concatenate([0 * sums[..., :ORDERS], sums[..., ORDERS:]], axis=-1)
