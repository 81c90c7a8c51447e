"""A test that can be read after every answer, and stopped as soon as it is sure."""

import math
from collections.abc import Sequence

from harness.records.record import Record
from harness.stats.arguments import ALPHA

GRID = 19
"""Alternatives to ``p0`` that the e-process bets on, evenly spaced."""
LARGEST = 700.0
"""Largest logarithm that is turned back into a number."""


class EProcess(Record, frozen=True, kw_only=True):
    """The evidence against a win rate of at most ``p0``.

    ``value`` is the e-value where the process stopped, else after the last win or loss; ``stopped_at`` is the number
    of wins and losses that were enough, None when all were not. ``p_value`` is valid at any time of looking.
    """

    value: float
    stopped_at: int | None
    p_value: float


def e_process(wins: Sequence[float], p0: float, alpha: float = ALPHA) -> EProcess:
    """Test one answer after the other whether the rate of wins is more than ``p0``; stop at the first time it is.

    A win is 1, a loss 0, a tie 1/2. Ramdas and others (2023), Statistical Science 38:576: E is the mean over a grid
    of q in (p0, 1) of prod_i (q / p0)^W_i ((1 - q) / (1 - p0))^(1 - W_i). If the rate is p0 or less, E is a
    supermartingale, so it ever reaches 1 / alpha with probability alpha at most (Ville 1939), however often it is
    looked at. The p value is 1 / max E.
    """
    _check(wins, p0, alpha)
    if not wins:
        return EProcess(value=1.0, stopped_at=None, p_value=1.0)
    logs = _log_values(wins, p0)
    stop = next((place for place, log in enumerate(logs) if log >= -math.log(alpha)), None)
    seen = logs if stop is None else logs[: stop + 1]
    return EProcess(
        value=math.exp(min(seen[-1], LARGEST)),
        stopped_at=None if stop is None else stop + 1,
        p_value=math.exp(min(0.0, -max(seen))),
    )


def _log_values(wins: Sequence[float], p0: float) -> list[float]:
    """Return the logarithm of E after each win or loss."""
    import numpy as np

    grid = p0 + (1 - p0) * np.arange(1, GRID + 1) / (GRID + 1)
    won = np.asarray(wins, dtype=float)[:, None]
    steps = won * (np.log(grid) - np.log(p0)) + (1 - won) * (np.log1p(-grid) - np.log1p(-p0))
    logs: list[float] = (np.logaddexp.reduce(steps.cumsum(axis=0), axis=1) - math.log(GRID)).tolist()
    return logs


def _check(wins: Sequence[float], p0: float, alpha: float) -> None:
    if not (0 < p0 < 1 and 0 < alpha < 1):
        raise ValueError(f"p0 and alpha must be in (0, 1), got {p0} and {alpha}")
    for won in wins:
        if not 0 <= won <= 1:
            raise ValueError(f"a win is 1, a loss 0, a tie between them, so each must be in [0, 1], got {won}")
