"""How many labels a plan saves against labels of cases that chance alone chose, and that the interval stays honest.

python bench/judge_labels.py [--samples N]; the table in docs/judge-statistics.md is of this, with the default. Invented
judges say how unsure they are of each paired difference: rightly, too sure of themselves, with no relation to their
errors, or by what two orders show. What ``harness review build --for-judge`` draws by and gates correct by is what runs
here: a first packet of 60, since fewer correct nothing, then the rest.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from harness.judges.labels import PairLabel
from harness.judges.matched import JudgedSides, PairRead, Told, judged_cases
from harness.judges.plan import SPREADS, Wanted, next_labels
from harness.records.asked import Case
from harness.records.compared import Row
from harness.records.scored import Rubric
from harness.stats.judges.rectified import rectified, sampled

SAMPLES = 300
SEED = 20_261_127
CASES = 1_000
FIRST = 60
LABELS = (100, 200)
TRUTH = 0.05
"""By how much the candidate is better: wins of it less those of the baseline, as people see it."""

RUBRIC = Rubric(id="better", version=1, kind="pairwise", question="", prompt="")
READ = {
    f"{place}": PairRead(case=Case(id=f"{place}", messages=()), baseline="old", candidate="new")
    for place in range(CASES)
}

Numbers = np.ndarray


class Judge(NamedTuple):
    """``wrong`` is how often the judge errs in the cases that it finds hard, ``easy`` in the others.

    ``told`` maps the chance of an error, by case, to the uncertainty that the judge states.
    """

    name: str
    hard_share: float
    wrong: float
    easy: float
    told: Callable[[Numbers, np.random.Generator], Numbers]


def rightly(chance: Numbers, _: np.random.Generator) -> Numbers:
    """State the standard deviation of the own error."""
    return np.sqrt(chance)


def too_sure(chance: Numbers, _: np.random.Generator) -> Numbers:
    """State a third of it where it is small, all of it where it is large."""
    return np.where(chance > 0.2, 1.0, 1 / 3) * np.sqrt(chance)


def unrelated(chance: Numbers, drawn: np.random.Generator) -> Numbers:
    """State what another case would deserve."""
    return np.sqrt(drawn.permutation(chance))


def two_orders(chance: Numbers, _: np.random.Generator) -> Numbers:
    """State what a pairwise judge shows: it takes both sides once where it errs often, and is sure of the rest."""
    return np.where(chance > 0.2, 2**0.5 * SPREADS["flipped on swap"], 0.0)


JUDGES = (
    Judge("errs in 40 % of a fifth, else 2 %; knows it", 0.2, 0.4, 0.02, rightly),
    Judge("errs in 30 % of a third, else 5 %; knows it", 0.33, 0.3, 0.05, rightly),
    Judge("errs in 40 % of a fifth, else 2 %; too sure", 0.2, 0.4, 0.02, too_sure),
    Judge("errs in 15 % everywhere, and is never sure", 1.0, 0.15, 0.15, rightly),
    Judge("errs in 60 % of a quarter, where it flips on swap, else 5 %", 0.25, 0.6, 0.05, two_orders),
    Judge("errs in 40 % of a fifth, else 2 %; its doubt means nothing", 0.2, 0.4, 0.02, unrelated),
)


class Found(NamedTuple):
    """Mean width of the corrected interval, how often it covered the truth, the estimate's standard deviation."""

    width: float
    covered: float
    spread: float


def draw(judge: Judge, drawn: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
    """Return people's and the judge's preferences in {-1, 0, 1}, and how unsure the judge says it is."""
    wins = (0.5 + TRUTH) / 2, (0.5 - TRUTH) / 2
    people = drawn.choice([1.0, -1.0, 0.0], size=CASES, p=[*wins, 0.5])
    chance = np.where(drawn.random(CASES) < judge.hard_share, judge.wrong, judge.easy)
    chance = np.clip(chance * drawn.uniform(0.7, 1.3, CASES), 0.0, 1.0)
    errs = drawn.random(CASES) < chance
    said = np.where(errs, np.where(people == 1, 0.0, 1.0), people)  # it errs towards the candidate
    return people, said, judge.told(chance, drawn)


class Interval(NamedTuple):
    """What ``corrected_difference`` gives: estimate and half width, without the figures that it shows beside."""

    mean: float
    half: float


def correct(people: Numbers, said: Numbers, labelled: Numbers, strata: Sequence[str]) -> Interval:
    """Return the corrected difference with these labels."""
    sample = sampled(said.tolist(), np.where(labelled, people, np.nan).tolist(), [None] * CASES, strata)
    found = rectified(sample, sample.lam())
    return Interval(found.mean, found.half_width(0.95))


def by_chance(judge: Judge, labels: int, samples: int) -> Found:
    """Label cases of a plain random sample."""
    drawn, found = np.random.default_rng(SEED), []
    for _ in range(samples):
        people, said, _ = draw(judge, drawn)
        labelled = np.isin(np.arange(CASES), drawn.permutation(CASES)[:labels])
        found.append(correct(people, said, labelled, [""] * CASES))
    return summary(found)


def by_plan(judge: Judge, labels: int, samples: int) -> Found:
    """Label the cases of two packets that are drawn for the judge: 60, and the rest."""
    drawn, found = np.random.default_rng(SEED), []
    for sample in range(samples):
        people, said, unsure = draw(judge, drawn)
        sides = two_packets(people, said, unsure, (FIRST, labels - FIRST), sample)
        given = np.array([np.nan if one.people is None else 2 * one.people - 1 for one in sides.candidate])
        found.append(correct(given, said, ~np.isnan(given), [one.stratum for one in sides.candidate]))
    return summary(found)


def two_packets(people: Numbers, said: Numbers, unsure: Numbers, packets: Sequence[int], seed: int) -> JudgedSides:
    """Return a comparison with the labels of some packets, each drawn with the labels of those before."""
    rows = [
        Row(case_id=f"{place}", baseline=(1 - value) / 2, candidate=(1 + value) / 2)
        for place, value in enumerate(said.tolist())
    ]
    doubts = {f"{place}": value for place, value in enumerate(unsure.tolist())}
    told = Told(RUBRIC, [], [])
    for packet in packets:
        found = next_labels(rows, READ, told, doubts, Wanted(labels=packet, seed=seed, run="r"))
        new = [label_of(name, people[int(name)], found.draw.id) for name in found.chosen]
        told = Told(RUBRIC, [*told.labels, *new], [*told.draws, found.draw])
    return judged_cases(rows, READ, told)


def label_of(name: str, value: float, draw_id: str) -> PairLabel:
    """Return what people say of a drawn case."""
    return PairLabel(
        rubric=RUBRIC.id,
        version=RUBRIC.version,
        case_id=name,
        messages=(),
        baseline="old",
        candidate="new",
        choice="candidate" if value > 0 else "baseline" if value < 0 else "tie",
        drawn=draw_id,
    )


def summary(found: list[Interval]) -> Found:
    """Return width, coverage and spread."""
    return Found(
        statistics.fmean(2 * one.half for one in found),
        statistics.fmean(abs(one.mean - TRUTH) <= one.half for one in found),
        statistics.stdev(one.mean for one in found),
    )


def as_many(judge: Judge, width: float, labels: int, samples: int) -> float:
    """Return how many labels of a random sample give an interval of this width, interpolated in 1 / width^2."""
    counts = [round(labels * part) for part in (0.7, 1.0, 1.4, 1.9, 2.5)]
    precision = [by_chance(judge, count, samples).width ** -2 for count in counts]
    return float(np.interp(width**-2, precision, counts))


def main() -> int:
    """Print a table for people; exit with 1 where a planned interval covers the truth in less than 92.5 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    samples = parser.parse_args().samples
    print("| the judge | labels | width, by chance | width, planned | covered | by chance it would take | saved |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    missed = 0
    for judge in JUDGES:
        for labels in LABELS:
            chance, planned = by_chance(judge, labels, samples), by_plan(judge, labels, samples)
            like = as_many(judge, planned.width, labels, max(samples // 4, 20))
            missed += planned.covered < 0.925
            print(
                f"| {judge.name} | {labels} | {chance.width:.3f} | {planned.width:.3f} | {planned.covered:.1%} | "
                f"{like:.0f} | {1 - labels / like:.0%} |  (spread {chance.spread:.4f} {planned.spread:.4f})",
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
