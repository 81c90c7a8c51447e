"""From how many labels on the corrected interval holds what it says: its coverage on invented judges of known bias.

python bench/judge_coverage.py [--samples N]; the table in docs/judge-statistics.md is of this, with the default.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.stats.judges.rectified import Sample, rectified, sampled

SAMPLES = 1_000
SEED = 20_261_127
CASES = 500
COUNTS = (40, 60, 70, 80, 100, 150)
Z = 1.959963984540054
BAR = 0.93
FEWEST = 60

Numbers = np.ndarray


class Judge(NamedTuple):
    """``draw`` returns people's and the judge's values of so many cases; ``truth`` is the mean of people's."""

    name: str
    draw: Callable[[np.random.Generator, int], tuple[Numbers, Numbers]]
    truth: float


def passes(rate: float, finds_right: float, finds_wrong: float) -> Judge:
    """Pass or fail: how often people pass a case, and how often the judge sees a right and a wrong one as such."""

    def draw(drawn: np.random.Generator, cases: int) -> tuple[Numbers, Numbers]:
        people = drawn.random(cases) < rate
        sees = drawn.random(cases)
        return people.astype(float), np.where(people, sees < finds_right, sees > finds_wrong).astype(float)

    return Judge(f"pass or fail, {rate:.0%} pass; finds {finds_right:.0%} and {finds_wrong:.0%}", draw, rate)


def differences(lost: float, won: float, right: float) -> Judge:
    """Paired pass or fail: shares lost and won, and how often the judge agrees; else it favours the candidate."""

    def draw(drawn: np.random.Generator, cases: int) -> tuple[Numbers, Numbers]:
        people = drawn.choice([-1.0, 1.0, 0.0], size=cases, p=[lost, won, 1 - lost - won])
        other = drawn.choice([1.0, 0.0, -1.0], size=cases, p=[0.6, 0.3, 0.1])
        return people, np.where(drawn.random(cases) < right, people, other)

    return Judge(f"differences, {lost:.0%} lost and {won:.0%} won; right in {right:.0%}", draw, won - lost)


def grades(noise: float, bias: float) -> Judge:
    """Five levels, 0 to 1, around .7: the judge's own noise, and how far it is too kind, before rounding."""

    def draw(drawn: np.random.Generator, cases: int) -> tuple[Numbers, Numbers]:
        quality = drawn.normal(0.7, 0.25, cases)
        return levels(quality), levels(quality + bias + drawn.normal(0, noise, cases))

    exact = levels(np.random.default_rng(SEED).normal(0.7, 0.25, 4_000_000)).mean()
    return Judge(f"five levels, noise {noise:g}, too kind by {bias:g}", draw, float(exact))


def levels(quality: Numbers) -> Numbers:
    """Return quality rounded to quarters, 0 to 1."""
    return np.clip(np.round(quality * 4) / 4, 0, 1)


def coverage(judge: Judge, labels: int, samples: int) -> tuple[float, float, float]:
    """Return how often the raw, the paper's, and our corrected interval hold the truth."""
    drawn, hits = np.random.default_rng(SEED), np.zeros(3)
    for _ in range(samples):
        people, said = judge.draw(drawn, CASES)
        raw = Z * said.std(ddof=1) / CASES**0.5
        sample = sample_of(people, said, labels)
        found = rectified(sample, sample.lam())
        away = np.array([abs(said.mean() - judge.truth), *[abs(found.mean - judge.truth)] * 2])
        hits += away <= np.array([raw, Z * found.error, found.half_width(0.95)]) + 1e-12
    raw_hit, paper, ours = (hits / samples).tolist()
    return raw_hit, paper, ours


def sample_of(people: Numbers, said: Numbers, labels: int) -> Sample:
    """Return cases of which the first are labelled; they are drawn independently, so that is a random sample."""
    known = np.where(np.arange(len(people)) < labels, people, np.nan)
    return sampled(said.tolist(), known.tolist(), [None] * len(people), [""] * len(people))


def main() -> int:
    """Print a table for people; exit with 1 where 60 labels or more cover less than 93 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    samples = parser.parse_args().samples
    judges = (
        passes(0.5, 0.8, 0.7), passes(0.9, 0.95, 0.3), passes(0.9, 0.99, 0.9), passes(0.97, 0.98, 0.5),
        passes(0.95, 0.95, 0.5), passes(0.5, 0.98, 0.95), differences(0.1, 0.1, 0.8), differences(0.08, 0.05, 0.95),
        differences(0.03, 0.03, 0.98), differences(0.3, 0.3, 0.6), grades(0.3, 0.1), grades(0.1, 0.1),
        grades(0.05, 0.02),
    )  # fmt: skip
    print("| judge | labels | raw | corrected, as in the paper | corrected, here |")
    print("| --- | --: | --: | --: | --: |")
    missed, least = 0, dict.fromkeys(COUNTS, (1.0, 1.0))
    for judge in judges:
        for labels in COUNTS:
            raw, paper, ours = coverage(judge, labels, samples)
            least[labels] = min(least[labels][0], paper), min(least[labels][1], ours)
            missed += labels >= FEWEST and ours < BAR
            print(f"| {judge.name} | {labels} | {raw:.1%} | {paper:.1%} | {ours:.1%} |", flush=True)
    for labels, (paper, ours) in least.items():
        print(f"| the worst of these | {labels} | | {paper:.1%} | {ours:.1%} |")
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
