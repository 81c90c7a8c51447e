"""How often the interval of the best of k candidates covers its true difference: alone, for all at once, corrected.

python bench/ranking.py [--suites N]; the table in docs/ranking.md is of this, with the default.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from harness import stats
from harness.records.estimate import Estimate

SUITES = 2_000
SEED = 20_261_126
COUNTS = (2, 5, 10, 20)
SIZES = (100, 300)
STEPS = 0.5
"""How far the worst of unequal candidates is below the best, in standard deviations of what decides a case."""
LEVEL = 0.85
"""Where the baseline is: 80 % right, or a mean score of 0.73."""
ALIKE = 0.3
"""Part of what candidates add to the baseline's answers that they share, as checkpoints of one training do."""
EASE = 0.7
"""Part of an answer's quality that is the case's own."""
TOLERANCE = 0.015

Numbers = np.ndarray


class Contest(NamedTuple):
    """Candidates on invented cases. ``size`` is that of each group of cases; half of what is drawn is a group's own."""

    kind: str
    candidates: int
    cases: int
    spacing: str = "equal"
    size: int = 1

    @property
    def groups(self) -> list[str | None]:
        """The group of each case."""
        return [None if self.size == 1 else str(place // self.size) for place in range(self.cases)]

    @property
    def shifts(self) -> Numbers:
        """How much better each candidate is than the baseline, before it is turned into scores."""
        if self.spacing == "equal":
            return np.zeros(self.candidates)
        return np.linspace(0.0, -STEPS, self.candidates)

    @property
    def truths(self) -> list[float]:
        """The true difference of each candidate."""
        spread = 1.0 if self.kind == "pass or fail" else math.sqrt(2.0)
        mean = statistics.NormalDist(0, spread).cdf
        return [mean(LEVEL + shift) - mean(LEVEL) for shift in self.shifts]

    def draws(self, times: int, seed: int) -> Iterator[list[list[float]]]:
        """Yield the differences of each candidate by case, one suite after the other."""
        chance = np.random.default_rng(seed)
        for _ in range(times):
            ease = math.sqrt(EASE) * self._normal(chance, 1)
            shared, own = self._normal(chance, 1), self._normal(chance, self.candidates)
            trained = math.sqrt(1 - EASE) * (math.sqrt(ALIKE) * shared + math.sqrt(1 - ALIKE) * own)
            before = LEVEL + ease + math.sqrt(1 - EASE) * self._normal(chance, 1)
            yield (self._scores(LEVEL + self.shifts + ease + trained) - self._scores(before)).T.tolist()

    def _normal(self, chance: np.random.Generator, columns: int) -> Numbers:
        alone = chance.standard_normal((self.cases, columns))
        if self.size == 1:
            return alone
        together = np.repeat(chance.standard_normal((self.cases // self.size, columns)), self.size, axis=0)
        return (alone + together) / math.sqrt(2)

    def _scores(self, quality: Numbers) -> Numbers:
        if self.kind == "pass or fail":
            return (quality > 0).astype(float)
        return _cdf(quality)


class Coverage(NamedTuple):
    """How often the interval of the one with the highest mean held its true difference; ``at_once``: all k did."""

    naive: float
    simultaneous: float
    at_once: float
    corrected: float
    width: float
    """Of the corrected interval, over that of the naive one."""


def coverage(contest: Contest, times: int, seed: int = SEED) -> Coverage:
    """Simulate a contest ``times`` times."""
    groups, truths = contest.groups, contest.truths
    seen = []
    for each in contest.draws(times, seed):
        joint, best = stats.joint_of(each, groups), stats.winner_of(each)
        naive = stats.paired_mean_interval(each[best], groups)
        every, corrected = stats.simultaneous_intervals(joint), stats.winners_interval(joint)
        seen.append(
            (
                _holds(naive, truths[best]),
                _holds(every[best], truths[best]),
                all(map(_holds, every, truths)),
                _holds(corrected, truths[best]),
                (corrected.high - corrected.low) / (naive.high - naive.low),
            )
        )
    return Coverage(*(statistics.fmean(column) for column in zip(*seen, strict=True)))


def contests() -> Iterator[Contest]:
    """Yield all that is simulated."""
    for kind in ("pass or fail", "graded"):
        for spacing in ("equal", "unequal"):
            for cases in SIZES:
                for candidates in COUNTS:
                    yield Contest(kind, candidates, cases, spacing)
    for kind in ("pass or fail", "graded"):
        for candidates in (2, 10):
            yield Contest(kind, candidates, 300, "equal", 5)


def main() -> int:
    """Print a table for people; exit with 1 where the corrected interval misses 95 % by more than 1.5 points."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", type=int, default=SUITES)
    times = parser.parse_args().suites
    print("| scores | candidates | cases | k | naive | simultaneous | all k at once | corrected | width |")
    print("| --- | --- | --: | --: | --: | --: | --: | --: | --: |")
    missed = 0
    for contest in contests():
        found = coverage(contest, times)
        missed += abs(found.corrected - 0.95) > TOLERANCE
        grouped = f" in groups of {contest.size}" if contest.size > 1 else ""
        shares = " | ".join(f"{100 * share:.1f} %" for share in found[:-1])
        print(
            f"| {contest.kind}{grouped} | {contest.spacing} | {contest.cases} | {contest.candidates} | {shares} | "
            f"{found.width:.2f} |",
            flush=True,
        )
    return int(missed > 0)


def _holds(interval: Estimate, truth: float) -> bool:
    return interval.low <= truth <= interval.high


_cdf: Callable[[Numbers], Numbers] = np.vectorize(statistics.NormalDist().cdf)


if __name__ == "__main__":
    raise SystemExit(main())
