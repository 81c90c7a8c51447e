"""Many control charts at once, on invented days, for bench/drift.py: how long each runs until it alarms.

They take the scores, the average and the limits of harness/stats/ewma.py; only the sums are kept for all at once.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.stats.ewma import Limits, control_chart, moved
from harness.stats.self_starting import Past, mean_scores, share_scores
from harness.stats.summed import Counted

Numbers = np.ndarray
Chance = np.random.Generator
LONGEST = 6_000
"""Days after which a chart that has not alarmed is stopped; it then counts as days without an alarm."""


@dataclass
class Shares:
    """A share in many repetitions; ``shift`` is added to the true share from ``at`` on."""

    name: str
    share: float
    shift: float = 0.0
    at: int = LONGEST

    def start(self, chance: Chance, window: int, times: int) -> None:
        """Draw the release windows."""
        self.k, self.n = chance.binomial(window, self.share, times).astype(float), np.full(times, float(window))

    def day(self, chance: Chance, day: int, n: int, wobble: Numbers) -> Numbers:
        """Draw a day and return its scores; ``wobble`` moves the true share, in standard errors of the day."""
        share = self.share + (self.shift if day >= self.at else 0.0)
        share = np.clip(share + wobble * math.sqrt(self.share * (1 - self.share) / n), 0, 1)
        self.today = chance.binomial(n, share, len(self.k)).astype(float), float(n)
        return share_scores(self.today[0], n, self.k, self.n)

    def keep(self, left: Numbers) -> None:
        """Add the day to what was before, and go on with the repetitions that are left."""
        self.k, self.n = (self.k + self.today[0])[left], (self.n + self.today[1])[left]


@dataclass
class Means:
    """A mean in many repetitions; ``draw`` gives values with standard deviation 1."""

    name: str
    draw: Callable[[Chance, tuple[int, int]], Numbers]
    shift: float = 0.0
    at: int = LONGEST
    corrected: bool = True
    sums: Numbers = field(default_factory=lambda: np.empty(0))

    def start(self, chance: Chance, window: int, times: int) -> None:
        """Draw the release windows."""
        self.n, self.sums = float(window), self._sums(self.draw(chance, (times, window)))

    def day(self, chance: Chance, day: int, n: int, wobble: Numbers) -> Numbers:
        """Draw a day and return its scores; ``wobble`` moves the true mean, in standard errors of the day."""
        values = self.draw(chance, (self.sums.shape[1], n)) + (self.shift if day >= self.at else 0.0)
        self.today = self._sums(values + (wobble / math.sqrt(n))[:, None] if np.any(wobble) else values), float(n)
        one, two, three = self.sums / self.n
        variance = two - one**2
        third = three - 3 * one * two + 2 * one**3
        sd = np.sqrt(variance * self.n / (self.n - 1))
        skewness = third / variance**1.5 if self.corrected else 0.0
        return mean_scores(self.today[0][0] / n, n, Past(one, sd, skewness, self.n))

    def keep(self, left: Numbers) -> None:
        """Add the day to what was before, and go on with the repetitions that are left."""
        self.sums, self.n = (self.sums + self.today[0])[:, left], self.n + self.today[1]

    @staticmethod
    def _sums(values: Numbers) -> Numbers:
        return np.stack([values.sum(axis=1), (values**2).sum(axis=1), (values**3).sum(axis=1)])


Figure = Shares | Means


@dataclass(frozen=True)
class Days:
    """How many requests a day has (over and over, 0 for none), those of the release window, and how days depend.

    ``wobble`` is the standard deviation of the true figure from day to day, in standard errors of a day; ``alike`` is
    the correlation of one day's with the next.
    """

    n: Sequence[int]
    window: int
    wobble: float = 0.0
    alike: float = 0.0


def run_lengths(figures: Sequence[Figure], limits: Limits, days: Days, times: int, seed: int) -> tuple[Numbers, int]:
    """Return after how many days any of the charts alarmed, in each repetition, and how many never did."""
    chance = np.random.default_rng(seed)
    for figure in figures:
        figure.start(chance, days.window, times)
    averages, wobbles = np.zeros((2, len(figures), times))
    wobbles += days.wobble * chance.standard_normal(wobbles.shape)
    lengths, rows = np.full(times, LONGEST), np.arange(times)
    for day in range(LONGEST):
        n = days.n[day % len(days.n)]
        new = chance.standard_normal(wobbles.shape) * math.sqrt(1 - days.alike**2)
        wobbles = days.alike * wobbles + days.wobble * new
        if not n:
            continue
        scores = [figure.day(chance, day, n, wobble) for figure, wobble in zip(figures, wobbles, strict=True)]
        averages = moved(averages, np.stack(scores), limits.weight)
        left = ((np.abs(averages) <= limits.half) & (np.abs(np.stack(scores)) <= limits.day)).all(axis=0)
        lengths[rows[~left]] = day + 1
        averages, wobbles, rows = averages[:, left], wobbles[:, left], rows[left]
        for figure in figures:
            figure.keep(left)
        if not len(rows):
            break
    return lengths, len(rows)


def fixed_run_lengths(share: float, limits: Limits, days: Days, times: int, seed: int) -> tuple[Numbers, int]:
    """Return the same of textbook charts, whose centre and error are those of the window for ever."""
    chance = np.random.default_rng(seed)
    seen, n = chance.binomial(days.window, share, times) / days.window, days.n[0]
    error = np.sqrt(np.maximum(seen * (1 - seen), 1e-4) / n)
    averages, lengths, rows = np.zeros(times), np.full(times, LONGEST), np.arange(times)
    for day in range(LONGEST):
        scores = (chance.binomial(n, share, len(rows)) / n - seen) / error
        averages = moved(averages, scores, limits.weight)
        left = (np.abs(averages) <= limits.half) & (np.abs(scores) <= limits.day)
        lengths[rows[~left]] = day + 1
        averages, rows, seen, error = averages[left], rows[left], seen[left], error[left]
    return lengths, len(rows)


def wobbling_run_lengths(share: float, limits: Limits, days: Days, times: int, seed: int) -> tuple[Numbers, int]:
    """Return the same of one share whose days differ by themselves; ``days.window`` is then a number of days."""
    chance, n, block = np.random.default_rng(seed), days.n[0], 500

    def drawn(count: int) -> list[Counted]:
        shares = share + days.wobble * math.sqrt(share * (1 - share) / n) * chance.standard_normal(count)
        return [Counted(k=int(k), n=n) for k in chance.binomial(n, np.clip(shares, 0, 1))]

    lengths = np.full(times, LONGEST)
    for place in range(times):
        window, seen = drawn(days.window), list[Counted]()
        while len(seen) < LONGEST:
            seen += drawn(block)
            if alarms := control_chart(window, seen, limits).alarms:
                lengths[place] = alarms[0] + 1
                break
    return lengths, int(np.sum(lengths == LONGEST))


def average(lengths: Numbers, stopped: int) -> tuple[float, float]:
    """Return the days for each alarm, and their standard error: run lengths are nearly exponential."""
    alarms = len(lengths) - stopped
    mean = float(lengths.sum() / max(alarms, 1))
    return mean, mean / math.sqrt(max(alarms, 1))
