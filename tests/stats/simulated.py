"""Invented suites for the tests of the statistics: the same each time, and with a known truth."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from harness import stats


class Suite(NamedTuple):
    """``n`` pass-or-fail cases in groups of ``size``; ``shared`` is the correlation of two cases of a group."""

    n: int
    lost: float
    won: float
    size: int = 1
    shared: float = 0.0

    @property
    def groups(self) -> list[str | None]:
        """The group of each case."""
        return [None if self.size == 1 else str(place // self.size) for place in range(self.n)]

    def draws(self, times: int, seed: int) -> Iterator[list[float]]:
        """Yield the paired differences of one suite after the other."""
        chance = np.random.default_rng(seed)
        for _ in range(times):
            together = np.repeat(self._flips(chance, -(-self.n // self.size)), self.size)[: self.n]
            alone = self._flips(chance, self.n)
            yield np.where(chance.random(self.n) < math.sqrt(self.shared), together, alone).tolist()

    def _flips(self, chance: np.random.Generator, count: int) -> np.ndarray:
        drawn = chance.random(count)
        return np.where(drawn < self.lost, -1.0, np.where(drawn < self.lost + self.won, 1.0, 0.0))


def pass_rate(n: int, lost: float, won: float, test: Callable[[int, int, int, float], bool]) -> float:
    """The share of 20,000 simulated suites that pass at a margin of .05; the same each time."""
    draws = np.random.default_rng(20261122).multinomial(n, [lost, won, 1 - lost - won], 20_000)
    seen, times = np.unique(draws[:, :2], axis=0, return_counts=True)
    return sum(int(k) for (b, c), k in zip(seen, times, strict=True) if test(int(b), int(c), n, 0.05)) / 20_000


def score_test(lost: int, won: int, n: int, margin: float) -> bool:
    """Whether the score test passes."""
    return stats.score_p_value(lost, won, n, -margin) < 0.05
