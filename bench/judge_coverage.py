"""From how many labels on the corrected interval holds what it says: its coverage on invented judges of known bias.

python bench/judge_coverage.py [--samples N]; the tables in docs/judge-statistics.md are of this, with the default.
With --gates, how often gates pass a candidate whose true drop is just the allowed one: by the judge, and by labels.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Row, RowLabel
from harness.records.judged import JudgeFigures
from harness.stats.judges.rectified import Sample, rectified, sampled
from harness.verdicts.compare import over, without_figures
from harness.verdicts.gate import decide

SAMPLES = 1_000
SEED = 20_261_127
CASES = 500
COUNTS = (40, 60, 70, 80, 100, 150)
Z = 1.959963984540054
BAR = 0.93
FEWEST = 60
GATED = 300
OVERLOOKED = 0.9
FALSE_ALARMS = 0.02
MOST_WRONG = 0.07

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


def judged_rows(lost: float, labels: int, seed: int) -> tuple[Row, ...]:
    """Return pass-or-fail cases of which people find a share lost, and a judge that sees a tenth of those lost."""
    drawn, rows = np.random.default_rng(seed), []
    for place in range(GATED):
        told = float(drawn.random() >= lost)
        said = drawn.random() >= FALSE_ALARMS if told else drawn.random() < OVERLOOKED
        label = RowLabel(baseline=1.0, candidate=told) if place < labels else None
        rows.append(Row(case_id=f"{place}", baseline=1.0, candidate=float(said), label=label))
    return tuple(rows)


def gates(lost: float, labels: int, samples: int) -> tuple[float, float, float, float]:
    """Return how often the raw and the corrected interval hold the true drop, and how often either passes its gate."""
    found, gate = np.zeros(4), Gate(max_drop=lost)
    for seed in range(samples):
        sides = [compared(judged_rows(lost, count, seed)) for count in (0, labels)]
        intervals = [one.best_difference for one in sides]
        found[:2] += [bool(one and one.low <= -lost <= one.high) for one in intervals]
        found[2:] += [decide("bench", one, gate).outcome == "passed" for one in sides]
    raw, corrected, raw_passed, passed = (found / samples).tolist()
    return raw, corrected, raw_passed, passed


def compared(rows: tuple[Row, ...]) -> Comparison:
    """Return the comparison of these rows by a judge."""
    model = ModelRef(base="invented", base_digest="", template_digest="")
    empty = without_figures("judge", (model, model), rows, {})
    return over(msgspec.structs.replace(empty, judged=JudgeFigures(rubric="r", version=1, judge="invented")), rows)


def print_gates(samples: int) -> int:
    """Print a table for people; exit with 1 where a corrected gate is wrong too often."""
    print("| true drop, and allowed | labels | raw covers | corrected covers | raw passes | corrected passes |")
    print("| --: | --: | --: | --: | --: | --: |")
    missed = 0
    for lost in (0.05, 0.15):
        for labels in (60, 80, 150):
            raw, corrected, raw_passed, passed = gates(lost, labels, samples)
            missed += corrected < BAR or passed > MOST_WRONG
            shown = " | ".join(f"{one:.1%}" for one in (raw, corrected, raw_passed, passed))
            print(f"| {lost:.2f} | {labels} | {shown} |", flush=True)
    return int(missed > 0)


def main() -> int:
    """Print a table for people; exit with 1 where 60 labels or more cover less than 93 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--gates", action="store_true")
    given = parser.parse_args()
    samples: int = given.samples
    if given.gates:
        return print_gates(samples)
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
